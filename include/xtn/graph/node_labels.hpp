// SPDX-License-Identifier: BSD-3-Clause
// The labels of every tensor that an order makes, in which step each label vanishes, and the order in which they stand where
// that is open. Labels of extent 1 and sliced ones are left out.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <vector>

#include <xtn/graph/network.hpp>
#include <xtn/graph/tree.hpp>

namespace xtn::graph::detail {

using label_list = std::vector<label_id>;

inline bool contains(std::span<const label_id> axes, label_id l) {
    return std::find(axes.begin(), axes.end(), l) != axes.end();
}

/// The axes of the nodes of a tree: those of the operands and of the result as they are, the others sorted by number.
class node_labels {
public:
    node_labels(const network& net, const tree& t, std::span<const label_id> sliced)
        : net_(net), is_sliced_(net.labels()), axes_(t.nodes()), vanishes_(net.labels(), 0) {
        for (const label_id l : sliced) is_sliced_[l] = 1;
        const std::size_t n = net.tensors(), nodes = t.nodes();
        std::vector<std::uint32_t> uses(net.labels());
        for (std::size_t axis = 0; axis < net.output().size(); ++axis) {  // the first outermost
            const label_id l = net.output()[axis];
            ++uses[l];
            vanishes_[l] = static_cast<std::uint32_t>(nodes + net.output().size() - axis);
            if (is_there(l)) output_.push_back(l);
        }
        for (std::size_t i = 0; i < n; ++i) {
            for (const label_id l : net.input(i))
                if (is_there(l)) axes_[i].push_back(l);
            for (const label_id l : set_of(i)) ++uses[l];
        }
        for (std::size_t i = n; i < nodes; ++i) {
            const auto [l, r] = t.steps()[i - n];
            const label_list a = set_of(l), b = set_of(r);
            label_list both;
            std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
            for (const label_id label : both) --uses[label];
            std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(axes_[i]));
            std::erase_if(axes_[i], [&](label_id label) {
                if (uses[label] > 1) return false;
                vanishes_[label] = static_cast<std::uint32_t>(i);
                return true;
            });
        }
        if (nodes > n) axes_.back() = output_;
    }

    bool is_sliced(label_id l) const { return is_sliced_[l] != 0; }
    bool is_there(label_id l) const { return is_sliced_[l] == 0 && net_.extent(l) != 1; }
    const label_list& axes(std::uint32_t node) const { return axes_[node]; }
    const label_list& output() const { return output_; }
    void set_axes(std::uint32_t node, label_list axes) { axes_[node] = std::move(axes); }
    /// The axes of a node with labels that vanish later further outside.
    label_list by_lifetime(std::uint32_t node) const {
        label_list sorted = axes_[node];
        std::sort(sorted.begin(), sorted.end(), [&](label_id x, label_id y) {
            return vanishes_[x] != vanishes_[y] ? vanishes_[x] > vanishes_[y] : x < y;
        });
        return sorted;
    }
    std::int64_t volume(std::uint32_t node) const {
        std::int64_t v = 1;
        for (const label_id l : axes_[node]) v *= net_.extent(l);
        return v;
    }

private:
    label_list set_of(std::size_t node) const {
        label_list l = axes_[node];
        std::sort(l.begin(), l.end());
        l.erase(std::unique(l.begin(), l.end()), l.end());
        return l;
    }

    const network& net_;
    std::vector<std::uint8_t> is_sliced_;
    std::vector<label_list> axes_;
    label_list output_;
    std::vector<std::uint32_t> vanishes_;  ///< the node that sums the label; later numbers for the output
};

}  // namespace xtn::graph::detail
