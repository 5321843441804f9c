// SPDX-License-Identifier: BSD-3-Clause
// Networks and plans as Graphviz pictures: `dot -Tsvg`. A network is drawn as a tensor diagram, tensors as boxes, a label
// that two of them share as a line, open labels as loose ends, a label of three or more as a dot where the lines meet. A
// plan is drawn as its tree.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <xtn/core/network.hpp>
#include <xtn/plan/plan.hpp>

namespace xtn {

/// The tensor diagram of a network.
inline std::string to_dot(const network& net) {
    std::string text = "graph network {\n  label=\"" + to_string(net) + "\";\n  node [shape=box];\n";
    for (std::size_t i = 0; i < net.operands; ++i)
        text += "  t" + std::to_string(i) + " [label=\"" + std::to_string(i) + "\"];\n";
    for (std::size_t l = 0; l < net.labels; ++l) {
        std::vector<std::string> ends;
        for (std::size_t i = 0; i < net.operands; ++i)
            for (const label a : net.operand[i])
                if (a == l) ends.push_back("t" + std::to_string(i));
        const std::string number = std::to_string(l), named = " [label=\"" + std::string(1, net.name[l]) + "\"];\n";
        if (contains(net.output.set(), static_cast<label>(l))) {
            text += "  o" + number + " [shape=none, label=\"\"];\n";
            ends.push_back("o" + number);
        }
        if (ends.size() == 2) {
            text += "  " + ends[0] + " -- " + ends[1] + named;
            continue;
        }
        text += "  d" + number + " [shape=point];\n";
        for (std::size_t i = 0; i < ends.size(); ++i)
            text += "  " + ends[i] + " -- d" + number + (i == 0 ? named : ";\n");
    }
    return text + "}\n";
}

/// The tree of a plan: leaves are operands, inner nodes the intermediates with their labels and volumes.
inline std::string to_dot(const plan& p) {
    const network& net = p.problem.net;
    const auto number = [](std::size_t v) { return "n" + std::to_string(v); };
    std::string text = "digraph plan {\n  rankdir=BT;\n  label=\"" + to_string(net) + "\";\n  node [shape=box];\n";
    for (std::size_t v = 0; v < p.node.size(); ++v) {
        const plan::tensor& t = p.tensors[p.node[v]];
        text += "  " + number(v) + " [label=\"" + (v < net.operands ? std::to_string(v) + ": " : "") +
                p.problem.name(t.layout) + "\\n" + std::to_string(t.layout.volume(p.problem.extent)) + "\"" +
                (t.batched ? ", style=bold" : "") + "];\n";
    }
    for (std::size_t s = 0; s < p.tree.steps; ++s)
        for (const std::size_t child : {std::size_t{p.tree.left[s]}, std::size_t{p.tree.right[s]}})
            text += "  " + number(child) + " -> " + number(net.operands + s) + ";\n";
    return text + "}\n";
}

}  // namespace xtn
