// SPDX-License-Identifier: BSD-3-Clause
// The best order of 9 to 16 operands, at run time: the dynamic programme over subsets, restricted to subsets that hang
// together, so that a sparse network of 16 tensors takes milliseconds. Outer products are left to the greedy order, which is
// the result where it is better.
#pragma once

#include <algorithm>
#include <array>
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
        find_neighbours(net);
        std::vector<std::uint32_t> reach(open_.size(), 0);
        for (std::uint32_t s = 1; s <= all; ++s) {
            reach[s] = reach[s & (s - 1)] | neighbours_[lowest(s)];
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

    void find_neighbours(const network_sets& net) {
        std::uint32_t joined = 0, first = 0;
        for (std::size_t i = 0; i < operands_; ++i)
            for (std::size_t j = 0; j < operands_; ++j)
                if (i != j && (net.operand[i] & net.operand[j]) != 0) neighbours_[i] |= std::uint32_t{1} << j;
        for (std::size_t i = 0; i < operands_; ++i) {
            if ((joined >> i & 1) != 0) continue;
            if (i > 0) {
                neighbours_[first] |= std::uint32_t{1} << i;
                neighbours_[i] |= std::uint32_t{1} << first;
            }
            first = static_cast<std::uint32_t>(i);
            std::uint32_t part = std::uint32_t{1} << i, grown = part;
            do {
                part = grown;
                for (std::size_t k = i; k < operands_; ++k)
                    if ((part >> k & 1) != 0) grown |= neighbours_[k];
                grown &= ~joined;
            } while (grown != part);
            joined |= part;
        }
    }
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
        const double touched = volume_(open_[a] | open_[b]);
        if (touched == 0) return 0;
        const double va = size_[a], vb = size_[b], vc = size_[c];
        const bool da = (gradients_ & a) != 0, db = (gradients_ & b) != 0;
        double seconds =
            model_.kernel(va, vb, vc, touched) + (1. + (da ? 1 : 0) + (db ? 1 : 0)) * model_.touch(va + vb + vc);
        if (da) seconds += model_.kernel(vc, vb, va, touched);
        if (db) seconds += model_.kernel(va, vc, vb, touched);
        return seconds;
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
    std::array<std::uint32_t, max_operands> neighbours_{};
    std::vector<label_set> open_;
    std::vector<double> size_, best_;
    std::vector<std::uint32_t> left_;
};

}  // namespace xtn::detail
