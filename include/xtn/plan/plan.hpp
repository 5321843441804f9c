// SPDX-License-Identifier: BSD-3-Clause
// A plan: the steps that evaluate one network at given extents and strides. It is a value that can be run, printed,
// asserted and reused; the same structure describes the pullback (pullback.hpp).
//
// The order comes first (order.hpp); then every intermediate gets its layout: a dynamic programme over the tree tries,
// for each intermediate, the orders of its label groups (a group is what has the same role here and in the step that
// consumes it) and keeps the cheapest assignment, so that steps are matrix products without copies wherever that is
// the cheaper plan.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <xtn/plan/cost.hpp>
#include <xtn/plan/layout.hpp>
#include <xtn/plan/lowering.hpp>
#include <xtn/plan/order.hpp>

namespace xtn {

/// Where a tensor of a plan lives: a base pointer that the caller supplies, and an offset in elements.
struct place {
    std::uint8_t base;
    std::int64_t offset;
};

/// The base pointers of a network with n operands, by number: operand 0 .. n-1, then these. `value` is the output of a
/// plan and the cotangent of its pullback.
struct bases {
    std::size_t operands;
    constexpr std::uint8_t value() const { return static_cast<std::uint8_t>(operands); }
    constexpr std::uint8_t workspace() const { return static_cast<std::uint8_t>(operands + 1); }
    constexpr std::uint8_t residual() const { return static_cast<std::uint8_t>(operands + 2); }
    constexpr std::uint8_t gradient(std::size_t i) const { return static_cast<std::uint8_t>(operands + 3 + i); }
    static constexpr std::size_t most = 2 * max_operands + 3;
};

struct plan {
    /// A tensor of the plan: place and layout.
    struct tensor {
        xtn::place place;
        xtn::layout layout;
    };

    xtn::problem problem;
    contraction_tree tree;
    std::vector<tensor> tensors;      ///< operands, output, then intermediates and copies
    std::vector<step> steps;          ///< a, b, c are indices into `tensors`
    std::vector<std::uint8_t> node;   ///< tensor that holds operand or tree node i once its private labels are summed
    std::int64_t residual_size = 0;   ///< elements of intermediates, which a pullback reads again
    std::int64_t workspace_size = 0;  ///< elements of copies, dead after the run

    double flops() const {
        double f = 0;
        for (const step& s : steps) f += s.flops();
        return f;
    }
    double seconds() const {
        double t = 0;
        for (const step& s : steps) t += s.seconds;
        return t;
    }
    /// Elements moved by copies: transfers that neither sum nor are the whole plan.
    double copied_elements() const {
        double n = 0;
        for (const step& s : steps)
            if (s.kind == kernel::transfer && s.sum_loops == 0 && problem.net.operands > 1) n += s.volume();
        return n;
    }
    xtn::bases bases() const { return {problem.net.operands}; }
};

namespace detail {

/// Builds the steps of a plan or pullback: places for temporaries, and contractions with the copies they need.
class plan_builder {
public:
    plan_builder(plan& target, const cost_model& model) : plan_(target), model_(model) {}

    std::uint8_t add(place where, layout l) {
        plan_.tensors.push_back({where, std::move(l)});
        return static_cast<std::uint8_t>(plan_.tensors.size() - 1);
    }
    std::uint8_t add_residual(layout l) { return add_in(plan_.residual_size, plan_.bases().residual(), std::move(l)); }
    std::uint8_t add_workspace(layout l) {
        return add_in(plan_.workspace_size, plan_.bases().workspace(), std::move(l));
    }

    void transfer(std::uint8_t a, std::uint8_t c) {
        step s = lower_transfer(layout_of(a), layout_of(c), plan_.problem.extent, model_);
        s.a = s.b = a;
        s.c = c;
        plan_.steps.push_back(std::move(s));
    }
    void contract(std::uint8_t a, std::uint8_t b, std::uint8_t c) {
        lowering l = lower_contraction(layout_of(a), layout_of(b), layout_of(c), plan_.problem.extent, model_);
        std::array<std::uint8_t, 3> used{a, b, c};
        for (std::size_t t = 0; t < 3; ++t)
            if (l.copied[t]) used[t] = add_workspace(std::move(l.copy[t]));
        if (l.copied[tensor_a]) transfer(a, used[tensor_a]);
        if (l.copied[tensor_b]) transfer(b, used[tensor_b]);
        l.main.a = used[tensor_a];
        l.main.b = used[tensor_b];
        l.main.c = used[tensor_c];
        plan_.steps.push_back(std::move(l.main));
        if (l.copied[tensor_c]) transfer(used[tensor_c], c);
    }

private:
    const layout& layout_of(std::uint8_t t) const { return plan_.tensors[t].layout; }
    std::uint8_t add_in(std::int64_t& size, std::uint8_t base, layout l) {
        const place where{base, size};
        constexpr std::int64_t line = 16;  // elements: keeps every tensor on a cache line of its own
        size += (l.volume(plan_.problem.extent) + line - 1) / line * line;
        return add(where, std::move(l));
    }

    plan& plan_;
    const cost_model& model_;
};

/// Chooses the layouts of a tree's intermediates.
class layout_search {
public:
    layout_search(const problem& p, const contraction_tree& tree, const cost_model& model)
        : problem_(p), tree_(tree), model_(model), operands_(p.net.operands), nodes_(operands_ + tree.steps) {
        const network_sets sets(p.net);
        for (std::size_t i = 0; i < operands_; ++i) {
            layout l = p.tensors[i];
            if (std::erase_if(l.axes, [&](auto& a) { return !contains(sets.operand[i], a.label); }) > 0) {
                std::vector<label> order;  // private labels are summed into a contiguous tensor first
                for (const layout::axis& a : l.axes) order.push_back(a.label);
                l = layout::contiguous(order, p.extent);
            }
            nodes_[i].labels = l.set();
            nodes_[i].candidates.push_back({.layout = std::move(l)});
        }
        find_roles();
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
        double seconds = 0;
        std::size_t left = 0, right = 0;  // candidates of the children
    };
    struct node {
        label_set labels = 0;
        std::size_t left = 0, right = 0, parent = 0, sibling = 0;
        std::vector<candidate> candidates;
    };

    void find_roles() {
        for (std::size_t s = 0; s < tree_.steps; ++s) {
            node& n = nodes_[operands_ + s];
            n.left = tree_.left[s];
            n.right = tree_.right[s];
            for (const auto& [child, other] : {std::pair{n.left, n.right}, std::pair{n.right, n.left}}) {
                nodes_[child].parent = operands_ + s;
                nodes_[child].sibling = other;
            }
        }
        // What a node keeps: its labels that the output or any tensor not yet contracted into it still needs.
        std::vector<label_set> covered(nodes_.size());
        for (std::size_t i = 0; i < operands_; ++i) covered[i] = label_set{1} << i;
        for (std::size_t v = operands_; v < nodes_.size(); ++v) {
            covered[v] = covered[nodes_[v].left] | covered[nodes_[v].right];
            label_set needed = problem_.output().set();
            for (std::size_t i = 0; i < operands_; ++i)
                if ((covered[v] >> i & 1) == 0) needed |= nodes_[i].labels;
            nodes_[v].labels = (nodes_[nodes_[v].left].labels | nodes_[nodes_[v].right].labels) & needed;
        }
    }

    void evaluate(std::size_t v) {
        node& n = nodes_[v];
        if (v + 1 == nodes_.size()) {
            n.candidates.push_back({.layout = problem_.output()});
        } else {
            for (const std::vector<label>& order : orders(v))
                n.candidates.push_back({.layout = layout::contiguous(order, problem_.extent)});
        }
        for (candidate& c : n.candidates) {
            c.seconds = std::numeric_limits<double>::infinity();
            const auto& lefts = nodes_[n.left].candidates;
            const auto& rights = nodes_[n.right].candidates;
            for (std::size_t l = 0; l < lefts.size(); ++l)
                for (std::size_t r = 0; r < rights.size(); ++r) {
                    double seconds = lefts[l].seconds + rights[r].seconds;
                    if (seconds >= c.seconds) continue;
                    seconds +=
                        lower_contraction(lefts[l].layout, rights[r].layout, c.layout, problem_.extent, model_).seconds;
                    if (seconds < c.seconds) {
                        c.seconds = seconds;
                        c.left = l;
                        c.right = r;
                    }
                }
        }
    }

    /// Orders of the labels of an intermediate that its neighbours might like.
    std::vector<std::vector<label>> orders(std::size_t v) const {
        const node& n = nodes_[v];
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
                if (std::find(result.begin(), result.end(), order) == result.end()) result.push_back(std::move(order));
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
    std::size_t operands_;
    std::vector<node> nodes_;
};

}  // namespace detail

/// Plans a network in normal form along a given order.
inline plan make_plan(problem p, const contraction_tree& tree, const cost_model& model) {
    plan result{.problem = std::move(p), .tree = tree, .tensors = {}, .steps = {}, .node = {}};
    detail::plan_builder build(result, model);
    const problem& q = result.problem;
    const std::size_t operands = q.net.operands;
    for (std::size_t i = 0; i <= operands; ++i) build.add({static_cast<std::uint8_t>(i), 0}, q.tensors[i]);
    const auto output = static_cast<std::uint8_t>(operands);
    if (operands == 1) {
        result.node = {0};
        build.transfer(0, output);
        return result;
    }
    std::vector<layout> layouts = detail::layout_search(q, tree, model).best();
    for (std::size_t i = 0; i < operands; ++i) {
        auto t = static_cast<std::uint8_t>(i);
        if (layouts[i] != q.tensors[i]) {
            t = build.add_residual(std::move(layouts[i]));
            build.transfer(static_cast<std::uint8_t>(i), t);
        }
        result.node.push_back(t);
    }
    for (std::size_t s = 0; s < tree.steps; ++s) {
        const bool last = s + 1 == tree.steps;
        const std::uint8_t t = last ? output : build.add_residual(std::move(layouts[operands + s]));
        result.node.push_back(t);
        build.contract(result.node[tree.left[s]], result.node[tree.right[s]], t);
    }
    return result;
}

}  // namespace xtn
