// SPDX-License-Identifier: BSD-3-Clause
// Contraction paths in the notation of numpy.einsum_path and opt_einsum: each entry lists positions in the current list
// of tensors; these are removed, contracted from left to right, and the result is appended to the list.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include <xtn/core/error.hpp>
#include <xtn/plan/order.hpp>

namespace xtn {

/// Positions that are contracted, entry by entry; see this file's head.
using contraction_path = std::vector<std::vector<std::size_t>>;

/// The order that a path describes. Throws shape_error where it names a position twice or one that is not there, or
/// leaves more than one tensor.
inline contraction_tree make_tree(const contraction_path& path, std::size_t operands) {
    contraction_tree tree;
    std::vector<std::size_t> tensors(operands);
    for (std::size_t i = 0; i < operands; ++i) tensors[i] = i;
    for (std::size_t e = 0; e < path.size(); ++e) {
        const auto fail = [&](const std::string& what) {
            throw shape_error("contraction path: entry " + std::to_string(e) + " " + what);
        };
        std::vector<std::size_t> taken;
        for (const std::size_t position : path[e]) {
            if (position >= tensors.size())
                fail("names position " + std::to_string(position) + ", but " + std::to_string(tensors.size()) +
                     " tensors are left then");
            if (std::count(path[e].begin(), path[e].end(), position) > 1)
                fail("names position " + std::to_string(position) + " twice");
            taken.push_back(tensors[position]);
        }
        if (taken.empty()) fail("is empty");
        std::size_t result = taken[0];
        for (std::size_t i = 1; i < taken.size(); ++i) {
            tree.add(result, taken[i]);
            result = operands + tree.steps - 1u;
        }
        std::erase_if(tensors, [&](std::size_t t) { return std::find(taken.begin(), taken.end(), t) != taken.end(); });
        tensors.push_back(result);
    }
    if (tensors.size() != 1)
        throw shape_error("contraction path: " + std::to_string(tensors.size()) +
                          " tensors are left at its end instead of one");
    return tree;
}

/// An order as such a path, each entry with its smaller position first.
inline contraction_path make_path(const contraction_tree& tree, std::size_t operands) {
    contraction_path path;
    std::vector<std::size_t> tensors(operands);
    for (std::size_t i = 0; i < operands; ++i) tensors[i] = i;
    for (std::size_t s = 0; s < tree.steps; ++s) {
        const auto position = [&](std::size_t t) {
            return static_cast<std::size_t>(std::find(tensors.begin(), tensors.end(), t) - tensors.begin());
        };
        const auto [first, second] = std::minmax({position(tree.left[s]), position(tree.right[s])});
        path.push_back({first, second});
        tensors.erase(tensors.begin() + static_cast<std::ptrdiff_t>(second));
        tensors.erase(tensors.begin() + static_cast<std::ptrdiff_t>(first));
        tensors.push_back(operands + s);
    }
    return path;
}

}  // namespace xtn
