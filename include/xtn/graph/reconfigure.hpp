// SPDX-License-Identifier: BSD-3-Clause
// Improves a contraction tree by exact searches of its parts: a node and what lies below it, down to a few subtrees, are
// replaced by the cheapest tree over these subtrees, again and again until no part can be improved (subtree
// reconfiguration; Gray and Kourtis, Quantum 5, 410, 2021).
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <xtn/graph/bit_tree.hpp>
#include <xtn/graph/subsets.hpp>

namespace xtn::graph::detail {

/// Searches the parts of trees. Reusable; one per thread.
class reconfigure {
public:
    /// Improves the tree by parts of up to `size` subtrees, in at most `sweeps` passes over its nodes. Returns whether
    /// anything changed.
    bool operator()(bit_tree& t, std::size_t size, std::size_t sweeps) {
        dirty_.assign(t.nodes(), 1);
        bool improved = false;
        for (std::size_t s = 0; s < sweeps; ++s) {
            bool again = false;
            for (const std::uint32_t i : t.internal_nodes())
                if (dirty_[i] != 0) {
                    dirty_[i] = 0;
                    again = search(t, i, size) || again;
                }
            if (!again) break;
            improved = true;
        }
        return improved;
    }

private:
    /// Replaces the part below node i by a cheaper one, if there is one.
    bool search(bit_tree& t, std::uint32_t i, std::size_t size) {
        parts_.assign({t.left(i), t.right(i)});
        inner_.assign({i});
        while (parts_.size() < size) {
            std::size_t widest = parts_.size();
            for (std::size_t k = 0; k < parts_.size(); ++k)
                if (!t.is_leaf(parts_[k]) && (widest == parts_.size() || t.cost(parts_[k]) > t.cost(parts_[widest])))
                    widest = k;
            if (widest == parts_.size()) break;
            const std::uint32_t opened = parts_[widest];
            inner_.push_back(opened);
            parts_[widest] = t.left(opened);
            parts_.push_back(t.right(opened));
        }
        if (parts_.size() < 3) return false;
        double before = 0;
        for (const std::uint32_t n : inner_) before += t.cost(n);

        const problem& p = t.of();
        search_.start(parts_.size(), p.price, p.runs, p.limit);
        for (std::size_t w = 0; w < t.words(); ++w) {
            std::uint64_t any = 0;
            for (const std::uint32_t n : parts_) any |= t.row(n)[w];
            const std::uint64_t outside = t.row(i)[w];
            for (; any != 0; any &= any - 1) {
                const auto bit = static_cast<std::size_t>(std::countr_zero(any));
                subset_search::mask in = 0;
                for (std::size_t k = 0; k < parts_.size(); ++k)
                    in |= static_cast<subset_search::mask>(t.row(parts_[k])[w] >> bit & 1) << k;
                search_.add_label(in, t.extent_at(64 * w + bit), (outside >> bit & 1) != 0);
            }
        }
        for (std::size_t k = 0; k < parts_.size(); ++k) search_.set_depends(k, t.depends(parts_[k]));
        const double after = search_.run(false);
        if (!(after < before * (1 - 1e-9))) return false;

        root_row_.assign(t.row(i), t.row(i) + t.words());
        free_ = inner_;
        std::erase(free_, i);
        rebuild(t, i, (subset_search::mask{1} << parts_.size()) - 1);
        for (const std::uint32_t n : inner_) dirty_[n] = 1;
        std::uint32_t up = i;
        for (std::size_t level = 0; level < size && up != bit_tree::none; ++level, up = t.parent(up)) dirty_[up] = 1;
        return true;
    }

    std::uint32_t rebuild(bit_tree& t, std::uint32_t node, subset_search::mask s) {
        const auto child = [&](subset_search::mask part) {
            if (std::has_single_bit(part)) return parts_[static_cast<std::size_t>(std::countr_zero(part))];
            const std::uint32_t n = free_.back();
            free_.pop_back();
            return rebuild(t, n, part);
        };
        const subset_search::mask left = search_.left_of(s);
        const std::uint32_t l = child(left), r = child(s ^ left);
        t.set_children(node, l, r);
        std::uint64_t* row = t.open_row(node);
        for (std::size_t w = 0; w < t.words(); ++w) {
            std::uint64_t in = 0, out = root_row_[w];
            for (std::size_t k = 0; k < parts_.size(); ++k) ((s >> k & 1) != 0 ? in : out) |= t.row(parts_[k])[w];
            row[w] = in & out;
        }
        t.refresh(node);
        return node;
    }

    subset_search search_;
    std::vector<std::uint32_t> parts_, inner_, free_;
    std::vector<std::uint64_t> root_row_;
    std::vector<std::uint8_t> dirty_;
};

}  // namespace xtn::graph::detail
