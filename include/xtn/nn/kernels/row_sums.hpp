// SPDX-License-Identifier: BSD-3-Clause
// Gradients that every row adds to, such as those of a norm's gain: summed in blocks of rows, and the blocks pairwise.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <xtn/backend/arena.hpp>
#include <xtn/backend/pairwise.hpp>

namespace xtn::nn::kernels {

/// Calls row(r, sums) for every r < rows, in order, and adds to each of `to` (cols) what the calls have added to the one
/// of `sums` (cols) with its number.
template <class T, std::size_t N, class Row>
inline void sum_over_rows(std::size_t rows, std::size_t cols, const std::array<T*, N>& to, const Row& row) {
    constexpr std::int64_t block = 32;
    const auto parts = [cols](T* all) {
        std::array<T*, N> p;
        for (std::size_t i = 0; i < N; ++i) p[i] = all + i * cols;
        return p;
    };
    backend::workspace_frame frame;
    T* total = frame.take<T>(N * cols);
    backend::sum_pairwise(0, static_cast<std::int64_t>(rows), block, N * cols, total,
                          [&](std::int64_t first, std::int64_t n, T* sums) {
                              std::fill_n(sums, N * cols, T{});
                              for (std::int64_t r = first; r < first + n; ++r)
                                  row(static_cast<std::size_t>(r), parts(sums));
                          });
    for (std::size_t i = 0; i < N; ++i)
        for (std::size_t j = 0; j < cols; ++j) to[i][j] += parts(total)[i][j];
}

}  // namespace xtn::nn::kernels
