// SPDX-License-Identifier: BSD-3-Clause
// A plan: the steps that evaluate one network at given extents and strides. It is a value that can be run, printed,
// asserted and reused; the same structure describes the pullback (pullback.hpp).
//
// The order comes first (order.hpp), then the layouts of intermediates (layout_search.hpp), then the steps.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <xtn/plan/cost.hpp>
#include <xtn/plan/layout.hpp>
#include <xtn/plan/layout_search.hpp>
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
