// SPDX-License-Identifier: BSD-3-Clause
// The adjoint of a network, as one reverse sweep over its forward tree. For a step C = A B with cotangent C',
//
//     A' = C' B     and     B' = C' A,
//
// two contractions of the same labels in other roles. Intermediates of the forward plan are read again and cotangents
// of shared subtrees are made once, so forward and backward together cost about three forwards, not operands + 1.
// A cotangent has the layout of its tensor: what was a matrix product without copies forward is one backward.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <xtn/plan/plan.hpp>

namespace xtn {

/// Plans the cotangents of the operands in `needs` (bit i: operand i) from that of the output. The result reads the
/// operands, the cotangent (base `value`) and the forward residuals, and writes base gradient(i), laid out as operand
/// i; where that repeats a label only its diagonal is written. Throws shape_error if an operand in `needs` is broadcast
/// (has a stride of 0): its elements share memory, and so would their gradients.
inline plan make_pullback(const plan& forward, label_set needs, const cost_model& model) {
    plan back{.problem = forward.problem, .tree = forward.tree, .tensors = forward.tensors, .steps = {}, .node = {}};
    detail::plan_builder build(back, model);
    const std::size_t operands = back.problem.net.operands;
    const bases base = back.bases();
    const auto gradient_of = [&](std::size_t i) {
        for (const layout::axis& a : back.problem.tensors[i].axes)
            if (a.stride == 0)
                throw shape_error("pullback of \"" + to_string(back.problem.net) + "\": operand " + std::to_string(i) +
                                  " is broadcast along label '" + back.problem.name(a.label) +
                                  "'; a gradient needs an operand with memory for every element");
        return build.add({base.gradient(i), 0}, back.problem.tensors[i]);
    };
    if (operands == 1) {
        if (contains(needs, 0)) build.transfer(base.value(), gradient_of(0));
        return back;
    }
    std::vector<std::uint8_t> cotangent(operands + back.tree.steps);
    std::vector<bool> needed(operands + back.tree.steps);
    for (std::size_t i = 0; i < operands; ++i) needed[i] = contains(needs, static_cast<label>(i));
    for (std::size_t s = 0; s < back.tree.steps; ++s)
        needed[operands + s] = needed[back.tree.left[s]] || needed[back.tree.right[s]];
    cotangent.back() = base.value();
    for (std::size_t s = back.tree.steps; s-- > 0;) {
        const std::size_t l = back.tree.left[s], r = back.tree.right[s];
        for (const auto& [child, other] : {std::pair{l, r}, std::pair{r, l}}) {
            if (!needed[child]) continue;
            const bool whole = child < operands && forward.node[child] == child;  // no private labels were summed
            cotangent[child] =
                whole ? gradient_of(child) : build.add_workspace(layout(back.tensors[forward.node[child]].layout));
            build.contract(cotangent[operands + s], forward.node[other], cotangent[child]);
            if (child < operands && !whole) build.transfer(cotangent[child], gradient_of(child));
        }
    }
    return back;
}

}  // namespace xtn
