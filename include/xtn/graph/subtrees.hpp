// SPDX-License-Identifier: BSD-3-Clause
// The exact search for trees of tensors with open labels: a dynamic programme over connected subtrees. The last step of a
// subtree S contracts one bond e, whose removal leaves the subtrees L and R:
//
//     best(S) = min over bonds e of S of best(L) + best(R) + step(L, R),    touched = |L| |R| / extent(e).
//
// The subtrees are counted before: f(v) = product of (1 + f(child)) contain v and lie below it. Trees with few ends have few.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <unordered_map>
#include <vector>

#include <xtn/graph/acyclic.hpp>
#include <xtn/graph/problem.hpp>

namespace xtn::graph::detail {

/// Finds the cheapest order without outer products of a tree of up to 64 tensors.
class subtree_search {
public:
    static constexpr std::size_t most_tensors = 64;
    static constexpr double most_subtrees = 20'000;

    /// Whether the tree has few enough subtrees.
    static bool can(const acyclic& tree) {
        return tree.tensors() <= most_tensors && tree.connected_subtrees() <= most_subtrees;
    }

    subtree_search(const problem& p, const acyclic& tree) : problem_(p), bonds_(tree.bonds()) {
        const std::size_t n = tree.tensors();
        for (const acyclic::edge& b : bonds_) side_.push_back(tree.side_of(b));
        open_.resize(n);
        for (std::size_t i = 0; i < n; ++i) open_[i] = p.volume(p.legs[i]);
        for (const acyclic::edge& b : bonds_) {
            open_[b.x] /= b.extent;
            open_[b.y] /= b.extent;
        }
    }

    /// The cheapest order; no steps where none keeps to the limit.
    draft run() {
        const std::size_t n = open_.size();
        all_ = n == 64 ? ~mask{0} : (mask{1} << n) - 1;
        draft d;
        d.price = best(all_).price;
        if (d.price < std::numeric_limits<double>::infinity()) append(d, all_);
        return d;
    }

private:
    using mask = std::uint64_t;
    struct subtree {
        double price = 0, volume = 1;
        std::uint32_t bond = 0;  ///< of the last step
        std::uint8_t depends = on_nothing;
    };

    static bool has(mask s, std::uint32_t tensor) { return (s >> tensor & 1) != 0; }

    const subtree& best(mask s) {
        if (const auto known = found_.find(s); known != found_.end()) return known->second;
        subtree t;
        for (mask m = s; m != 0; m &= m - 1) {
            const auto i = static_cast<std::size_t>(std::countr_zero(m));
            t.volume *= open_[i];
            t.depends |= problem_.depends[i];
        }
        for (const acyclic::edge& b : bonds_)
            if (has(s, b.x) != has(s, b.y)) t.volume *= b.extent;
        if (!std::has_single_bit(s)) t.price = std::numeric_limits<double>::infinity();
        if (!std::has_single_bit(s) && (problem_.limit == 0 || s == all_ || t.volume <= problem_.limit))
            for (std::uint32_t e = 0; e < bonds_.size(); ++e) {
                if (!has(s, bonds_[e].x) || !has(s, bonds_[e].y)) continue;
                const subtree &l = best(s & side_[e]), &r = best(s & ~side_[e]);
                const double step =
                    problem_.price(l.volume, r.volume, t.volume, l.volume * r.volume / bonds_[e].extent);
                if (const double price = l.price + r.price + step * problem_.runs[t.depends]; price < t.price) {
                    t.price = price;
                    t.bond = e;
                }
            }
        return found_.emplace(s, t).first->second;
    }
    std::uint32_t append(draft& d, mask s) const {
        if (std::has_single_bit(s)) return static_cast<std::uint32_t>(std::countr_zero(s));
        const mask side = side_[found_.at(s).bond];
        const std::uint32_t l = append(d, s & side), r = append(d, s & ~side);
        d.steps.push_back({l, r});
        return static_cast<std::uint32_t>(open_.size() + d.steps.size() - 1);
    }

    const problem& problem_;
    std::vector<acyclic::edge> bonds_;
    std::vector<mask> side_;    ///< of each bond, the tensors on the side of its first end
    std::vector<double> open_;  ///< of each tensor, the volume of its open labels
    std::unordered_map<mask, subtree> found_;
    mask all_ = 0;
};

}  // namespace xtn::graph::detail
