// SPDX-License-Identifier: BSD-3-Clause
// The derivative of a network along given directions of its operands (forward mode, JVP): a sum of networks, made as one
// sweep along the forward tree. For a step C = A B with tangents A' and B',
//
//     C' = A' B + A B',
//
// so value and tangent together cost at most three forwards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <xtn/plan/plan.hpp>

namespace xtn {

/// Plans value and tangent of the output. `directions` has a bit for each operand with a tangent, which is read from base
/// tangent(i), laid out as operand i; the results go to the bases value() and tangent(operands), laid out as the output.
inline plan make_pushforward(const plan& forward, label_set directions, const cost_model& model) {
    plan p;
    p.problem = forward.problem;
    p.tree = forward.tree;
    p.tiling = forward.tiling;
    const std::size_t operands = p.problem.net.operands;
    const std::vector<label_set> labels = detail::node_labels(p.problem, p.tree);
    detail::plan_builder build(p, model, residuals::recompute);
    detail::add_ends(p, build, labels);
    const auto add_tangent = [&](std::size_t i) {  // of operand i, or of the output
        const plan::tensor x = p.tensors[i];
        return build.add({p.bases().tangent(i), x.place.offset, x.place.advance}, x.layout, x.batched);
    };
    std::vector<std::optional<std::uint16_t>> tangent(operands + p.tree.steps);
    for (std::size_t i = 0; i < operands; ++i)
        if (contains(directions, static_cast<label>(i))) tangent[i] = add_tangent(i);
    const std::uint16_t result = add_tangent(operands);
    if (operands == 1) {
        build.transfer(0, 1);
        if (tangent[0]) build.transfer(*tangent[0], result);
        return p;
    }

    std::vector<layout> layouts;
    for (const std::uint16_t t : forward.node) layouts.push_back(forward.tensors[t].layout);
    detail::add_forward(p, build, layouts, labels, true, detail::intermediates::stay);
    for (std::size_t i = 0; i < operands; ++i)
        if (tangent[i] && p.node[i] != i) {  // private labels are summed
            const std::uint16_t summed = build.add_workspace(layouts[i], p.tiling.cuts(labels[i]));
            build.transfer(*tangent[i], summed);
            tangent[i] = summed;
        }
    for (std::size_t s = 0; s < p.tree.steps; ++s) {
        const std::size_t v = operands + s, l = p.tree.left[s], r = p.tree.right[s];
        if (!tangent[l] && !tangent[r]) continue;
        tangent[v] = s + 1 == p.tree.steps ? result : build.add_workspace(layouts[v], p.tiling.cuts(labels[v]));
        if (tangent[l]) build.contract(*tangent[l], p.node[r], *tangent[v]);
        if (tangent[r]) build.contract(p.node[l], *tangent[r], *tangent[v], tangent[l].has_value());
    }
    build.finish();
    return p;
}

}  // namespace xtn
