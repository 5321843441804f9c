// SPDX-License-Identifier: BSD-3-Clause
// The bonds of a chain, made smaller (rounding) and larger (growing).
//
// Rounding: Oseledets, "Tensor-train decomposition", SIAM J. Sci. Comput. 33 (2011), algorithm 2. A chain is made
// right-orthonormal, then its centre moves from the first to the last site and truncates every bond by an SVD. Each step
// is an orthogonal projection, so the errors add in squares, and the result is within a factor sqrt(n - 1) of the best
// chain with these bonds.
//
// Growing: core k gets new columns, random; core k + 1 gets new rows, zero. The map is what it was, and the gradient of
// the new rows is not zero.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <xtn/backend/random.hpp>
#include <xtn/tt/chain.hpp>

namespace xtn::tt {

/// The chain with the smallest bonds that the limit allows: at most limit.max_bond; with a tolerance, no larger than it
/// takes to keep the relative error at or below it (where max_bond permits). Its centre is the last site. Throws
/// shape_error for a bond of 0, numeric_error for a tolerance or a norm that is not finite.
template <scalar T, std::size_t Physical>
approximation<chain<T, Physical>> round(chain<T, Physical> x, const truncation& limit) {
    x.move_centre(0);
    const double error = x.move_centre(x.site_count() - 1, limit);
    return {std::move(x), error};
}

namespace detail {

/// Adds `from` to the entries of a larger core from these bond indices on.
template <scalar T, std::size_t N>
void place(xt::xtensor<T, N>& core, const xt::xtensor<T, N>& from, std::size_t left, std::size_t right) {
    const std::size_t columns = from.shape(N - 1), width = core.shape(N - 1);
    const std::size_t rows = from.size() / columns, offset = left * (core.size() / core.shape(0)) + right;
    for (std::size_t row = 0; row < rows; ++row)
        for (std::size_t c = 0; c < columns; ++c)
            core.data()[offset + row * width + c] += from.data()[row * columns + c];
}

}  // namespace detail

/// The same map with these bonds, none smaller than it was. New entries are zero to the right of a bond, and to its left
/// normal numbers with the mean square of the core. Throws shape_error for another number of bonds or a smaller one.
template <scalar T, std::size_t Physical>
chain<T, Physical> grow_bonds(const chain<T, Physical>& x, const std::vector<std::size_t>& bonds,
                              random_stream& random) {
    const std::vector<std::size_t> old = x.bonds();
    if (bonds.size() != old.size())
        throw shape_error("xtn::tt::grow_bonds: a chain of " + std::to_string(x.site_count()) + " sites has " +
                          std::to_string(old.size()) + " bonds, but " + std::to_string(bonds.size()) + " are given");
    std::vector<typename chain<T, Physical>::core_type> cores;
    for (std::size_t k = 0; k < x.site_count(); ++k) {
        const auto& core = x.cores()[k];
        const std::size_t left = k == 0 ? 1 : bonds[k - 1], right = k < bonds.size() ? bonds[k] : 1;
        if (right < core.shape(Physical + 1))
            throw shape_error("xtn::tt::grow_bonds: bond " + std::to_string(k) + " is " + std::to_string(old[k]) +
                              " already, more than the " + std::to_string(right) +
                              " wanted; rounding makes it smaller");
        typename chain<T, Physical>::core_type grown = xt::zeros<T>(detail::with_bonds(core.shape(), left, right));
        detail::place(grown, core, 0, 0);
        const double sigma = frobenius_norm(core) / std::sqrt(static_cast<double>(core.size()));
        const std::size_t columns = core.shape(Physical + 1), rows = core.size() / columns;
        for (std::size_t row = 0; row < rows; ++row)
            random.fill_normal(std::span<T>(grown.data() + row * right + columns, right - columns), sigma);
        cores.push_back(std::move(grown));
    }
    return chain<T, Physical>(std::move(cores));
}

/// The same map with every bond at least this large.
template <scalar T, std::size_t Physical>
chain<T, Physical> grow_bonds(const chain<T, Physical>& x, std::size_t bond, random_stream& random) {
    std::vector<std::size_t> bonds = x.bonds();
    for (std::size_t& b : bonds) b = std::max(b, bond);
    return grow_bonds(x, bonds, random);
}

}  // namespace xtn::tt
