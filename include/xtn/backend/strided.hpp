// SPDX-License-Identifier: BSD-3-Clause
// The kernels beside the matrix product, on strided memory: transfer (permute, sum, repeat) and the element-wise
// product. Both run under a nest of loops, of which the ones that accumulate come last (see plan/lowering.hpp).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include <xtn/plan/lowering.hpp>

namespace xtn::backend {

using loops = std::span<const loop>;

/// Calls f(a, b, c) for every iteration of the nest, with the offsets advanced.
template <class F>
void nest(loops l, std::int64_t a, std::int64_t b, std::int64_t c, F&& f) {
    if (l.empty()) {
        f(a, b, c);
        return;
    }
    const loop& outer = l.front();
    for (std::int64_t i = 0; i < outer.extent; ++i, a += outer.a, b += outer.b, c += outer.c)
        nest(l.subspan(1), a, b, c, f);
}

namespace detail {

/// c = value(i) or c += value(i) along one loop; a stride of 0 in c sums in a register.
template <bool Overwrite, class T, class Value>
void row(std::int64_t extent, T* c, std::int64_t stride, Value value) {
    if (stride == 0) {
        T sum{};
        for (std::int64_t i = 0; i < extent; ++i) sum += value(i);
        if constexpr (Overwrite)
            *c = sum;
        else
            *c += sum;
    } else if (stride == 1) {
        for (std::int64_t i = 0; i < extent; ++i) {
            if constexpr (Overwrite)
                c[i] = value(i);
            else
                c[i] += value(i);
        }
    } else {
        for (std::int64_t i = 0; i < extent; ++i) {
            if constexpr (Overwrite)
                c[i * stride] = value(i);
            else
                c[i * stride] += value(i);
        }
    }
}

/// A permutation that swaps the fastest axes goes by tiles, so that neither side strides through the cache.
template <bool Overwrite, class T>
void tiled(const loop& p, const loop& q, const T* a, T* c) {  // p is contiguous in c, q in a
    constexpr std::int64_t tile = 32;
    for (std::int64_t i0 = 0; i0 < q.extent; i0 += tile)
        for (std::int64_t j0 = 0; j0 < p.extent; j0 += tile)
            for (std::int64_t i = i0; i < std::min(i0 + tile, q.extent); ++i) {
                const T* from = a + i * q.a + j0 * p.a;
                T* to = c + i * q.c + j0 * p.c;
                const std::int64_t columns = std::min(tile, p.extent - j0);
                for (std::int64_t j = 0; j < columns; ++j) {
                    if constexpr (Overwrite)
                        to[j] = from[j * p.a];
                    else
                        to[j] += from[j * p.a];
                }
            }
}

template <bool Overwrite, class T>
void transfer(loops l, const T* a, T* c) {
    if (l.empty()) {
        row<Overwrite>(1, c, 1, [&](std::int64_t) { return *a; });
        return;
    }
    const bool sums = Overwrite && l.back().c == 0;  // in a register, so that loop must stay innermost
    const auto fast_in_c = std::find_if(l.begin(), l.end(), [](const loop& x) { return x.c == 1; });
    const auto fast_in_a = std::find_if(l.begin(), l.end(), [](const loop& x) { return x.a == 1; });
    if (!sums && fast_in_c != l.end() && fast_in_a != l.end() && fast_in_c != fast_in_a && fast_in_a->c != 0) {
        loop outer[64];
        std::size_t count = 0;
        for (const loop& x : l)
            if (&x != &*fast_in_c && &x != &*fast_in_a) outer[count++] = x;
        nest({outer, count}, 0, 0, 0, [&](std::int64_t oa, std::int64_t, std::int64_t oc) {
            tiled<Overwrite>(*fast_in_c, *fast_in_a, a + oa, c + oc);
        });
        return;
    }
    const loop& last = l.back();
    nest(l.first(l.size() - 1), 0, 0, 0, [&](std::int64_t oa, std::int64_t, std::int64_t oc) {
        const T* from = a + oa;
        if (last.a == 1)
            row<Overwrite>(last.extent, c + oc, last.c, [&](std::int64_t i) { return from[i]; });
        else
            row<Overwrite>(last.extent, c + oc, last.c, [&](std::int64_t i) { return from[i * last.a]; });
    });
}

template <bool Overwrite, class T>
void product(loops l, const T* a, const T* b, T* c) {
    if (l.empty()) {
        row<Overwrite>(1, c, 1, [&](std::int64_t) { return *a * *b; });
        return;
    }
    const loop& last = l.back();
    nest(l.first(l.size() - 1), 0, 0, 0, [&](std::int64_t oa, std::int64_t ob, std::int64_t oc) {
        const T *x = a + oa, *y = b + ob;
        const auto go = [&](auto value) { row<Overwrite>(last.extent, c + oc, last.c, value); };
        if (last.a == 1 && last.b == 1)
            go([&](std::int64_t i) { return x[i] * y[i]; });
        else if (last.a == 1 && last.b == 0)
            go([x, s = *y](std::int64_t i) { return x[i] * s; });
        else if (last.a == 0 && last.b == 1)
            go([y, s = *x](std::int64_t i) { return s * y[i]; });
        else
            go([&](std::int64_t i) { return x[i * last.a] * y[i * last.b]; });
    });
}

}  // namespace detail

/// c = 0 over the loops.
template <class T>
void fill_zero(loops l, T* c) {
    nest(l, 0, 0, 0, [&](std::int64_t, std::int64_t, std::int64_t oc) { c[oc] = T{}; });
}

/// C = A or C += A; the last `sum_loops` loops do not advance C.
template <class T>
void transfer(loops l, std::size_t sum_loops, const T* a, T* c, bool accumulate) {
    if (!accumulate && sum_loops > 1) fill_zero(l.first(l.size() - sum_loops), c);
    if (accumulate || sum_loops > 1)
        detail::transfer<false>(l, a, c);
    else
        detail::transfer<true>(l, a, c);
}

/// C = A B or C += A B element by element; the last `sum_loops` loops do not advance C.
template <class T>
void product(loops l, std::size_t sum_loops, const T* a, const T* b, T* c, bool accumulate) {
    if (!accumulate && sum_loops > 1) fill_zero(l.first(l.size() - sum_loops), c);
    if (accumulate || sum_loops > 1)
        detail::product<false>(l, a, b, c);
    else
        detail::product<true>(l, a, b, c);
}

}  // namespace xtn::backend
