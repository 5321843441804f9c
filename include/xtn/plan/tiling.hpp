// SPDX-License-Identifier: BSD-3-Clause
// Tiling: a plan runs slice by slice along one label that the output keeps (the batch), so that what one step writes is
// still in the cache when the next reads it. What does not depend on the batch is done once, before the first slice or,
// in a pullback, after the last. Tiling also bounds the memory that intermediates take.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <xtn/plan/cost.hpp>
#include <xtn/plan/layout.hpp>
#include <xtn/plan/order.hpp>

namespace xtn {

struct tiling {
    static constexpr label none = max_labels;

    label batch = none;       ///< the label that is cut; none: one slice
    std::int64_t rows = 0;    ///< its extent in a slice
    std::int64_t extent = 0;  ///< its whole extent

    bool is_cut() const { return batch != none; }
    /// Whether a tensor with these labels differs from slice to slice.
    bool cuts(label_set s) const { return is_cut() && contains(s, batch); }
    std::int64_t tiles() const { return is_cut() ? (extent + rows - 1) / rows : 1; }
    std::int64_t last() const { return extent - (tiles() - 1) * rows; }  ///< rows of the last slice
};

namespace detail {

/// The labels of every operand and tree node of a problem, once what only it has is summed.
inline std::vector<label_set> node_labels(const problem& p, const contraction_tree& tree) {
    const std::size_t operands = p.net.operands;
    std::vector<label_set> labels(operands + tree.steps), covered(operands + tree.steps);
    label_set output = p.output().set();
    for (std::size_t i = 0; i < operands; ++i) {
        label_set others = output;
        for (std::size_t j = 0; j < operands; ++j)
            if (j != i) others |= p.tensors[j].set();
        labels[i] = p.tensors[i].set() & others;
        covered[i] = label_set{1} << i;
    }
    for (std::size_t s = 0; s < tree.steps; ++s) {
        const std::size_t v = operands + s, l = tree.left[s], r = tree.right[s];
        covered[v] = covered[l] | covered[r];
        label_set needed = output;
        for (std::size_t i = 0; i < operands; ++i)
            if ((covered[v] >> i & 1) == 0) needed |= labels[i];
        labels[v] = (labels[l] | labels[r]) & needed;
    }
    return labels;
}

inline double volume_of(const problem& p, label_set s) {
    double v = 1;
    for_each_label(s, [&](label l) { v *= static_cast<double>(p.extent[l]); });
    return v;
}

}  // namespace detail

/// The slices that make a plan fastest: along the label of the output that most intermediates carry, as many rows as
/// keep every step in `model.cache` bytes, if the traffic that this saves is worth more than what smaller matrix products
/// cost.
inline tiling choose_tiling(const problem& p, const contraction_tree& tree, const cost_model& model) {
    const std::vector<label_set> labels = detail::node_labels(p, tree);
    const std::size_t operands = p.net.operands;
    const auto bytes = [&](label_set s) { return detail::volume_of(p, s) * model.scalar_bytes; };

    tiling best;
    double carried = 0;
    for (const layout::axis& a : p.output().axes) {
        double volume = 0;
        for (std::size_t v = operands; v + 1 < labels.size(); ++v)
            if (contains(labels[v], a.label)) volume += detail::volume_of(p, labels[v]);
        if (p.extent[a.label] > 1 && volume > carried) {
            carried = volume;
            best = {a.label, p.extent[a.label], p.extent[a.label]};
        }
    }
    if (!best.is_cut()) return {};

    const auto rows = static_cast<double>(best.extent);
    double fitting = rows;
    for (std::size_t s = 0; s < tree.steps; ++s) {
        double fixed = 0, per_row = 0;
        for (const std::size_t v : {std::size_t{tree.left[s]}, std::size_t{tree.right[s]}, operands + s})
            (contains(labels[v], best.batch) ? per_row : fixed) += bytes(labels[v]);
        per_row /= rows;
        if (per_row > 0) fitting = std::min(fitting, (model.cache - std::min(fixed, model.cache / 2)) / per_row);
    }
    best.rows = std::max<std::int64_t>(1, static_cast<std::int64_t>(fitting));
    if (best.rows >= best.extent) return {};
    best.rows = (best.extent + best.tiles() - 1) / best.tiles();  // slices of equal size

    double whole = 0, cut = 0;  // seconds
    const double share = static_cast<double>(best.rows) / rows;
    for (std::size_t s = 0; s < tree.steps; ++s) {
        const label_set a = labels[tree.left[s]], b = labels[tree.right[s]], c = labels[operands + s];
        if (!contains(a | b, best.batch)) continue;
        const auto kernel = [&](double part) {
            const auto volume = [&](label_set l) {
                return detail::volume_of(p, l) * (contains(l, best.batch) ? part : 1);
            };
            return model.kernel(volume(a), volume(b), volume(c), volume(a | b));
        };
        whole += kernel(1);
        cut += kernel(share) / share;
        if (s + 1 < tree.steps && contains(c, best.batch)) whole += 2 * model.move(detail::volume_of(p, c));
    }
    return cut < whole ? best : tiling{};
}

}  // namespace xtn
