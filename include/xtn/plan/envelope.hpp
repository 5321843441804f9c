// SPDX-License-Identifier: BSD-3-Clause
// The envelope of a network with one open extent, the batch: the orders that are best for some number of rows, each with
// its cost first + per_row * (rows - 1). "Reconstruct the matrix, then one product" is simply the tree with the smallest
// per-row cost; a run picks its tree by comparing the batch with a few constants.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <xtn/plan/order.hpp>

namespace xtn {

/// The best contraction orders as a function of one extent, each from some number of rows on.
struct envelope {
    static constexpr std::size_t capacity = 16;

    /// An order and its cost in seconds; the tree's own seconds and flops are those of one row.
    struct piece {
        cost_line cost;
        contraction_tree tree;
    };

    std::array<piece, capacity> pieces{};  ///< by rising number of rows
    std::size_t size = 0;  ///< 0: the network has too many operands, or too many orders are best somewhere

    constexpr bool empty() const { return size == 0; }

    /// The first number of rows, not necessarily whole, from which piece i is the best.
    constexpr double from(std::size_t i) const { return i == 0 ? 1 : pieces[i - 1].cost.crosses(pieces[i].cost); }

    /// The best order for so many rows.
    constexpr const contraction_tree& best(std::int64_t rows) const {
        std::size_t i = size - 1;
        while (i > 0 && static_cast<double>(rows) < from(i)) --i;
        return pieces[i].tree;
    }
};

/// The envelope over the extent of `batch`, whose entry in `extent` is not used. Empty where the search does not reach:
/// more than 8 operands, or a table that is full.
constexpr envelope batch_envelope(const network& net, label_extents extent, label batch, const cost_model& model = {},
                                  label_set gradients = 0) {
    envelope result;
    if (net.operands > max_exact_operands) return result;
    extent[batch] = 1;
    const detail::network_sets sets(net);
    const detail::volumes volume(extent, net.labels);
    const detail::subset_search<envelope::capacity> search(sets, volume, model, only(batch), gradients);
    if (!search.complete()) return result;
    for (std::size_t i = 0; i < search.size(); ++i)
        result.pieces[result.size++] = {search.cost(i), search.tree(i, volume, only(batch), 1)};
    return result;
}

}  // namespace xtn
