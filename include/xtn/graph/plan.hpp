// SPDX-License-Identifier: BSD-3-Clause
// A plan: how one network is contracted along one order, for operands with given strides. It knows every step, where what it
// makes lies, and so the bytes that a run takes, to the last one. Made by make_plan() (planner.hpp), run by execution
// (run.hpp).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <xtn/core/extents.hpp>
#include <xtn/graph/memory.hpp>
#include <xtn/graph/network.hpp>
#include <xtn/graph/order.hpp>
#include <xtn/plan/plan.hpp>

namespace xtn::graph {

/// What a plan is made for.
struct plan_options {
    cost_model model{};
    std::vector<std::size_t> changing{};  ///< tensors that change between runs; none means all of them
    bool keep_all = false;                ///< every slice keeps what it makes until its end, for gradients
    bool separate_slices = false;         ///< slices make results of their own even where they are not summed
};

/// Where a tensor lies during a run.
struct spot {
    enum class space : std::uint8_t { operand, constant, kept, work, result };
    space in = space::operand;
    std::int64_t offset = 0;  ///< elements; of an operand, its number
};

/// One pairwise contraction of a plan, or the sum of one tensor (a == b).
struct pair_step {
    std::uint32_t a = 0, b = 0, c = 0;  ///< nodes of the tree
    xtn::plan how;
    std::int64_t scratch = 0;  ///< where its copies lie in the work space
};

/// What a run of one network does.
struct plan {
    graph::network net;
    graph::order order;              ///< without labels of extent 1 among the sliced ones
    std::vector<geometry> operands;  ///< as they were given
    std::int64_t slices = 1;
    bool sums_slices = false;  ///< each slice makes a result of its own, which is added to the output
    geometry output;           ///< the whole, row-major
    geometry slice_output;     ///< extents of a slice's result, and the strides it is written with
    geometry output_part;      ///< the part of the output that it belongs to
    std::array<std::vector<pair_step>, 3> steps;  ///< by phase, in the order in which they run
    std::vector<spot> where;                      ///< each node of the tree
    std::vector<std::int64_t> volume;             ///< elements of each node, for one slice
    std::int64_t constant_size = 0;               ///< elements that stay for all runs
    std::int64_t kept_size = 0;                   ///< elements that stay for one run
    std::int64_t work_size = 0;                   ///< elements that each worker takes

    std::uint32_t root() const { return static_cast<std::uint32_t>(order.tree.nodes() - 1); }
    std::int64_t result_size() const { return sums_slices ? slice_output.volume() : 0; }
    /// Elements that a run takes beyond operands and output.
    std::int64_t peak(std::size_t workers = 1) const {
        const std::int64_t used = std::min(static_cast<std::int64_t>(workers), slices);
        return constant_size + kept_size + used * (work_size + result_size());
    }
    /// How far the slice with this number is from the first, in a tensor of this geometry and these labels.
    std::int64_t slice_offset(std::int64_t slice, std::span<const label_id> axes, const geometry& g) const {
        std::int64_t offset = 0;
        for (std::size_t k = order.sliced.size(); k-- > 0;) {
            const label_id l = order.sliced[k];
            const std::int64_t value = slice % net.extent(l);
            slice /= net.extent(l);
            for (std::size_t axis = 0; axis < axes.size(); ++axis)
                if (axes[axis] == l) offset += value * g.stride[axis];
        }
        return offset;
    }
    /// Seconds that the cost model expects of a run.
    double seconds() const {
        return sum([](const pair_step& s) { return s.how.seconds(); });
    }
    /// Scalar multiplications of a run.
    double multiplications() const {
        return sum([](const pair_step& s) { return s.how.flops() / 2; });
    }

private:
    template <class F>
    double sum(F of) const {
        double once = 0, sliced = 0;
        for (const pair_step& s : steps[detail::each_run]) once += of(s);
        for (const pair_step& s : steps[detail::each_slice]) sliced += of(s);
        return once + static_cast<double>(slices) * sliced;
    }
};

}  // namespace xtn::graph
