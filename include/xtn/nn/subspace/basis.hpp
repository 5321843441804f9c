// SPDX-License-Identifier: BSD-3-Clause
// Orthonormal bases (width x r, vectors as columns) of the subspace that a residual stream is cut to: the eigenvectors of a
// second moment, and two to compare them with.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include <xtn/backend/random.hpp>
#include <xtn/expr/tensor.hpp>
#include <xtn/op/basis.hpp>
#include <xtn/tt/svd.hpp>

namespace xtn::nn {

namespace detail {

inline void require_rank(std::size_t r, std::size_t width) {
    if (r == 0 || r > width)
        throw shape_error("a subspace of a stream of width " + std::to_string(width) + " has 1 to " +
                          std::to_string(width) + " dimensions, not " + std::to_string(r));
}

}  // namespace detail

/// The eigenvectors of the r largest eigenvalues, largest first: of all subspaces of that size, theirs loses least of
/// the second moment (Eckart and Young 1936). Throws shape_error for a matrix that is not square, numeric_error for one that is
/// not finite.
inline xt::xtensor<double, 2> principal_basis(const xt::xtensor<double, 2>& moment, std::size_t r) {
    const std::size_t width = moment.shape(0);
    if (moment.shape(1) != width)
        throw shape_error("principal_basis: a second moment is square, not " + std::to_string(width) + " x " +
                          std::to_string(moment.shape(1)));
    detail::require_rank(r, width);
    return tt::svd(moment).leading(r).u;
}

/// The r coordinates with the largest diagonal elements of the second moment, as columns of the identity.
inline xt::xtensor<double, 2> coordinate_basis(const xt::xtensor<double, 2>& moment, std::size_t r) {
    const std::size_t width = moment.shape(0);
    detail::require_rank(r, width);
    std::vector<std::size_t> order(width);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t i, std::size_t j) { return moment(i, i) > moment(j, j); });
    xt::xtensor<double, 2> basis = xt::zeros<double>({width, r});
    for (std::size_t k = 0; k < r; ++k) basis(order[k], k) = 1;
    return basis;
}

/// r random orthonormal vectors.
inline xt::xtensor<double, 2> random_basis(std::size_t width, std::size_t r, std::uint64_t seed) {
    detail::require_rank(r, width);
    return xt::transpose(xtn::basis::random_orthonormal(seed).vectors<double>(width, r));
}

/// The share of the second moment within the span of the basis: tr(Q^T S Q) / tr S.
inline double share_of_moment(const xt::xtensor<double, 2>& moment, const xt::xtensor<double, 2>& basis) {
    double inside = 0, all = 0;
    for (std::size_t i = 0; i < moment.shape(0); ++i) {
        all += moment(i, i);
        for (std::size_t j = 0; j < moment.shape(0); ++j) {
            double overlap = 0;
            for (std::size_t k = 0; k < basis.shape(1); ++k) overlap += basis(i, k) * basis(j, k);
            inside += moment(i, j) * overlap;
        }
    }
    return inside / all;
}

}  // namespace xtn::nn
