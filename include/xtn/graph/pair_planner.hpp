// SPDX-License-Identifier: BSD-3-Clause
// One step of an order as a network of its own, which plan/ plans: labels get small numbers, extents of 1 are gone by then.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <xtn/core/error.hpp>
#include <xtn/core/extents.hpp>
#include <xtn/graph/network.hpp>
#include <xtn/graph/node_labels.hpp>
#include <xtn/plan/plan.hpp>

namespace xtn::graph::detail {

/// A tensor of a step: its axes and how it lies.
struct placed_tensor {
    label_list axes;
    geometry shape;
};

/// Plans single steps of a network.
class pair_planner {
public:
    pair_planner(const network& net, const cost_model& model) : net_(net), model_(model) {}

    /// C = A B, or C = A summed and permuted where there is one operand.
    xtn::plan operator()(const std::vector<placed_tensor>& operands, const placed_tensor& made) const {
        xtn::network step;
        label_list known;
        label_extents extent{};
        const auto number = [&](label_id l) {
            const auto at = std::find(known.begin(), known.end(), l);
            const auto i = static_cast<std::size_t>(at - known.begin());
            if (at == known.end()) {
                if (known.size() == max_labels)
                    throw error("a step of this order joins more than " + std::to_string(max_labels) +
                                " labels with extents above 1, more than any memory holds; search for another order");
                known.push_back(l);
                extent[i] = net_.extent(l);
                step.name[i] = static_cast<char>('a' + i % 26);
            }
            return static_cast<xtn::label>(i);
        };
        std::array<geometry, 2> shapes;
        for (std::size_t i = 0; i < operands.size(); ++i) {
            for (const label_id l : operands[i].axes) step.operand[i].push_back(number(l));
            shapes[i] = operands[i].shape;
        }
        for (const label_id l : made.axes) step.output.push_back(number(l));
        step.operands = static_cast<std::uint8_t>(operands.size());
        step.labels = static_cast<std::uint8_t>(known.size());
        contraction_tree tree;
        if (operands.size() > 1) tree.add(0, 1);
        return xtn::make_plan(xtn::make_problem(step, extent, shapes.data(), made.shape), tree, model_,
                              residuals::recompute);
    }

private:
    const network& net_;
    const cost_model& model_;
};

}  // namespace xtn::graph::detail
