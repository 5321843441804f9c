// SPDX-License-Identifier: BSD-3-Clause
// Simulated annealing of a contraction tree by rotations (Kalachev, Panteleev and Yung, arXiv:2108.05665, 2021):
//
//     ((a b) y)  ->  ((a y) b)  or  ((b y) a),
//
// accepted with probability (price after / price before)^(-beta) of the two steps, so that every part of the tree, not the
// dearest alone, is kept in order. Of the trees met the cheapest wins.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <xtn/graph/bit_tree.hpp>

namespace xtn::graph::detail {

/// How a tree is annealed: `sweeps` proposals for each node at inverse temperatures that rise from first to last.
struct annealing {
    double first = 2, last = 20;
    std::size_t sweeps = 100;
};

inline void anneal(bit_tree& t, const annealing& how, search_random& random) {
    const std::vector<std::uint32_t> inner = t.internal_nodes();
    const problem& p = t.of();
    const std::size_t words = t.words();
    std::vector<std::uint64_t> joined(words), row(words);
    for (std::size_t sweep = 0; sweep < how.sweeps; ++sweep) {
        const double part = how.sweeps > 1 ? static_cast<double>(sweep) / static_cast<double>(how.sweeps - 1) : 1;
        const double beta = how.first * std::pow(how.last / how.first, part);
        for (std::size_t k = 0; k < inner.size(); ++k) {
            const std::uint32_t top = inner[random.below(static_cast<std::uint32_t>(inner.size()))];
            const std::uint64_t coins = random.bits();
            std::uint32_t x = t.left(top), y = t.right(top);
            if (t.is_leaf(x) || ((coins & 1) != 0 && !t.is_leaf(y))) std::swap(x, y);
            if (t.is_leaf(x)) continue;
            std::uint32_t a = t.left(x), b = t.right(x);
            if ((coins & 2) != 0) std::swap(a, b);
            // x becomes (a y), and top becomes (x b)
            const std::uint64_t *ra = t.row(a), *rb = t.row(b), *ry = t.row(y), *rt = t.row(top);
            for (std::size_t w = 0; w < words; ++w) {
                joined[w] = ra[w] | ry[w];
                row[w] = joined[w] & (rb[w] | rt[w]);
            }
            const double volume = t.volume(row.data());
            if (p.limit > 0 && volume > p.limit && volume > t.volume(x)) continue;
            const std::uint8_t inside = t.depends(a) | t.depends(y);
            const double before = t.cost(x) + t.cost(top);
            const double after =
                t.price(t.volume(a), t.volume(y), volume, t.volume(joined.data()), inside) +
                t.price(volume, t.volume(b), t.volume(top), t.volume_of_union(row.data(), rb), t.depends(top));
            if (after > before && random.uniform() >= std::exp(-beta * std::log2(after / before))) continue;
            t.set_children(x, a, y);
            t.set_children(top, x, b);
            std::copy(row.begin(), row.end(), t.open_row(x));
            t.refresh(x);
            t.refresh(top);
        }
    }
}

}  // namespace xtn::graph::detail
