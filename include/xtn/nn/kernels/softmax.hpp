// SPDX-License-Identifier: BSD-3-Clause
// Softmax of the rows of a matrix, with the scale that attention puts before it.
//   p_j = e^(scale (x_j - max x)) / sum_k e^(scale (x_k - max x))
//   dx  = scale p (dp - <p, dp>)
#pragma once

#include <algorithm>
#include <cstddef>
#include <numbers>

#include <xtn/backend/pairwise.hpp>
#include <xtn/backend/simd.hpp>

namespace xtn::nn::kernels {

/// What normalised a row: log sum_j e^(scale x_j) = scale maximum + log sum.
template <class T>
struct softmax_norm {
    T maximum, sum;
};

/// x (n) = softmax(scale x) in place; n >= 1, scale > 0.
template <class T>
inline softmax_norm<T> softmax_row(std::size_t n, T scale, T* x) {
    using v = backend::batch<T>;
    const T maximum = backend::maximum(n, x);
    const v top(maximum), rate(scale * std::numbers::log2e_v<T>);
    constexpr std::size_t block = 128 * backend::lanes<T>;
    backend::pairwise_sum<T> blocks;
    for (std::size_t first = 0; first < n; first += block) {
        v total(T(0));
        backend::sweep<T>(std::min(block, n - first), [&, x = x + first](auto w) {
            const v e = backend::exp2_nonpositive((w.load(x) - top) * rate);
            w.store(x, e);
            total += w.keep(e, T(0));
        });
        blocks.add(backend::horizontal_sum(total));
    }
    const T sum = blocks.total();
    const v inverse(T(1) / sum);
    backend::transform(
        n, x, [&](auto e) { return e * inverse; }, static_cast<const T*>(x));
    return {maximum, sum};
}

/// x (n) = e^(scale x - log_sum_exp) in place: softmax_row again, from what it left behind.
template <class T>
inline void softmax_row_again(std::size_t n, T scale, T log_sum_exp, T* x) {
    using v = backend::batch<T>;
    const v rate(scale * std::numbers::log2e_v<T>), shift(log_sum_exp * std::numbers::log2e_v<T>);
    backend::transform(
        n, x, [&](auto u) { return backend::exp2_nonpositive(u * rate - shift); }, static_cast<const T*>(x));
}

/// x (rows x cols, leading dimension ld) = softmax(scale x) along each row, in place; scale > 0.
template <class T>
inline void softmax(std::size_t rows, std::size_t cols, T scale, T* x, std::size_t ld) {
    if (cols == 0) return;
    for (std::size_t r = 0; r < rows; ++r) softmax_row(cols, scale, x + r * ld);
}

/// dx (n) = scale p (dp - dot), where dot = <p, dp> is known; dx may be dp or p.
template <class T>
inline void softmax_row_backward(std::size_t n, T scale, T dot, const T* p, const T* dp, T* dx) {
    const backend::batch<T> centre(dot), factor(scale);
    backend::transform(
        n, dx, [&](auto a, auto b) { return a * (b - centre) * factor; }, p, dp);
}

/// dx = scale p (dp - <p, dp>) along each row; all rows x cols with leading dimension ld. dx may be dp or p.
template <class T>
inline void softmax_backward(std::size_t rows, std::size_t cols, T scale, const T* p, const T* dp, T* dx,
                             std::size_t ld) {
    for (std::size_t r = 0; r < rows; ++r, p += ld, dp += ld, dx += ld) {
        const T dot = backend::sum<T>(cols, [p, dp](auto w) { return w.load(p) * w.load(dp); });
        softmax_row_backward(cols, scale, dot, p, dp, dx);
    }
}

}  // namespace xtn::nn::kernels
