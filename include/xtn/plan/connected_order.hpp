// SPDX-License-Identifier: BSD-3-Clause
// The best order of 9 to 16 operands, at run time: the dynamic programme over subsets, restricted to subsets that hang
// together, so that a sparse network of 16 tensors takes milliseconds. Outer products are left to the greedy order, which is
// the result where it is better.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include <xtn/core/network.hpp>
#include <xtn/plan/cost.hpp>
#include <xtn/plan/tree.hpp>

namespace xtn::detail {

/// The cheapest tree without outer products over the operands of `net`, whose parts, if it has several, are joined at their
/// first operands.
class connected_search {
public:
    connected_search(const network_sets& net, const volumes& volume, const cost_model& model, label_set gradients)
        : volume_(volume), model_(model), gradients_(gradients), operands_(net.operands) {
        const std::uint32_t all = (std::uint32_t{1} << operands_) - 1;
        open_.resize(all + std::size_t{1});
        size_.resize(open_.size());
        best_.assign(open_.size(), std::numeric_limits<double>::infinity());
        left_.resize(open_.size());
        for (std::uint32_t s = 1; s <= all; ++s) open_[s] = open_[s & (s - 1)] | net.operand[lowest(s)];
        const std::vector<label_set> labels = open_;
        for (std::uint32_t s = 1; s <= all; ++s) {
            open_[s] = labels[s] & (net.output | labels[all ^ s]);
            size_[s] = volume_(open_[s]);
        }
        const auto near = neighbours(net);
        std::vector<std::uint32_t> reach(open_.size(), 0);
        for (std::uint32_t s = 1; s <= all; ++s) {
            reach[s] = reach[s & (s - 1)] | near[lowest(s)];
            if (std::has_single_bit(s))
                best_[s] = 0;
            else if (hangs_together(s, reach))
                split(s);
        }
    }

    contraction_tree tree() const {
        contraction_tree t;
        const std::uint32_t all = (std::uint32_t{1} << operands_) - 1;
        t.seconds = best_[all];
        append(t, all);
        return t;
    }

private:
    static std::size_t lowest(std::uint32_t s) { return static_cast<std::size_t>(std::countr_zero(s)); }

    bool hangs_together(std::uint32_t s, const std::vector<std::uint32_t>& reach) const {
        std::uint32_t part = s & (~s + 1);
        for (std::uint32_t grown = part | (reach[part] & s); grown != part; grown = part | (reach[part] & s))
            part = grown;
        return part == s;
    }
    void split(std::uint32_t s) {
        const std::uint32_t first = s & (~s + 1), rest = s ^ first;
        double best = std::numeric_limits<double>::infinity();
        for (std::uint32_t r = (rest - 1) & rest;; r = (r - 1) & rest) {
            const std::uint32_t a = first | r, b = s ^ a;
            if (const double children = best_[a] + best_[b]; children < best) {
                const double seconds = children + step(a, b, s);
                if (seconds < best) {
                    best = seconds;
                    left_[s] = a;
                }
            }
            if (r == 0) break;
        }
        best_[s] = best;
    }
    double step(std::uint32_t a, std::uint32_t b, std::uint32_t c) const {
        return step_seconds(model_, size_[a], size_[b], size_[c], volume_(open_[a] | open_[b]), (gradients_ & a) != 0,
                            (gradients_ & b) != 0);
    }
    std::size_t append(contraction_tree& t, std::uint32_t s) const {
        if (std::has_single_bit(s)) return lowest(s);
        const std::size_t a = append(t, left_[s]), b = append(t, s ^ left_[s]);
        t.add(a, b);
        t.flops += 2 * volume_(open_[left_[s]] | open_[s ^ left_[s]]);
        return operands_ + t.steps - 1u;
    }

    const volumes& volume_;
    const cost_model& model_;
    label_set gradients_;
    std::size_t operands_;
    std::vector<label_set> open_;
    std::vector<double> size_, best_;
    std::vector<std::uint32_t> left_;
};

}  // namespace xtn::detail
