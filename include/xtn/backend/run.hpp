// SPDX-License-Identifier: BSD-3-Clause
// Runs a plan: a loop over its steps, with nothing left to decide. Not templated on labels, extents or trees.
#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>
#include <vector>

#include <xtn/backend/gemm_bfloat16.hpp>
#include <xtn/backend/loop_nest.hpp>
#include <xtn/backend/rounded_factors.hpp>
#include <xtn/backend/strided.hpp>
#include <xtn/plan/plan.hpp>

namespace xtn::backend {

namespace detail {

/// The matrix products of a step; factors are T, or bfloat16 for float.
template <class Factor, scalar T>
void run_gemm(const step& s, const Factor* a, const Factor* b, T* c, bool accumulate) {
    const auto multiply = [&](std::int64_t oa, std::int64_t ob, std::int64_t oc, T beta) {
        if (s.transpose_c)  // C^T = B^T A^T
            gemm(!s.transpose_b, !s.transpose_a, s.n, s.m, s.k, T(1), b + ob, s.ldb, a + oa, s.lda, beta, c + oc,
                 s.ldc);
        else
            gemm(s.transpose_a, s.transpose_b, s.m, s.n, s.k, T(1), a + oa, s.lda, b + ob, s.ldb, beta, c + oc, s.ldc);
    };
    const loops all(s.loops), outer = all.first(all.size() - s.sum_loops), inner = all.last(s.sum_loops);
    nest(outer, 0, 0, 0, [&](std::int64_t oa, std::int64_t ob, std::int64_t oc) {
        T beta = accumulate ? T(1) : T(0);
        nest(inner, oa, ob, oc, [&](std::int64_t ia, std::int64_t ib, std::int64_t ic) {
            multiply(ia, ib, ic, beta);
            beta = T(1);
        });
    });
}

}  // namespace detail

/// Runs a plan on the memory behind `base` (numbered by xtn::bases), slice by slice. Bit i of `accumulate` adds to what
/// base i holds instead of overwriting it. Only a run of floats can round.
template <scalar T>
void run(const plan& p, T* const* base, label_set accumulate = 0, const rounding& how = {}) {
    std::optional<rounded_factors> rounded;
    if (how.precision != precision::full) rounded.emplace(p, how);
    const auto multiply = [&](const step& s, const T* a, const T* b, T* c, bool add, std::int64_t slice) {
        if constexpr (std::is_same_v<T, float>)
            if (rounded) {
                const bfloat16 *ra = rounded->of(s.a, a, slice), *rb = rounded->of(s.b, b, slice);
                return detail::run_gemm(s, ra, rb, c, add);
            }
        static_cast<void>(slice);
        detail::run_gemm(s, a, b, c, add);
    };
    const auto run_steps = [&](const std::vector<step>& steps, std::int64_t slice) {
        const auto at = [&](std::uint16_t tensor) {
            const place& where = p.tensors[tensor].place;
            return base[where.base] + (where.offset + slice * where.advance);
        };
        for (const step& s : steps) {
            const T *a = at(s.a), *b = at(s.b);
            T* c = at(s.c);
            const plan::tensor& result = p.tensors[s.c];
            const bool add = s.add || contains(accumulate, result.place.base) || (slice > 0 && !result.batched);
            switch (s.kind) {
                case kernel::transfer: transfer(loops(s.loops), s.sum_loops, a, c, add); break;
                case kernel::product: product(loops(s.loops), s.sum_loops, a, b, c, add); break;
                case kernel::gemm: multiply(s, a, b, c, add, slice); break;
            }
            if (rounded) rounded->written(s.c);
        }
    };
    run_steps(p.before, 0);
    const std::int64_t slices = p.tiling.tiles();
    for (std::int64_t slice = 0; slice < slices; ++slice)
        run_steps(slice + 1 == slices && !p.last.empty() ? p.last : p.steps, slice);
    run_steps(p.after, 0);
}

}  // namespace xtn::backend
