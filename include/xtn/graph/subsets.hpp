// SPDX-License-Identifier: BSD-3-Clause
// The exact search over subsets of a few tensors (Held-Karp style; Pfeifer, Haegeman and Verstraete, Phys. Rev. E 90,
// 033315, 2014), in a form that costs a few instructions for each pair of subsets.
//
// Let all(S) be the product of the extents of the labels in S and closed(S) that of the labels that occur in S alone. Then
//
//     |open(S)| = all(S) / closed(S),    touched by A B -> S = all(S) / (closed(A) closed(B)),
//
// hyperedges included, for a label that A closes is none of B's. Both are products over subsets, made for all 2^k of them by
// k 2^k multiplications. Each tensor carries a factor |tensor|^(-1/2) in both, which cancels and keeps numbers in range.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include <xtn/graph/problem.hpp>

namespace xtn::graph::detail {

/// Finds the cheapest tree of up to `most` tensors. Reusable; one per thread.
class subset_search {
public:
    static constexpr std::size_t most = 20;
    using mask = std::uint32_t;

    /// Begins a search over k tensors.
    void start(std::size_t k, const step_price& price, const std::array<double, 4>& runs, double limit) {
        k_ = k;
        price_ = &price;
        runs_ = runs;
        limit_ = limit;
        const std::size_t subsets = std::size_t{1} << k;
        inside_.assign(subsets, 1);
        all_.assign(subsets, 1);
        best_.resize(subsets);
        split_.resize(subsets);
        depends_.assign(subsets, 0);
        links_.assign(k, 0);
    }
    /// A label of these tensors; `outside` says that others, or the output, have it too.
    void add_label(mask tensors, double extent, bool outside) {
        all_[tensors] *= extent;
        if (!outside) inside_[tensors] *= extent;
        const double scale = 1 / std::sqrt(extent);
        for (mask m = tensors; m != 0; m &= m - 1) {
            const mask one = m & (~m + 1);
            all_[one] *= scale;
            inside_[one] *= scale;
            links_[static_cast<std::size_t>(std::countr_zero(one))] |= tensors;
        }
    }
    void set_depends(std::size_t tensor, std::uint8_t what) { depends_[std::size_t{1} << tensor] = what; }

    /// The price of the cheapest tree; with `connected_only` of those without outer products, infinite if there is none.
    double run(bool connected_only) {
        const mask full = (mask{1} << k_) - 1;
        close_under_subsets();
        connected_.clear();
        if (connected_only) find_connected();
        for (mask s = 1; s <= full; ++s) {
            if (std::has_single_bit(s)) {
                best_[s] = 0;
                continue;
            }
            depends_[s] = depends_[s & (s - 1)] | depends_[s & (~s + 1)];
            best_[s] = std::numeric_limits<double>::infinity();
            if (connected_only && connected_[s] == 0) continue;
            if (limit_ > 0 && s != full && volume(s) > limit_) continue;
            if (price_->is_flops())
                split<true>(s);
            else
                split<false>(s);
        }
        return best_[full];
    }
    /// The left part of the best split of a subset.
    mask left_of(mask s) const { return split_[s]; }
    /// The tensor that the subset is contracted to.
    double volume(mask s) const { return all_[s] * inverse_[s]; }
    /// All labels that the step from the best split of s touches.
    double touched(mask s) const { return all_[s] * inverse_[split_[s]] * inverse_[s ^ split_[s]]; }

private:
    template <bool Flops>
    void split(mask s) {
        const mask first = s & (~s + 1), rest = s ^ first;
        double best = std::numeric_limits<double>::infinity();
        mask best_left = 0;
        const double all = all_[s] * runs_[depends_[s]];
        for (mask r = (rest - 1) & rest;; r = (r - 1) & rest) {
            const mask a = first | r, b = s ^ a;
            const double children = best_[a] + best_[b];
            if (children < best) {
                double step = all * inverse_[a] * inverse_[b];
                if constexpr (!Flops)
                    step = (*price_)(volume(a), volume(b), volume(s), all_[s] * inverse_[a] * inverse_[b]) *
                           runs_[depends_[s]];
                if (children + step < best) {
                    best = children + step;
                    best_left = a;
                }
            }
            if (r == 0) break;
        }
        best_[s] = best;
        split_[s] = best_left;
    }

    /// From factors of single patterns to products over all patterns inside a subset, and touching it.
    void close_under_subsets() {
        const std::size_t subsets = std::size_t{1} << k_;
        for (std::size_t bit = 1; bit < subsets; bit <<= 1)
            for (std::size_t s = 0; s < subsets; ++s)
                if ((s & bit) != 0) {
                    all_[s] *= all_[s ^ bit];
                    inside_[s] *= inside_[s ^ bit];
                }
        inverse_.resize(subsets);
        for (std::size_t s = 0; s < subsets; ++s) inverse_[s] = 1 / inside_[s];
        scratch_.resize(subsets);
        for (std::size_t s = 0; s < subsets; ++s) scratch_[s] = all_[subsets - 1] / all_[subsets - 1 - s];
        all_.swap(scratch_);
    }
    void find_connected() {
        const std::size_t subsets = std::size_t{1} << k_;
        connected_.assign(subsets, 0);
        std::vector<mask> reach(subsets, 0);  // of the neighbours of a subset
        for (mask s = 1; s < subsets; ++s) {
            const mask one = s & (~s + 1);
            reach[s] = reach[s ^ one] | links_[static_cast<std::size_t>(std::countr_zero(one))];
        }
        for (mask s = 1; s < subsets; ++s) {
            mask part = s & (~s + 1);
            for (mask grown = part | (reach[part] & s); grown != part; grown = part | (reach[part] & s)) part = grown;
            connected_[s] = part == s ? 1 : 0;
        }
    }

    std::size_t k_ = 0;
    const step_price* price_ = nullptr;
    std::array<double, 4> runs_{};
    double limit_ = 0;
    std::vector<double> inside_, all_, inverse_, best_, scratch_;
    std::vector<mask> split_, links_;
    std::vector<std::uint8_t> depends_, connected_;
};

}  // namespace xtn::graph::detail
