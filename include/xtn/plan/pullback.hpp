// SPDX-License-Identifier: BSD-3-Clause
// The adjoint of a network, as one reverse sweep over its forward tree. For a step C = A B with cotangent C',
//
//     A' = C' B     and     B' = C' A,
//
// two contractions of the same labels in other roles. Intermediates of the forward plan are read again and cotangents
// of shared subtrees are made once, so forward and backward together cost about three forwards, not operands + 1.
// A cotangent has the layout of its tensor: what was a matrix product without copies forward is one backward.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <xtn/plan/plan.hpp>

namespace xtn {

/// Plans the cotangents of the operands in `needs` (bit i: operand i) from that of the output. The result reads the
/// operands, the cotangent (base `value`) and the residuals of the forward plan, or with residuals::recompute makes those
/// again, slice by slice; it writes base gradient(i), laid out as operand i; where that repeats a label only its diagonal
/// is written. Throws shape_error if an operand in `needs` is broadcast (has a stride of 0): its elements share memory,
/// and so would their gradients.
inline plan make_pullback(const plan& forward, label_set needs, const cost_model& model,
                          residuals kept = residuals::keep) {
    plan back;
    back.problem = forward.problem;
    back.tree = forward.tree;
    back.tiling = forward.tiling;
    const std::size_t operands = back.problem.net.operands, steps = back.tree.steps;
    const bases base = back.bases();
    if (kept == residuals::keep) {
        back.tensors = forward.tensors;
        back.node = forward.node;
    }
    detail::plan_builder build(back, model, residuals::recompute);
    if (kept == residuals::recompute) {
        const std::vector<label_set> labels = detail::node_labels(back.problem, back.tree);
        std::vector<layout> layouts;
        for (const std::uint16_t t : forward.node) layouts.push_back(forward.tensors[t].layout);
        detail::add_ends(back, build, labels);
        if (operands > 1)
            detail::add_forward(back, build, std::move(layouts), labels, false, detail::intermediates::stay);
    }
    const auto gradient_of = [&](std::size_t i) {
        const layout& l = back.problem.tensors[i];
        for (const layout::axis& a : l.axes)
            if (a.stride == 0)
                throw shape_error("pullback of \"" + to_string(back.problem.net) + "\": operand " + std::to_string(i) +
                                  " is broadcast along label '" + back.problem.name(a.label) +
                                  "'; a gradient needs an operand with memory for every element");
        return build.add({base.gradient(i), 0, detail::slice_stride(l, back.tiling)}, l, back.tensors[i].batched);
    };
    if (operands == 1) {
        if (contains(needs, 0)) build.transfer(base.value(), gradient_of(0));
        return back;
    }
    std::vector<std::uint16_t> cotangent(operands + steps);
    std::vector<bool> needed(operands + steps);
    for (std::size_t i = 0; i < operands; ++i) needed[i] = contains(needs, static_cast<label>(i));
    for (std::size_t s = 0; s < steps; ++s)
        needed[operands + s] = needed[back.tree.left[s]] || needed[back.tree.right[s]];
    cotangent.back() = base.value();
    for (std::size_t s = steps; s-- > 0;) {
        if (!needed[operands + s]) continue;
        const std::size_t l = back.tree.left[s], r = back.tree.right[s];
        for (const auto& [child, other] : {std::pair{l, r}, std::pair{r, l}}) {
            if (!needed[child]) continue;
            const plan::tensor& value = back.tensors[back.node[child]];
            const bool whole = child < operands && back.node[child] == child;  // no private labels were summed
            cotangent[child] = whole ? gradient_of(child) : build.add_workspace(layout(value.layout), value.batched);
            build.contract(cotangent[operands + s], back.node[other], cotangent[child]);
            if (child < operands && !whole) {
                build.transfer(cotangent[child], gradient_of(child));
                build.release(cotangent[child]);
            }
        }
        if (s + 1 < steps) build.release(cotangent[operands + s]);
    }
    build.finish();
    return back;
}

}  // namespace xtn
