// SPDX-License-Identifier: BSD-3-Clause
// The layouts of intermediates, once the contraction order is known: a dynamic programme over the tree tries, for each
// intermediate, the orders of its label groups (a group is what has the same role here and in the step that consumes
// it) and keeps the cheapest assignment, so that steps are matrix products without copies wherever that is the cheaper
// plan.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <utility>
#include <vector>

#include <xtn/plan/cost.hpp>
#include <xtn/plan/layout.hpp>
#include <xtn/plan/lowering.hpp>
#include <xtn/plan/order.hpp>
#include <xtn/plan/tiling.hpp>

namespace xtn::detail {

/// Chooses the layouts of a tree's intermediates.
class layout_search {
public:
    /// `labels`: of every operand and tree node (node_labels).
    layout_search(const problem& p, const contraction_tree& tree, const cost_model& model, const tiling& t,
                  const std::vector<label_set>& labels)
        : problem_(p), tree_(tree), model_(model), tiling_(t), operands_(p.net.operands), nodes_(labels.size()) {
        for (std::size_t v = 0; v < nodes_.size(); ++v) nodes_[v].labels = labels[v];
        for (std::size_t i = 0; i < operands_; ++i) {
            layout l = p.tensors[i];
            if (std::erase_if(l.axes, [&](auto& a) { return !contains(labels[i], a.label); }) > 0) {
                std::vector<label> order;  // private labels are summed into a contiguous tensor first
                for (const layout::axis& a : l.axes) order.push_back(a.label);
                l = layout::contiguous(order, p.extent);
            }
            nodes_[i].candidates.push_back({.layout = std::move(l)});
        }
        find_relatives();
        for (std::size_t s = 0; s < tree.steps; ++s) evaluate(operands_ + s);
    }

    /// The layout of every operand and tree node. With at least one step the last is the output's.
    std::vector<layout> best() const {
        std::vector<layout> chosen(nodes_.size());
        if (tree_.steps == 0)
            chosen[0] = nodes_[0].candidates[0].layout;
        else
            choose(nodes_.size() - 1, 0, chosen);
        return chosen;
    }

private:
    struct candidate {
        xtn::layout layout;
        double seconds = 0;               // of the whole subtree
        std::size_t left = 0, right = 0;  // candidates of the children
    };
    struct node {
        label_set labels = 0;
        std::size_t left = 0, right = 0, parent = 0, sibling = 0;
        std::vector<candidate> candidates;
    };

    void find_relatives() {
        for (std::size_t s = 0; s < tree_.steps; ++s) {
            node& n = nodes_[operands_ + s];
            n.left = tree_.left[s];
            n.right = tree_.right[s];
            for (const auto& [child, other] : {std::pair{n.left, n.right}, std::pair{n.right, n.left}}) {
                nodes_[child].parent = operands_ + s;
                nodes_[child].sibling = other;
            }
        }
    }

    /// The part of the slices in which a tensor with these labels is made.
    double share(label_set s) const {
        return !tiling_.is_cut() || contains(s, tiling_.batch) ? 1 : 1 / static_cast<double>(tiling_.tiles());
    }

    void evaluate(std::size_t v) {
        node& n = nodes_[v];
        if (v + 1 == nodes_.size()) {
            n.candidates.push_back({.layout = problem_.output()});
        } else {
            for (const std::vector<label>& order : orders(v))
                n.candidates.push_back({.layout = layout::contiguous(order, problem_.extent)});
        }
        const auto& lefts = nodes_[n.left].candidates;
        const auto& rights = nodes_[n.right].candidates;
        const std::array<double, 3> weight{share(nodes_[n.left].labels), share(nodes_[n.right].labels),
                                           share(n.labels)};
        const double least = std::max({weight[0], weight[1], weight[2]}) * least_seconds(n);
        for (candidate& c : n.candidates) {
            c.seconds = std::numeric_limits<double>::infinity();
            for (std::size_t l = 0; l < lefts.size(); ++l)
                for (std::size_t r = 0; r < rights.size(); ++r) {
                    const double children = lefts[l].seconds + rights[r].seconds;
                    if (children + least >= c.seconds) break;  // the others are slower still
                    const dimensions dims({&lefts[l].layout, &rights[r].layout, &c.layout}, problem_.extent);
                    const double limit = c.seconds - children;
                    const double seconds = price_contraction(dims, model_, weight, limit).seconds;
                    if (seconds < limit) c = {std::move(c.layout), children + seconds, l, r};
                }
        }
        // Fastest first. What takes longer than the fastest and a copy of it is never of use.
        std::stable_sort(n.candidates.begin(), n.candidates.end(),
                         [](const candidate& x, const candidate& y) { return x.seconds < y.seconds; });
        const double most = n.candidates.front().seconds + weight[2] * model_.copy(volume_of(problem_, n.labels));
        std::erase_if(n.candidates, [&](const candidate& c) { return c.seconds > most; });
    }

    /// No layouts make the step of a node faster than this: one kernel on completely fused labels.
    double least_seconds(const node& n) const {
        const label_set a = nodes_[n.left].labels, b = nodes_[n.right].labels, c = n.labels;
        const auto volume = [&](label_set s) { return volume_of(problem_, s); };
        return model_.kernel(volume(a), volume(b), volume(c), volume(a | b));
    }

    /// Orders of the labels of an intermediate that its neighbours might like.
    std::vector<std::vector<label>> orders(std::size_t v) const {
        const node& n = nodes_[v];
        const layout& output = problem_.output();
        const label outermost = output.axes.empty() ? static_cast<label>(max_labels) : output.axes.front().label;
        std::vector<std::vector<label>> result;
        for (const bool consumer_first : {true, false}) {
            std::vector<std::vector<label>> groups;
            std::vector<unsigned> group_role;
            const std::vector<label> sorted = consumer_first ? by_hint(v, {n.sibling, nodes_.size(), n.left, n.right})
                                                             : by_hint(v, {n.left, n.right, n.sibling, nodes_.size()});
            for (const label l : sorted) {
                const unsigned role = (contains(nodes_[n.left].labels, l) ? 1u : 0u) |
                                      (contains(nodes_[n.right].labels, l) ? 2u : 0u) |
                                      (contains(nodes_[n.sibling].labels, l) ? 4u : 0u) |
                                      (contains(nodes_[n.parent].labels, l) ? 8u : 0u);
                std::size_t g = 0;
                while (g < group_role.size() && group_role[g] != role) ++g;
                if (g == group_role.size()) {
                    group_role.push_back(role);
                    groups.emplace_back();
                }
                groups[g].push_back(l);
            }
            std::vector<std::size_t> permutation(groups.size());
            for (std::size_t i = 0; i < permutation.size(); ++i) permutation[i] = i;
            constexpr std::size_t most = 48;
            do {
                std::vector<label> order;
                for (const std::size_t g : permutation) order.insert(order.end(), groups[g].begin(), groups[g].end());
                const auto add = [&] {
                    if (std::find(result.begin(), result.end(), order) == result.end()) result.push_back(order);
                };
                add();
                // also with the output's first label outermost, whatever its group: a loop over the rest of the network
                const auto first = std::find(order.begin(), order.end(), outermost);
                if (first == order.end() || first == order.begin()) continue;
                std::rotate(order.begin(), first, first + 1);
                add();
            } while (result.size() < most && std::next_permutation(permutation.begin(), permutation.end()));
        }
        return result;
    }

    /// The labels of v, ordered as the given tensors hold them (a tensor whose layout is open is passed over; the
    /// number of nodes stands for the output), the rest by number.
    std::vector<label> by_hint(std::size_t v, std::initializer_list<std::size_t> hints) const {
        std::vector<label> order;
        label_set left = nodes_[v].labels;
        const auto take = [&](label l) {
            if (!contains(left, l)) return;
            order.push_back(l);
            left &= ~only(l);
        };
        for (const std::size_t h : hints) {
            if (h >= operands_ && h != nodes_.size()) continue;
            const layout& hint = h == nodes_.size() ? problem_.output() : nodes_[h].candidates[0].layout;
            for (const layout::axis& a : hint.axes) take(a.label);
        }
        for_each_label(left, take);
        return order;
    }

    void choose(std::size_t v, std::size_t candidate_number, std::vector<layout>& chosen) const {
        const candidate& c = nodes_[v].candidates[candidate_number];
        chosen[v] = c.layout;
        if (v < operands_) return;
        choose(nodes_[v].left, c.left, chosen);
        choose(nodes_[v].right, c.right, chosen);
    }

    const problem& problem_;
    const contraction_tree& tree_;
    const cost_model& model_;
    const tiling& tiling_;
    std::size_t operands_;
    std::vector<node> nodes_;
};

}  // namespace xtn::detail
