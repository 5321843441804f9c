// SPDX-License-Identifier: BSD-3-Clause
// Matrix products inside attention, of rows that are strided, and the bfloat16 copies of their factors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <xtn/backend/arena.hpp>
#include <xtn/backend/gemm_bfloat16.hpp>
#include <xtn/core/bfloat16.hpp>
#include <xtn/nn/kernels/attention_shape.hpp>

namespace xtn::nn::kernels {

/// Rows that are a factor of matrix products: strided rows and, where products are made in bfloat16, their rounded copy with the same
/// stride.
template <class T>
struct factor_rows : strided_rows<const T> {
    const bfloat16* rounded = nullptr;

    factor_rows(const T* rows, std::size_t row_stride, const bfloat16* copy = nullptr)
        : strided_rows<const T>{rows, row_stride}, rounded(copy) {}
    template <class U>
    requires std::is_same_v<std::remove_const_t<U>, T> factor_rows(strided_rows<U> x)
        : strided_rows<const T>{x.data, x.stride} {}

    factor_rows block(std::size_t row, std::size_t column) const {
        const std::size_t offset = row * this->stride + column;
        return {this->data + offset, this->stride, rounded != nullptr ? rounded + offset : nullptr};
    }
};

namespace detail {

/// Rows that are made and used up in a kernel as a factor, rounded where `like` is; the copy is the frame's.
template <class T>
factor_rows<T> factor_like(const factor_rows<T>& like, std::type_identity_t<strided_rows<const T>> x, std::size_t rows,
                           std::size_t columns, backend::workspace_frame& frame) {
    if constexpr (std::is_same_v<T, float>)
        if (like.rounded != nullptr && rows > 0) {
            bfloat16* const copy = frame.take<bfloat16>((rows - 1) * x.stride + columns);
            for (std::size_t i = 0; i < rows; ++i) round_to(columns, x.row(i), copy + i * x.stride);
            return {x.data, x.stride, copy};
        }
    return x;
}

/// C (m x n) = op(A) op(B) + beta C, of bfloat16 numbers where both factors are rounded.
template <class T>
inline void multiply(bool transpose_a, bool transpose_b, std::size_t m, std::size_t n, std::size_t k,
                     const std::type_identity_t<factor_rows<T>>& a, const std::type_identity_t<factor_rows<T>>& b,
                     T beta, strided_rows<T> c) {
    const auto i = [](std::size_t x) { return static_cast<std::int64_t>(x); };
    const auto product = [&](const auto* x, const auto* y) {
        backend::gemm(transpose_a, transpose_b, i(m), i(n), i(k), T(1), x, i(a.stride), y, i(b.stride), beta, c.data,
                      i(c.stride));
    };
    if constexpr (std::is_same_v<T, float>)
        if (a.rounded != nullptr && b.rounded != nullptr) return product(a.rounded, b.rounded);
    product(a.data, b.data);
}

}  // namespace detail

}  // namespace xtn::nn::kernels
