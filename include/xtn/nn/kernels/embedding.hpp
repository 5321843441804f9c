// SPDX-License-Identifier: BSD-3-Clause
// Rows of a table chosen by token.
//   y_i = table_{token(i)};  dtable_j = sum of dy_i over the places i where token j stands
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>

#include <xtn/backend/arena.hpp>
#include <xtn/backend/pairwise.hpp>
#include <xtn/backend/simd.hpp>
#include <xtn/nn/kernels/bias.hpp>
#include <xtn/nn/kernels/indices.hpp>

namespace xtn::nn::kernels {

/// y (n x dim) from tokens (n) and table (vocabulary x dim). Throws shape_error for a token outside 0 to vocabulary - 1;
/// then y is untouched.
template <class T, std::integral Index>
inline void embedding(std::size_t n, std::size_t dim, std::size_t vocabulary, const Index* tokens, const T* table,
                      T* y) {
    require_below(vocabulary, n, tokens, "embedding", "token");
    for (std::size_t i = 0; i < n; ++i)
        std::copy_n(table + static_cast<std::size_t>(tokens[i]) * dim, dim, y + i * dim);
}

/// dtable (vocabulary x dim) += rows of dy (n x dim), scattered to their tokens (n) and summed pairwise. Throws
/// shape_error for a token outside 0 to vocabulary - 1; then dtable is untouched.
template <class T, std::integral Index>
inline void embedding_backward(std::size_t n, std::size_t dim, std::size_t vocabulary, const Index* tokens, const T* dy,
                               T* dtable) {
    require_below(vocabulary, n, tokens, "embedding_backward", "token");
    const auto token = [tokens](std::size_t i) { return static_cast<std::size_t>(tokens[i]); };
    backend::workspace_frame frame;
    // Places sorted by token: those of token k are place[end[k - 1]] to place[end[k] - 1], in order.
    std::size_t *place = frame.take<std::size_t>(n), *end = frame.take<std::size_t>(vocabulary + 1);
    std::fill_n(end, vocabulary + 1, std::size_t{0});
    for (std::size_t i = 0; i < n; ++i) ++end[token(i) + 1];
    for (std::size_t k = 0; k < vocabulary; ++k) end[k + 1] += end[k];
    for (std::size_t i = 0; i < n; ++i) place[end[token(i)]++] = i;
    T* sum = frame.take<T>(dim);
    for (std::size_t k = 0, begin = 0; k < vocabulary; begin = end[k++]) {
        if (begin == end[k]) continue;
        backend::sum_pairwise(static_cast<std::int64_t>(begin), static_cast<std::int64_t>(end[k] - begin), 32, dim, sum,
                              [&](std::int64_t first, std::int64_t count, T* to) {
                                  const std::size_t* at = place + first;
                                  std::copy_n(dy + *at * dim, dim, to);
                                  while (--count > 0) add(dim, to, dy + *++at * dim, to);
                              });
        add(dim, dtable + k * dim, sum, dtable + k * dim);
    }
}

}  // namespace xtn::nn::kernels
