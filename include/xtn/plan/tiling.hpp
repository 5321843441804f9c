// SPDX-License-Identifier: BSD-3-Clause
// Tiling: a plan runs slice by slice along one label that the output keeps (the batch), so that what one step writes is
// still in the cache when the next reads it. What does not depend on the batch is done once, before the first slice or,
// in a pullback, after the last. Tiling also bounds the memory that intermediates take. What slices have in common, such
// as the gradient of weights, is added slice by slice, a running total as inside a matrix product.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <xtn/plan/cost.hpp>
#include <xtn/plan/layout.hpp>
#include <xtn/plan/order.hpp>

namespace xtn {

/// How a plan is cut along one label into slices.
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

namespace detail {

/// Compares ways to cut one plan.
class tiling_search {
public:
    tiling_search(const problem& p, const contraction_tree& tree, const cost_model& model)
        : problem_(p), tree_(tree), model_(model), labels_(node_labels(p, tree)) {}

    tiling best() const {
        tiling found;
        double least = seconds(found);
        for (const layout::axis& a : problem_.output().axes) {
            const tiling t = fitting(a.label);
            if (!t.is_cut()) continue;
            const double time = seconds(t);
            if (time < least) {
                least = time;
                found = t;
            }
        }
        return found;
    }

private:
    std::size_t operands() const { return problem_.net.operands; }
    bool is_intermediate(std::size_t v) const { return v >= operands() && v + 1 < labels_.size(); }
    double bytes(std::size_t v) const { return volume_of(problem_, labels_[v]) * model_.scalar_bytes; }
    std::array<std::size_t, 3> nodes_of(std::size_t s) const { return {tree_.left[s], tree_.right[s], operands() + s}; }

    /// As many rows as keep what each step touches in the cache, in slices of equal size. No cut if all rows do, or if no
    /// intermediate carries the label.
    tiling fitting(label batch) const {
        tiling t{batch, problem_.extent[batch], problem_.extent[batch]};
        double rows = static_cast<double>(t.extent);
        bool carried = false;
        for (std::size_t s = 0; s < tree_.steps; ++s) {
            double once = 0, sliced = 0;
            for (const std::size_t v : nodes_of(s)) {
                (t.cuts(labels_[v]) ? sliced : once) += bytes(v);
                carried = carried || (is_intermediate(v) && t.cuts(labels_[v]));
            }
            const double room = model_.cache - std::min(once, model_.cache / 2);
            if (sliced > 0) rows = std::min(rows, room / sliced * static_cast<double>(t.extent));
        }
        t.rows = std::max<std::int64_t>(1, static_cast<std::int64_t>(rows));
        if (!carried || t.rows >= t.extent) return {};
        t.rows = (t.extent + t.tiles() - 1) / t.tiles();
        return t;
    }

    /// Predicted time: the kernels, and what has to come from beyond the cache and go there.
    double seconds(const tiling& t) const {
        const double tiles = static_cast<double>(t.tiles());
        const double share = t.is_cut() ? static_cast<double>(t.rows) / static_cast<double>(t.extent) : 1;
        double total = 0;
        for (std::size_t s = 0; s < tree_.steps; ++s) {
            const auto [a, b, c] = nodes_of(s);
            const bool sliced = t.cuts(labels_[a] | labels_[b]);
            const auto volume = [&](label_set l) { return volume_of(problem_, l) * (t.cuts(l) ? share : 1); };
            total += (sliced ? tiles : 1) * model_.kernel(volume(labels_[a]), volume(labels_[b]), volume(labels_[c]),
                                                          volume(labels_[a] | labels_[b]));
            for (const std::size_t v : {a, b, c}) {
                const double whole = bytes(v), moved = model_.move(volume_of(problem_, labels_[v]));
                if (t.cuts(labels_[v]))
                    total += is_intermediate(v) && share * whole <= model_.cache ? 0 : moved;
                else if (whole > model_.cache / 2)
                    total += sliced ? tiles * moved : moved;
                else
                    total += is_intermediate(v) ? 0 : moved;
            }
        }
        return total;
    }

    const problem& problem_;
    const contraction_tree& tree_;
    const cost_model& model_;
    std::vector<label_set> labels_;
};

}  // namespace detail

/// The slices that make a plan fastest: along the label, and of the number of rows, for which the cost model predicts the
/// shortest time; none if it is fastest in one piece.
inline tiling choose_tiling(const problem& p, const contraction_tree& tree, const cost_model& model) {
    return detail::tiling_search(p, tree, model).best();
}

}  // namespace xtn
