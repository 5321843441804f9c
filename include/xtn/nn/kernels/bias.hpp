// SPDX-License-Identifier: BSD-3-Clause
// Sums of tensors: residual connections, a bias added to every row, and the bias's gradient, the sum of the rows.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <xtn/backend/simd.hpp>
#include <xtn/backend/strided.hpp>

namespace xtn::nn::kernels {

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

/// dbias (cols) += sum of the rows of dy (rows x cols).
template <class T>
inline void add_bias_gradient(std::size_t rows, std::size_t cols, const T* dy, T* dbias) {
    const auto n = static_cast<std::int64_t>(rows), width = static_cast<std::int64_t>(cols);
    const std::array<loop, 2> columns_and_rows{loop{width, 1, 0, 1}, loop{n, width, 0, 0}};
    backend::transfer(columns_and_rows, 1, dy, dbias, true);
}

}  // namespace xtn::nn::kernels
