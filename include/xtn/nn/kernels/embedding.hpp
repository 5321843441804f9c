// SPDX-License-Identifier: BSD-3-Clause
// Rows of a table chosen by token, plus a row of a second table chosen by position.
//   y_{b, t} = table_{token(b, t)} + positions_t;  dtable_i = sum of dy over the places where token i stands
#pragma once

#include <concepts>
#include <cstddef>

#include <xtn/backend/simd.hpp>
#include <xtn/nn/kernels/bias.hpp>
#include <xtn/nn/kernels/indices.hpp>

namespace xtn::kernels {

/// y (batch x time x dim) from tokens (batch x time), table (vocabulary x dim) and positions (time x dim). Throws
/// shape_error for a token outside 0 to vocabulary - 1; then y is untouched.
template <class T, std::integral Index>
inline void embedding(std::size_t batch, std::size_t time, std::size_t dim, std::size_t vocabulary, const Index* tokens,
                      const T* table, const T* positions, T* y) {
    require_below(vocabulary, batch * time, tokens, "embedding", "token");
    for (std::size_t i = 0; i < batch * time; ++i)
        add(dim, table + static_cast<std::size_t>(tokens[i]) * dim, positions + (i % time) * dim, y + i * dim);
}

/// dtable (vocabulary x dim) += rows of dy (n x dim), scattered to their tokens (n) in order. Throws shape_error for a
/// token outside 0 to vocabulary - 1; then dtable is untouched. (A learned table of positions takes the sum over the
/// batch: add_bias_gradient with `batch` rows of time x dim.)
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
