// SPDX-License-Identifier: BSD-3-Clause
// The cheapest of all trees whose leaves come in a given order: the interval programme of matrix chains (Godbole, IEEE
// Trans. Comput. 22, 864, 1973), for any network, in n^3 / 6 steps of a few instructions.
//
// With all and closed as in subsets.hpp, now over intervals of the order. Chains are optimal along the chain; a tree of
// tensors without open labels is optimal in the order of messages that flow to one of its tensors; any other tree is as good
// or better than the one whose order is given.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include <xtn/graph/problem.hpp>

namespace xtn::graph::detail {

/// The cheapest tree over the tensors of a problem in this order of leaves.
inline draft interval_order(const problem& p, const std::vector<std::uint32_t>& order) {
    const std::size_t n = order.size();
    // Logarithms of products over intervals [i, j], each tensor with a factor |tensor|^(-1/2).
    const auto at = [n](std::size_t i, std::size_t j) { return i * n + j; };
    std::vector<double> closed(n * n, 0), all(n * n, 0), best(n * n, 0);
    std::vector<std::uint32_t> split(n * n, 0);
    std::vector<std::uint8_t> depends(n * n, 0);
    {
        std::vector<std::vector<std::uint32_t>> places(p.labels());
        std::vector<double> scale(n, 0);
        for (std::uint32_t i = 0; i < n; ++i)
            for (const std::uint32_t l : p.legs[order[i]]) {
                places[l].push_back(i);
                scale[i] -= std::log2(p.extent[l]) / 2;
            }
        double total = 0;
        std::vector<double> missing(n * n, 0);  // labels that do not occur in the interval, by the gap that holds it
        for (std::size_t l = 0; l < p.labels(); ++l) {
            if (places[l].empty()) continue;
            const double e = std::log2(p.extent[l]);
            total += e;
            if (p.kept[l] == 0) closed[at(places[l].front(), places[l].back())] += e;
            std::size_t from = 0;
            for (std::size_t k = 0; k <= places[l].size(); ++k) {
                const std::size_t to = k == places[l].size() ? n : places[l][k];
                if (to > from) missing[at(from, to - 1)] += e;
                from = to + 1;
            }
        }
        // An interval closes what its inner ones close; it misses what one of the wider gaps misses.
        for (std::size_t length = 2; length <= n; ++length)
            for (std::size_t i = 0; i + length <= n; ++i) {
                const std::size_t j = i + length - 1;
                closed[at(i, j)] +=
                    closed[at(i + 1, j)] + closed[at(i, j - 1)] - (length > 2 ? closed[at(i + 1, j - 1)] : 0);
            }
        for (std::size_t length = n; length-- > 1;)
            for (std::size_t i = 0; i + length <= n; ++i) {
                const std::size_t j = i + length - 1;
                if (i > 0) missing[at(i, j)] += missing[at(i - 1, j)];
                if (j + 1 < n) missing[at(i, j)] += missing[at(i, j + 1)];
                if (i > 0 && j + 1 < n) missing[at(i, j)] -= missing[at(i - 1, j + 1)];
            }
        for (std::size_t i = 0; i < n; ++i) {
            double scales = 0;
            for (std::size_t j = i; j < n; ++j) {
                scales += scale[j];
                closed[at(i, j)] += scales;
                all[at(i, j)] = total - missing[at(i, j)] + scales;
            }
        }
    }
    const auto volume = [&](std::size_t i, std::size_t j) { return std::exp2(all[at(i, j)] - closed[at(i, j)]); };
    std::vector<double> inverse(n * n, 1);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = i; j < n; ++j) inverse[at(i, j)] = std::exp2(-closed[at(i, j)]);
    for (std::size_t i = 0; i < n; ++i) depends[at(i, i)] = p.depends[order[i]];
    for (std::size_t length = 2; length <= n; ++length)
        for (std::size_t i = 0; i + length <= n; ++i) {
            const std::size_t j = i + length - 1;
            depends[at(i, j)] = depends[at(i, j - 1)] | depends[at(j, j)];
            const double runs = p.runs[depends[at(i, j)]], touched = std::exp2(all[at(i, j)]);
            const bool fits = p.limit == 0 || length == n || volume(i, j) <= p.limit;
            double cheapest = std::numeric_limits<double>::infinity();
            for (std::size_t m = i; fits && m < j; ++m) {
                const double children = best[at(i, m)] + best[at(m + 1, j)];
                if (children >= cheapest) continue;
                double step = touched * inverse[at(i, m)] * inverse[at(m + 1, j)];
                if (!p.price.is_flops()) step = p.price(volume(i, m), volume(m + 1, j), volume(i, j), step);
                if (children + step * runs < cheapest) {
                    cheapest = children + step * runs;
                    split[at(i, j)] = static_cast<std::uint32_t>(m);
                }
            }
            best[at(i, j)] = cheapest;
        }
    draft d;
    d.price = best[at(0, n - 1)];
    if (!std::isfinite(d.price)) return d;
    const auto make = [&](auto& self, std::size_t i, std::size_t j) -> std::uint32_t {
        if (i == j) return order[i];
        const std::size_t m = split[at(i, j)];
        const std::uint32_t l = self(self, i, m), r = self(self, m + 1, j);
        d.steps.push_back({l, r});
        return static_cast<std::uint32_t>(n + d.steps.size() - 1);
    };
    make(make, 0, n - 1);
    return d;
}

}  // namespace xtn::graph::detail
