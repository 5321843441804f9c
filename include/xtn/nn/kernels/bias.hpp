// SPDX-License-Identifier: BSD-3-Clause
// Sums of tensors: residual connections, a bias added to every row, and the bias's gradient, the sum of the rows.
#pragma once

#include <cstddef>

#include <xtn/backend/simd.hpp>

namespace xtn::kernels {

/// y (n) = a + b; y may be a or b.
template <class T>
inline void add(std::size_t n, const T* a, const T* b, T* y) {
    backend::transform(
        n, y, [](auto u, auto v) { return u + v; }, a, b);
}

/// x (rows x cols) += bias (cols) in every row.
template <class T>
inline void add_bias(std::size_t rows, std::size_t cols, const T* bias, T* x) {
    for (std::size_t r = 0; r < rows; ++r) add(cols, x + r * cols, bias, x + r * cols);
}

/// dbias (cols) += sum of the rows of dy (rows x cols). Four rows at a time, in order: dbias is read and written once
/// for each four.
template <class T>
inline void add_bias_gradient(std::size_t rows, std::size_t cols, const T* dy, T* dbias) {
    const std::size_t fours = rows - rows % 4;
    for (std::size_t r = 0; r < fours; r += 4) {
        const T* d = dy + r * cols;
        backend::transform(
            cols, dbias, [](auto sum, auto a, auto b, auto c, auto e) { return sum + ((a + b) + (c + e)); }, dbias, d,
            d + cols, d + 2 * cols, d + 3 * cols);
    }
    for (std::size_t r = fours; r < rows; ++r) add(cols, dbias, dy + r * cols, dbias);
}

}  // namespace xtn::kernels
