// SPDX-License-Identifier: BSD-3-Clause
// Rows of a table chosen by token.
//   y_i = table_{token(i)};  dtable_j = sum of dy_i over the places i where token j stands
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>

#include <xtn/backend/simd.hpp>
#include <xtn/nn/kernels/bias.hpp>
#include <xtn/nn/kernels/indices.hpp>

namespace xtn::kernels {

/// y (n x dim) from tokens (n) and table (vocabulary x dim). Throws shape_error for a token outside 0 to vocabulary - 1;
/// then y is untouched.
template <class T, std::integral Index>
inline void embedding(std::size_t n, std::size_t dim, std::size_t vocabulary, const Index* tokens, const T* table,
                      T* y) {
    require_below(vocabulary, n, tokens, "embedding", "token");
    for (std::size_t i = 0; i < n; ++i)
        std::copy_n(table + static_cast<std::size_t>(tokens[i]) * dim, dim, y + i * dim);
}

/// dtable (vocabulary x dim) += rows of dy (n x dim), scattered to their tokens (n) in order. Throws shape_error for a
/// token outside 0 to vocabulary - 1; then dtable is untouched.
template <class T, std::integral Index>
inline void embedding_backward(std::size_t n, std::size_t dim, std::size_t vocabulary, const Index* tokens, const T* dy,
                               T* dtable) {
    require_below(vocabulary, n, tokens, "embedding_backward", "token");
    for (std::size_t i = 0; i < n; ++i) {
        T* row = dtable + static_cast<std::size_t>(tokens[i]) * dim;
        add(dim, row, dy + i * dim, row);
    }
}

}  // namespace xtn::kernels
