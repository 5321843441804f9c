// SPDX-License-Identifier: BSD-3-Clause
// Three ranks of a matrix W with singular values s_1 >= s_2 >= ...:
//
//     stable rank       |W|_F^2 / |W|_2^2 = sum s_k^2 / s_1^2, at most the rank and steady under noise
//     numerical rank    how many s_k exceed s_1 / 1000
//     structural rank   the most that matrices with non-zeros in these places only can have; all of them do but a set of
//                       measure zero. It is the largest number of places of which no two share a row or a column (a
//                       maximum matching; Duff, ACM Trans. Math. Softw. 7, 1981)
#pragma once

#include <cstddef>
#include <span>

#include <xtn/backend/xtensor.hpp>

#include "model.hpp"

namespace picogpt {

struct measured_ranks {
    double stable = 0, numerical = 0;
};

/// In double. The matrix of zeros has ranks 0.
measured_ranks ranks_of(const xt::xtensor<float, 2>& matrix);

/// Of places in a matrix with `columns` columns, counted row by row.
std::size_t structural_rank(std::span<const std::size_t> places, std::size_t rows, std::size_t columns);

/// The matrices of the blocks: how many numbers they are made of, and the means of their ranks.
struct block_matrices {
    std::size_t count = 0, parameters = 0;
    measured_ranks mean;
};
block_matrices block_matrices_of(const model<float>& m);

}  // namespace picogpt
