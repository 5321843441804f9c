// SPDX-License-Identifier: BSD-3-Clause
// The kernels beside the matrix product, on strided memory: transfer (permute, sum, repeat) and the element-wise
// product. Both run under a nest of loops, in any order but that those which sum come last (see plan/lowering.hpp).
#pragma once

#include <cstddef>
#include <cstdint>

#include <xtn/backend/loop_nest.hpp>
#include <xtn/backend/row.hpp>
#include <xtn/backend/strided_sum.hpp>
#include <xtn/backend/strided_write.hpp>

namespace xtn::backend {

namespace detail {

/// Iterations of a nest that is not worth sorting.
inline constexpr std::int64_t few = 64;

/// C = or += the sums of the terms; the last `sum_loops` loops do not advance C.
template <class T, class Term>
void evaluate(loops l, std::size_t sum_loops, Term t, T* c, bool accumulate) {
    const loops kept = l.first(l.size() - sum_loops), summed = l.last(sum_loops);
    if (iterations(l) <= few)
        return nest(kept, 0, 0, 0, [&](std::int64_t oa, std::int64_t ob, std::int64_t oc) {
            T sum{};
            nest(summed, oa, ob, 0, [&](std::int64_t a, std::int64_t b, std::int64_t) { sum += t.at(a, b).value(); });
            c[oc] = accumulate ? c[oc] + sum : sum;
        });
    if (iterations(summed) > 1)
        sum_terms(kept, summed, t, c, accumulate);
    else if (accumulate)
        strided_write<true, T, Term>{kept}(t, c);
    else
        strided_write<false, T, Term>{kept}(t, c);
}

}  // namespace detail

/// c = 0 over the loops.
template <class T>
void fill_zero(loops l, T* c) {
    detail::evaluate(l, 0, zero_term<T>{}, c, false);
}

/// C = A or C += A; the last `sum_loops` loops do not advance C.
template <class T>
void transfer(loops l, std::size_t sum_loops, const T* a, T* c, bool accumulate) {
    detail::evaluate(l, sum_loops, element_term<T>{{a}}, c, accumulate);
}

/// C = A B or C += A B element by element; the last `sum_loops` loops do not advance C.
template <class T>
void product(loops l, std::size_t sum_loops, const T* a, const T* b, T* c, bool accumulate) {
    detail::evaluate(l, sum_loops, product_term<T>{{a, b}}, c, accumulate);
}

}  // namespace xtn::backend
