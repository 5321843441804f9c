// SPDX-License-Identifier: BSD-3-Clause
// The few best contraction orders, for a planner that looks at each of them closely. The search for orders assumes that
// every step is one perfect matrix product; layouts, copies and slices decide between orders that are close.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <xtn/plan/order.hpp>

namespace xtn {

namespace detail {

/// The dynamic programme of order.hpp with the `most` cheapest trees of every subset.
class several_orders {
public:
    several_orders(const network& net, const label_extents& extent, const cost_model& model, label_set gradients,
                   std::size_t most)
        : sets_(net),
          volume_(extent, net.labels),
          open_(open_labels(sets_)),
          most_(most),
          best_(std::size_t{1} << net.operands) {
        const unsigned all = static_cast<unsigned>(best_.size() - 1);
        const auto sized_as = [&](label_set s) { return sized{volume_(s), volume_(s)}; };
        for (unsigned s = 1; s <= all; ++s) {
            if (std::has_single_bit(s)) {
                best_[s].push_back({});
                continue;
            }
            const unsigned first = s & (0u - s), rest = s ^ first;  // the left subtree holds the first operand
            for (unsigned r = (rest - 1) & rest;; r = (r - 1) & rest) {
                const unsigned left = first | r, right = s ^ left;
                const step_lines ways(model, sized_as(open_[left]), sized_as(open_[right]), sized_as(open_[s]),
                                      sized_as(open_[left] | open_[right]), (gradients & left) != 0,
                                      (gradients & right) != 0);
                double step = ways.begin()->first;
                for (const cost_line& way : ways) step = std::min(step, way.first);
                for (std::size_t i = 0; i < best_[left].size(); ++i)
                    for (std::size_t j = 0; j < best_[right].size(); ++j)
                        add(s,
                            {best_[left][i].seconds + best_[right][j].seconds + step, static_cast<std::uint16_t>(left),
                             static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(j)});
                if (r == 0) break;
            }
        }
    }

    /// The trees that take at most `factor` times as long as the best one.
    std::vector<contraction_tree> trees(double factor) const {
        const unsigned all = static_cast<unsigned>(best_.size() - 1);
        std::vector<contraction_tree> found;
        for (const entry& e : best_[all]) {
            if (e.seconds > factor * best_[all][0].seconds) break;
            contraction_tree t;
            t.seconds = e.seconds;
            append(t, all, e);
            found.push_back(t);
        }
        return found;
    }

private:
    struct entry {
        double seconds = 0;
        std::uint16_t left = 0;
        std::uint8_t left_entry = 0, right_entry = 0;
    };

    void add(unsigned s, const entry& e) {
        std::vector<entry>& list = best_[s];
        if (list.size() == most_ && e.seconds >= list.back().seconds) return;
        if (list.size() == most_) list.pop_back();
        list.insert(std::upper_bound(list.begin(), list.end(), e,
                                     [](const entry& x, const entry& y) { return x.seconds < y.seconds; }),
                    e);
    }
    std::size_t append(contraction_tree& t, unsigned s, const entry& e) const {
        if (std::has_single_bit(s)) return static_cast<std::size_t>(std::countr_zero(s));
        const unsigned right = s ^ e.left;
        const std::size_t a = append(t, e.left, best_[e.left][e.left_entry]);
        const std::size_t b = append(t, right, best_[right][e.right_entry]);
        t.add(a, b);
        t.flops += 2 * volume_(open_[e.left] | open_[right]);
        return sets_.operands + t.steps - 1u;
    }

    network_sets sets_;
    volumes volume_;
    std::array<label_set, std::size_t{1} << max_exact_operands> open_;
    std::size_t most_;
    std::vector<std::vector<entry>> best_;
};

}  // namespace detail

/// Orders worth a closer look, best first: up to six that the search holds to take at most 1.5 times as long as the best.
/// One for networks of two operands, and for those of more than six, whose search is long enough.
inline std::vector<contraction_tree> candidate_orders(const network& net, const label_extents& extent,
                                                      const cost_model& model, label_set gradients = 0) {
    constexpr std::size_t most_operands = 6, most = 6;
    if (net.operands < 3 || net.operands > most_operands) return {contraction_order(net, extent, model, gradients)};
    return detail::several_orders(net, extent, model, gradients, most).trees(1.5);
}

}  // namespace xtn
