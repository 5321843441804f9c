// SPDX-License-Identifier: BSD-3-Clause
// A plan: the steps that evaluate one network at given extents and strides. It is a value that can be run, printed,
// asserted and reused; the same structure describes the pullback (pullback.hpp).
//
// The order comes first (order.hpp), then the slices (tiling.hpp), then the layouts of intermediates
// (layout_search.hpp), then the steps.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <xtn/plan/cost.hpp>
#include <xtn/plan/layout.hpp>
#include <xtn/plan/layout_search.hpp>
#include <xtn/plan/lowering.hpp>
#include <xtn/plan/order.hpp>
#include <xtn/plan/region.hpp>
#include <xtn/plan/tiling.hpp>

namespace xtn {

/// Where a tensor of a plan lives: a base pointer that the caller supplies, an offset in elements, and how far the next
/// slice is.
struct place {
    std::uint8_t base = 0;
    std::int64_t offset = 0, advance = 0;
};

/// The base pointers of a network with n operands, by number: operand 0 .. n-1, then these. `value` is the output of a
/// plan and the cotangent of its pullback.
struct bases {
    std::size_t operands;
    constexpr std::uint8_t value() const { return static_cast<std::uint8_t>(operands); }
    constexpr std::uint8_t workspace() const { return static_cast<std::uint8_t>(operands + 1); }
    constexpr std::uint8_t residual() const { return static_cast<std::uint8_t>(operands + 2); }
    /// The cotangent of operand i in a pullback; in a pushforward its tangent, and with i = n that of the output.
    constexpr std::uint8_t gradient(std::size_t i) const { return static_cast<std::uint8_t>(operands + 3 + i); }
    constexpr std::uint8_t tangent(std::size_t i) const { return gradient(i); }
    static constexpr std::size_t most = 2 * max_operands + 4;
};

/// What backend::run() carries out: tensors with their places and layouts, and the steps in order.
struct plan {
    /// A tensor of the plan: place, layout (of one slice), and whether it depends on the label that is cut.
    struct tensor {
        xtn::place place;
        xtn::layout layout;
        bool batched = false;
    };

    xtn::problem problem;  ///< its extents are those of one slice
    contraction_tree tree;
    xtn::tiling tiling;
    std::vector<tensor> tensors;      ///< operands, output, then intermediates and copies
    std::vector<step> before;         ///< run once, first; the numbers in a step are indices into `tensors`
    std::vector<step> steps;          ///< run for every slice, or once where nothing is cut
    std::vector<step> last;           ///< `steps` for the last slice, if that is shorter
    std::vector<step> after;          ///< run once, at the end
    std::vector<std::uint16_t> node;  ///< tensor that holds operand or tree node i once its private labels are summed
    std::int64_t residual_size = 0;   ///< elements of intermediates, which a pullback may read again
    std::int64_t workspace_size = 0;  ///< elements of copies and cotangents, dead after the run

    double flops() const {
        const double slices =
            tiling.is_cut() ? static_cast<double>(tiling.extent) / static_cast<double>(tiling.rows) : 1;
        return sum([](const step& s) { return s.flops(); }, slices);
    }
    double seconds() const {
        return sum([](const step& s) { return s.seconds; }, static_cast<double>(tiling.tiles()));
    }
    /// Elements moved by copies: transfers that neither sum nor are the whole plan.
    double copied_elements() const {
        const bool is_copy = problem.net.operands == 1;
        return sum(
            [&](const step& s) { return s.kind == kernel::transfer && s.sum_loops == 0 && !is_copy ? s.volume() : 0; },
            static_cast<double>(tiling.tiles()));
    }
    xtn::bases bases() const { return {problem.net.operands}; }

private:
    template <class F>
    double sum(const F& of, double slices) const {
        double once = 0, sliced = 0;
        for (const step& s : before) once += of(s);
        for (const step& s : after) once += of(s);
        for (const step& s : steps) sliced += of(s);
        return once + slices * sliced;
    }
};

/// Whether the intermediates of a forward plan stay for its pullback, which makes them again otherwise.
enum class residuals : std::uint8_t { keep, recompute };

namespace detail {

/// Builds the steps of a plan or pullback: places for temporaries, contractions with the copies they need, and which
/// steps run once and which for every slice.
class plan_builder {
public:
    plan_builder(plan& target, const cost_model& model, residuals kept)
        : plan_(target), model_(model), kept_(kept), written_(target.tensors.size(), phase::before) {}

    std::uint16_t add(place where, layout l, bool batched) {
        if (plan_.tensors.size() > UINT16_MAX) throw error("a plan has too many tensors");
        plan_.tensors.push_back({where, std::move(l), batched});
        written_.push_back(phase::before);
        return static_cast<std::uint16_t>(plan_.tensors.size() - 1);
    }
    std::uint16_t add_residual(layout l, bool batched) {
        return add_in(residual_, plan_.bases().residual(), std::move(l), batched);
    }
    std::uint16_t add_workspace(layout l, bool batched) {
        return add_in(workspace_, plan_.bases().workspace(), std::move(l), batched);
    }
    /// A temporary is not read any more in this slice.
    void release(std::uint16_t t) {
        const plan::tensor& x = plan_.tensors[t];
        const bool in_slice = x.batched || !plan_.tiling.is_cut();
        const bases base = plan_.bases();
        if (!in_slice) return;
        if (x.place.base == base.workspace()) workspace_.slice.release(x.place.offset);
        if (x.place.base == base.residual()) residual_.slice.release(x.place.offset);
    }

    /// C = A, or C += A.
    void transfer(std::uint16_t a, std::uint16_t c, bool add = false) {
        emit(lower_transfer(layout_of(a), layout_of(c), plan_.problem.extent, model_), a, a, c, add);
    }
    /// C = A B, or C += A B.
    void contract(std::uint16_t a, std::uint16_t b, std::uint16_t c, bool add = false) {
        std::array<std::uint16_t, 3> used{a, b, c};
        const std::array<double, 3> weight{share(a), share(b), share(c)};
        lowering l = lower_contraction(layout_of(a), layout_of(b), layout_of(c), plan_.problem.extent, model_, weight);
        for (std::size_t t = 0; t < 3; ++t)
            if (l.copied[t]) used[t] = add_workspace(std::move(l.copy[t]), plan_.tensors[used[t]].batched);
        if (l.copied[tensor_a]) transfer(a, used[tensor_a]);
        if (l.copied[tensor_b]) transfer(b, used[tensor_b]);
        const bool copied_back = l.copied[tensor_c];
        emit(std::move(l.main), used[tensor_a], used[tensor_b], used[tensor_c], add && !copied_back);
        if (copied_back) transfer(used[tensor_c], c, add);
        for (std::size_t t = 0; t < 3; ++t)
            if (l.copied[t]) release(used[t]);
    }

    /// Settles where temporaries lie, and the steps of a shorter last slice.
    void finish() {
        const std::int64_t tiles = plan_.tiling.tiles();
        const bool all_slices = kept_ == residuals::keep;
        plan_.residual_size += residual_.once.size() + residual_.slice.size() * (all_slices ? tiles : 1);
        plan_.workspace_size = workspace_.once.size() + workspace_.slice.size();
        for (const std::uint16_t t : sliced_) {
            place& where = plan_.tensors[t].place;
            const bool in_residual = where.base == plan_.bases().residual();
            where.offset += (in_residual ? residual_ : workspace_).once.size();
            if (in_residual && all_slices) where.advance = residual_.slice.size();
        }
        if (plan_.tiling.last() == plan_.tiling.rows) return;
        label_extents extent = plan_.problem.extent;
        extent[plan_.tiling.batch] = plan_.tiling.last();
        for (const step& s : plan_.steps) {
            step shorter = s.kind == kernel::transfer
                               ? lower_transfer(layout_of(s.a), layout_of(s.c), extent, model_)
                               : lower_in_place(layout_of(s.a), layout_of(s.b), layout_of(s.c), extent, model_);
            shorter.a = s.a;
            shorter.b = s.b;
            shorter.c = s.c;
            shorter.add = s.add;
            plan_.last.push_back(std::move(shorter));
        }
    }

private:
    enum class phase : std::uint8_t { before, slice, after };
    struct memory {
        region once, slice;
    };

    const layout& layout_of(std::uint16_t t) const { return plan_.tensors[t].layout; }
    /// The part of a run in which the tensor is made.
    double share(std::uint16_t t) const {
        return plan_.tensors[t].batched ? 1 : 1 / static_cast<double>(plan_.tiling.tiles());
    }

    std::uint16_t add_in(memory& m, std::uint8_t base, layout l, bool batched) {
        const bool sliced = batched || !plan_.tiling.is_cut();
        const std::int64_t offset = (sliced ? m.slice : m.once).take(l.volume(plan_.problem.extent));
        const std::uint16_t t = add({base, offset}, std::move(l), batched);
        if (sliced) sliced_.push_back(t);
        return t;
    }

    void emit(step s, std::uint16_t a, std::uint16_t b, std::uint16_t c, bool add) {
        const auto batched = [&](std::uint16_t t) { return plan_.tensors[t].batched; };
        phase when = phase::slice;
        if (plan_.tiling.is_cut() && !batched(a) && !batched(b) && !batched(c))
            when = std::max(written_[a], written_[b]) == phase::before ? phase::before : phase::after;
        s.a = a;
        s.b = b;
        s.c = c;
        s.add = add;
        written_[c] = std::max(written_[c], when);
        (when == phase::before  ? plan_.before
         : when == phase::slice ? plan_.steps
                                : plan_.after)
            .push_back(std::move(s));
    }

    plan& plan_;
    const cost_model& model_;
    residuals kept_;
    std::vector<phase> written_;
    std::vector<std::uint16_t> sliced_;  ///< temporaries of a slice
    memory residual_, workspace_;
};

/// How far the next slice of a tensor is.
inline std::int64_t slice_stride(const layout& l, const tiling& t) {
    for (const layout::axis& a : l.axes)
        if (t.is_cut() && a.label == t.batch) return t.rows * a.stride;
    return 0;
}

}  // namespace detail

namespace detail {

/// Adds the operands and the output of a problem to a plan.
inline void add_ends(plan& p, plan_builder& build, const std::vector<label_set>& labels) {
    const std::size_t operands = p.problem.net.operands;
    for (std::size_t i = 0; i <= operands; ++i) {
        const layout& l = p.problem.tensors[i];
        const label_set set = i < operands ? labels[i] : p.problem.output().set();
        build.add({static_cast<std::uint8_t>(i), 0, slice_stride(l, p.tiling)}, l, p.tiling.cuts(set));
    }
}

/// Whether the memory of an intermediate is free once it was used.
enum class intermediates : std::uint8_t { stay, go };

/// Adds the steps along the tree: all of them or, for a pullback that makes the intermediates again, all but the root's.
inline void add_forward(plan& p, plan_builder& build, std::vector<layout> layouts, const std::vector<label_set>& labels,
                        bool with_root, intermediates after_use) {
    const std::size_t operands = p.problem.net.operands;
    for (std::size_t i = 0; i < operands; ++i) {
        auto t = static_cast<std::uint16_t>(i);
        if (layouts[i] != p.problem.tensors[i]) {
            t = build.add_residual(std::move(layouts[i]), p.tiling.cuts(labels[i]));
            build.transfer(static_cast<std::uint16_t>(i), t);
        }
        p.node.push_back(t);
    }
    for (std::size_t s = 0; s < p.tree.steps; ++s) {
        const std::size_t v = operands + s;
        const bool root = s + 1 == p.tree.steps;
        if (root && !with_root) return;
        const std::uint16_t t = root ? static_cast<std::uint16_t>(operands)
                                     : build.add_residual(std::move(layouts[v]), p.tiling.cuts(labels[v]));
        p.node.push_back(t);
        build.contract(p.node[p.tree.left[s]], p.node[p.tree.right[s]], t);
        if (after_use == intermediates::go)
            for (const std::uint8_t child : {p.tree.left[s], p.tree.right[s]}) build.release(p.node[child]);
    }
}

}  // namespace detail

/// Plans a network in normal form along a given order.
inline plan make_plan(problem p, const contraction_tree& tree, const cost_model& model,
                      residuals kept = residuals::keep) {
    plan result;
    result.problem = std::move(p);
    result.tree = tree;
    problem& q = result.problem;
    result.tiling = choose_tiling(q, tree, model);
    if (result.tiling.is_cut()) q.extent[result.tiling.batch] = result.tiling.rows;
    const std::vector<label_set> labels = detail::node_labels(q, tree);
    detail::plan_builder build(result, model, kept);
    detail::add_ends(result, build, labels);
    if (q.net.operands == 1) {
        result.node = {0};
        build.transfer(0, 1);
    } else {
        detail::add_forward(result, build, detail::layout_search(q, tree, model, result.tiling, labels).best(), labels,
                            true, kept == residuals::keep ? detail::intermediates::stay : detail::intermediates::go);
    }
    build.finish();
    return result;
}

}  // namespace xtn
