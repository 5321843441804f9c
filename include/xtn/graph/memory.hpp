// SPDX-License-Identifier: BSD-3-Clause
// How much memory a tree takes: which of two children comes first, and the peak that follows. Operands and the result
// belong to the caller; counted are the tensors that steps make and later steps read.
//
// A run has phases: what depends on nothing that changes is made once and kept; what depends on changing tensors, but on no
// slice, is made once for each run and kept until its end; the rest is made for every slice. Within a phase
//
//     need(i) = max(need(first), |first| + need(second), |first| + |second| + |i|),
//
// and the child that needs more beyond its result comes first, which is optimal among the orders that finish one
// subtree before they begin the next (Liu, SIAM J. Algebraic Discrete Methods 8, 375, 1987).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <xtn/graph/problem.hpp>

namespace xtn::graph::detail {

/// When a step is run: once for all runs, once for each run, for every slice.
enum phase : std::uint8_t { once, each_run, each_slice };

/// The phase of a step that depends on these (bits of `dependence`).
constexpr phase phase_of(std::uint8_t depends) {
    return (depends & on_slices) != 0 ? each_slice : (depends & on_changing) != 0 ? each_run : once;
}

/// The memory of a tree, in the unit of the sizes.
struct footprint {
    double kept = 0;                ///< what stays from one phase to the next
    std::array<double, 3> phase{};  ///< beyond that, what each phase takes
    double total(std::size_t workers) const {
        return kept + std::max({phase[once], phase[each_run], phase[each_slice] * static_cast<double>(workers)});
    }
};

/// Computes a footprint node by node, children first.
class footprint_builder {
public:
    explicit footprint_builder(std::size_t nodes) : size_(nodes, 0), need_(nodes, 0), depends_(nodes, 0) {}

    void leaf(std::size_t i, std::uint8_t depends) { depends_[i] = depends; }
    /// Node i of this size is made from l and r, and needs `scratch` more meanwhile. Returns whether r is to be made first.
    bool join(std::size_t i, std::size_t l, std::size_t r, double size, double scratch) {
        depends_[i] = depends_[l] | depends_[r];
        keep_if_other_phase(l, depends_[i]);
        keep_if_other_phase(r, depends_[i]);
        const bool swap = need_[r] - size_[r] > need_[l] - size_[l];
        if (swap) std::swap(l, r);
        size_[i] = size;
        need_[i] = std::max({need_[l], size_[l] + need_[r], size_[l] + size_[r] + size + scratch});
        return swap;
    }
    /// The footprint of the tree with this root, whose result is the caller's.
    footprint finish(std::size_t root) {
        double& peak = result_.phase[phase_of(depends_[root])];
        peak = std::max(peak, need_[root] - size_[root]);
        return result_;
    }

private:
    void keep_if_other_phase(std::size_t child, std::uint8_t depends) {
        if (phase_of(depends_[child]) == phase_of(depends)) return;
        double& peak = result_.phase[phase_of(depends_[child])];
        peak = std::max(peak, need_[child] - size_[child]);
        result_.kept += size_[child];
        size_[child] = need_[child] = 0;
    }

    std::vector<double> size_, need_;
    std::vector<std::uint8_t> depends_;
    footprint result_;
};

/// The footprint in elements of a tree whose nodes are numbered, children first.
template <class Tree>
footprint footprint_of(const Tree& t) {
    footprint_builder build(t.nodes());
    for (std::uint32_t i = 0; i < t.leaves(); ++i) build.leaf(i, t.depends(i));
    for (const std::uint32_t i : t.internal_nodes()) build.join(i, t.left(i), t.right(i), t.volume(i), 0);
    return build.finish(t.root());
}

}  // namespace xtn::graph::detail
