// SPDX-License-Identifier: BSD-3-Clause
// What product and random chains share, whatever their number of physical indices.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <xtn/backend/random.hpp>
#include <xtn/tt/chain.hpp>

namespace xtn::tt::detail {

/// A chain of bond 1.
template <scalar T, std::size_t Physical>
chain<T, Physical> product_chain(const std::vector<xt::xtensor<T, Physical>>& factors) {
    std::vector<typename chain<T, Physical>::core_type> cores;
    for (const auto& factor : factors) {
        std::array<std::size_t, Physical + 2> shape{};
        shape.front() = shape.back() = 1;
        std::copy(factor.shape().begin(), factor.shape().end(), shape.begin() + 1);
        cores.push_back(reshaped(factor, shape));
    }
    return chain<T, Physical>(std::move(cores));
}

/// The largest bonds that a chain with so many entries a site can need: at each cut the smaller of both sides.
inline std::vector<std::size_t> full_bonds(std::span<const std::size_t> entries) {
    constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
    const auto times = [](std::size_t a, std::size_t b) { return b != 0 && a > most / b ? most : a * b; };
    std::vector<std::size_t> bonds(entries.size() - 1, 1);
    std::size_t left = 1, right = 1;
    for (std::size_t k = 0; k < bonds.size(); ++k) bonds[k] = left = times(left, entries[k]);
    for (std::size_t k = bonds.size(); k-- > 0;) bonds[k] = std::min(bonds[k], right = times(right, entries[k + 1]));
    return bonds;
}

/// A chain of norm 1 with its centre at site 0. Standard deviations keep every partial product of the order of 1.
template <scalar T, std::size_t Physical>
chain<T, Physical> random_chain(const std::array<std::vector<std::size_t>, Physical>& sites, std::size_t bond,
                                random_stream& random) {
    const std::string caller = Physical == 1 ? "xtn::tt::random_mps" : "xtn::tt::random_mpo";
    const std::size_t n = sites.front().size();
    if (n == 0) throw shape_error(caller + ": a chain has at least one site");
    if (sites.back().size() != n)
        throw shape_error(caller + ": out and in need the same number of sites, but have " + std::to_string(n) +
                          " and " + std::to_string(sites.back().size()));
    if (bond == 0) throw shape_error(caller + ": the bond is 0, it must be at least 1");
    std::vector<std::size_t> entries(n, 1);
    for (const auto& extents : sites)
        for (std::size_t k = 0; k < n; ++k) entries[k] *= extents[k];
    const std::vector<std::size_t> bonds = full_bonds(entries);

    std::vector<typename chain<T, Physical>::core_type> cores(n);
    std::size_t left = 1;
    for (std::size_t k = 0; k < n; ++k) {
        const std::size_t right = k + 1 == n ? 1 : std::min(bond, bonds[k]);
        std::array<std::size_t, Physical + 2> shape{left};
        for (std::size_t d = 0; d < Physical; ++d) shape[d + 1] = sites[d][k];
        shape.back() = right;
        cores[k].resize(shape);
        random.fill_normal(std::span<T>(cores[k].data(), cores[k].size()),
                           1 / std::sqrt(static_cast<double>(std::max<std::size_t>(entries[k] * right, 1))));
        left = right;
    }
    chain<T, Physical> result(std::move(cores));
    result.move_centre(0);
    result /= static_cast<real_of<T>>(frobenius_norm(result.cores().front()));
    return result;
}

}  // namespace xtn::tt::detail
