// SPDX-License-Identifier: BSD-3-Clause
// Makes plans. Each step is a contraction of two tensors, planned by plan/plan.hpp. The axes of what it makes are put so that
// this step and the one that reads it copy least: labels that vanish later stand further outside, all of them or group by
// group as the factors of the product have them, whichever the cost model holds to be faster. Extents of 1 and sliced
// labels are left out.
#pragma once

#include <algorithm>
#include <array>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <xtn/core/error.hpp>
#include <xtn/core/extents.hpp>
#include <xtn/graph/memory.hpp>
#include <xtn/graph/node_labels.hpp>
#include <xtn/graph/order.hpp>
#include <xtn/graph/pair_planner.hpp>
#include <xtn/graph/plan.hpp>
#include <xtn/plan/region.hpp>

namespace xtn::graph {

namespace detail {

/// Makes one plan.
class planner {
public:
    planner(const network& net, order o, std::span<const geometry> operands, const plan_options& options)
        : net_(net), options_(options), pairs_(net, options.model) {
        plan_.net = net;
        plan_.order = std::move(o);
        plan_.operands.assign(operands.begin(), operands.end());
        check();
        std::erase_if(plan_.order.sliced, [&](label_id l) { return net_.extent(l) < 2; });
        labels_.emplace(net_, plan_.order.tree, plan_.order.sliced);
        plan_.sums_slices = options_.separate_slices && !plan_.order.sliced.empty();
        for (const label_id l : plan_.order.sliced) {
            plan_.slices *= net_.extent(l);
            plan_.sums_slices = plan_.sums_slices || !contains(net_.output(), l);
        }
        find_dependence();
        lay_out();
        place();
    }
    plan take() { return std::move(plan_); }

private:
    const tree::step& children(std::uint32_t i) const { return plan_.order.tree.steps()[i - net_.tensors()]; }
    const label_list& axes(std::uint32_t i) const { return labels_->axes(i); }
    phase phase_at(std::uint32_t i) const { return phase_of(depends_[i]); }

    void check() const {
        if (plan_.order.tree.leaves() != net_.tensors() || plan_.operands.size() != net_.tensors())
            throw shape_error("plan: the network has " + std::to_string(net_.tensors()) + " tensors, the order " +
                              std::to_string(plan_.order.tree.leaves()) + ", and " +
                              std::to_string(plan_.operands.size()) + " were given");
        for (std::size_t i = 0; i < plan_.operands.size(); ++i) {
            const auto axes = net_.input(i);
            bool fits = plan_.operands[i].rank == axes.size();
            for (std::size_t axis = 0; fits && axis < axes.size(); ++axis)
                fits = plan_.operands[i].extent[axis] == net_.extent(axes[axis]);
            if (!fits)
                throw shape_error(net_.where(i) + " has the shape " + to_string(geometry::row_major(net_.shape(axes))) +
                                  ", but " + to_string(plan_.operands[i]) + " was given");
        }
        for (label_id l = 0; l < net_.labels(); ++l)
            if (net_.extent(l) > INT_MAX)
                throw shape_error("the extent " + std::to_string(net_.extent(l)) + " of label '" + net_.name(l) +
                                  "' exceeds what a BLAS can index (" + std::to_string(INT_MAX) + ")");
        for (const std::size_t i : options_.changing)
            if (i >= net_.tensors())
                throw shape_error("plan: tensor " + std::to_string(i) + " changes, but there are " +
                                  std::to_string(net_.tensors()));
    }

    void find_dependence() {
        depends_.assign(plan_.order.tree.nodes(), options_.changing.empty() ? on_changing : on_nothing);
        for (const std::size_t i : options_.changing) depends_[i] = on_changing;
        for (std::size_t i = 0; i < net_.tensors(); ++i)
            for (const label_id l : net_.input(i))
                if (labels_->is_sliced(l)) depends_[i] |= on_slices;
        if (options_.keep_all && plan_.slices > 1)
            for (std::size_t i = 0; i < net_.tensors(); ++i) depends_[i] |= on_slices;
        for (std::size_t s = 0; s < plan_.order.tree.steps().size(); ++s) {
            const auto [l, r] = plan_.order.tree.steps()[s];
            depends_[net_.tensors() + s] = depends_[l] | depends_[r];
        }
    }

    geometry geometry_of(std::uint32_t node) const {
        geometry g;
        if (node < net_.tensors()) {
            for (std::size_t axis = 0; axis < plan_.operands[node].rank; ++axis)
                if (labels_->is_there(net_.input(node)[axis])) {
                    g.extent[g.rank] = plan_.operands[node].extent[axis];
                    g.stride[g.rank++] = plan_.operands[node].stride[axis];
                }
            return g;
        }
        if (node == plan_.root()) return plan_.slice_output;
        return contiguous(axes(node));
    }
    geometry contiguous(const label_list& axes) const { return geometry::row_major(net_.shape(axes)); }

    /// Chooses the axes of what every step makes, and plans the steps.
    void lay_out() {
        const std::size_t n = net_.tensors(), nodes = plan_.order.tree.nodes();
        plan_.output = geometry::row_major(net_.output_shape());
        for (std::size_t axis = 0; axis < plan_.output.rank; ++axis)
            if (labels_->is_there(net_.output()[axis])) {
                plan_.output_part.extent[plan_.output_part.rank] = plan_.output.extent[axis];
                plan_.output_part.stride[plan_.output_part.rank++] = plan_.output.stride[axis];
            }
        plan_.slice_output = plan_.sums_slices ? contiguous(labels_->output()) : plan_.output_part;
        planned_.resize(nodes);
        for (std::uint32_t i = 0; i < nodes; ++i) {
            if (axes(i).size() > max_rank)
                throw error("along this order a tensor has " + std::to_string(axes(i).size()) +
                            " axes of extents above 1, " + "but at most " + std::to_string(max_rank) +
                            " can be; slice labels, or search for another order");
            plan_.volume.push_back(labels_->volume(i));
        }
        if (is_empty()) return;
        if (nodes == n) {  // one tensor: summed and permuted
            planned_[0] = pairs_({{axes(0), geometry_of(0)}}, {labels_->output(), plan_.slice_output});
            return;
        }
        parent_.assign(nodes, static_cast<std::uint32_t>(nodes));
        for (std::size_t i = n; i < nodes; ++i)
            for (const std::uint32_t child : plan_.order.tree.steps()[i - n])
                parent_[child] = static_cast<std::uint32_t>(i);
        for (auto i = static_cast<std::uint32_t>(n); i < nodes; ++i) {
            const auto [l, r] = children(i);
            planned_[i] = i + 1 == nodes ? plan_node(i, l, r, axes(i)) : choose_axes(i, l, r);
        }
    }
    /// Whether an extent is 0; then nothing is contracted.
    bool is_empty() const {
        for (label_id l = 0; l < net_.labels(); ++l)
            if (net_.extent(l) == 0) return true;
        return false;
    }

    xtn::plan plan_node(std::uint32_t i, std::uint32_t l, std::uint32_t r, const label_list& made) const {
        return pairs_({{axes(l), geometry_of(l)}, {axes(r), geometry_of(r)}},
                      {made, i == plan_.root() ? plan_.slice_output : contiguous(made)});
    }

    /// The axes for which making node i and reading it take least together.
    xtn::plan choose_axes(std::uint32_t i, std::uint32_t l, std::uint32_t r) {
        const label_list sorted = labels_->by_lifetime(i);
        if (plan_.volume[i] < worth_choosing && plan_.volume[l] < worth_choosing && plan_.volume[r] < worth_choosing) {
            labels_->set_axes(i, sorted);
            return plan_node(i, l, r, sorted);
        }
        const auto in = [&](std::uint32_t node, label_id label) { return contains(axes(node), label); };
        const std::uint32_t up = parent_[i];
        const auto [pl, pr] = plan_.order.tree.steps()[up - net_.tensors()];
        const std::uint32_t other = pl == i ? pr : pl;
        const label_list other_axes = other > i ? labels_->by_lifetime(other) : axes(other);

        const auto grouped = [&](auto group) {
            label_list g = sorted;
            std::stable_sort(g.begin(), g.end(), [&](label_id x, label_id y) { return group(x) < group(y); });
            return g;
        };
        const auto factor = [&](label_id x) { return in(l, x) && in(r, x) ? 0 : in(l, x) ? 1 : 2; };
        const auto with_other = [&](label_id x) { return contains(other_axes, x) ? 0 : 1; };
        std::array<label_list, 5> tried{
            sorted, grouped(factor), grouped([&](label_id x) { return (3 - factor(x)) % 3; }), grouped(with_other),
            grouped([&](label_id x) { return 10 * (factor(x) == 0 ? 0 : 1) + 1 - with_other(x); })};
        const geometry other_geometry = other < i ? geometry_of(other) : contiguous(other_axes);
        xtn::plan best;
        double least = 0;
        label_list chosen;
        for (std::size_t t = 0; t < tried.size(); ++t) {
            if (std::find(tried.begin(), tried.begin() + static_cast<std::ptrdiff_t>(t), tried[t]) !=
                tried.begin() + static_cast<std::ptrdiff_t>(t))
                continue;
            xtn::plan make = plan_node(i, l, r, tried[t]);
            label_list after;  // what the next step makes, as it would come without a copy
            for (const label_id x : tried[t])
                if (in(up, x)) after.push_back(x);
            for (const label_id x : other_axes)
                if (in(up, x) && !contains(after, x)) after.push_back(x);
            const double read =
                pairs_({{tried[t], contiguous(tried[t])}, {other_axes, other_geometry}}, {after, contiguous(after)})
                    .seconds();
            if (const double seconds = make.seconds() + read; t == 0 || seconds < least) {
                least = seconds;
                best = std::move(make);
                chosen = tried[t];
            }
        }
        labels_->set_axes(i, std::move(chosen));
        return best;
    }
    /// The order of the steps, and where what they make lies.
    void place() {
        const std::size_t n = net_.tensors(), nodes = plan_.order.tree.nodes();
        plan_.where.resize(nodes);
        for (std::uint32_t i = 0; i < n; ++i) plan_.where[i] = {spot::space::operand, i};
        if (nodes > n) plan_.where[plan_.root()] = {spot::space::result, 0};
        if (is_empty()) return;
        if (nodes == n) {
            const std::int64_t scratch = planned_[0].workspace_size + planned_[0].residual_size;
            plan_.work_size = scratch;
            plan_.steps[phase_at(0) == each_slice ? each_slice : each_run].push_back(
                {0, 0, 0, std::move(planned_[0]), 0});
            return;
        }
        footprint_builder build(nodes);
        std::vector<std::uint8_t> swapped(nodes);
        for (std::size_t i = 0; i < n; ++i) build.leaf(i, depends_[i]);
        for (std::size_t i = n; i < nodes; ++i) {
            const auto [l, r] = plan_.order.tree.steps()[i - n];
            const auto scratch = static_cast<double>(planned_[i].workspace_size + planned_[i].residual_size);
            swapped[i] = build.join(i, l, r, static_cast<double>(plan_.volume[i]), scratch) ? 1 : 0;
        }
        std::array<xtn::detail::region, 3> work;
        xtn::detail::region constant, kept;
        // Depth first without recursion: a node is met again when both of its children are made.
        std::vector<std::pair<std::uint32_t, bool>> stack{{plan_.root(), false}};
        while (!stack.empty()) {
            const auto [i, ready] = stack.back();
            stack.pop_back();
            if (i < n) continue;
            auto [first, second] = plan_.order.tree.steps()[i - n];
            if (!ready) {
                if (swapped[i] != 0) std::swap(first, second);
                stack.emplace_back(i, true);
                stack.emplace_back(second, false);
                stack.emplace_back(first, false);
                continue;
            }
            const phase when = phase_at(i);
            if (i != plan_.root()) {
                const phase read = phase_at(parent_[i]);
                if (read == when || options_.keep_all)
                    plan_.where[i] = {spot::space::work, work[when].take(plan_.volume[i])};
                else if (when == once)
                    plan_.where[i] = {spot::space::constant, constant.take(plan_.volume[i])};
                else
                    plan_.where[i] = {spot::space::kept, kept.take(plan_.volume[i])};
            }
            pair_step s{first, second, i, std::move(planned_[i]), 0};
            if (const std::int64_t scratch = s.how.workspace_size + s.how.residual_size; scratch > 0) {
                s.scratch = work[when].take(scratch);
                work[when].release(s.scratch);
            }
            if (!options_.keep_all)
                for (const std::uint32_t child : {first, second})
                    if (plan_.where[child].in == spot::space::work) work[when].release(plan_.where[child].offset);
            plan_.steps[when].push_back(std::move(s));
        }
        plan_.constant_size = constant.size();
        plan_.kept_size = kept.size();
        plan_.work_size = std::max({work[once].size(), work[each_run].size(), work[each_slice].size()});
    }

    static constexpr std::int64_t worth_choosing = 64;  ///< elements from which on the axes of a tensor matter

    const network& net_;
    const plan_options& options_;
    pair_planner pairs_;
    plan plan_;
    std::optional<node_labels> labels_;
    std::vector<std::uint8_t> depends_;
    std::vector<std::uint32_t> parent_;
    std::vector<xtn::plan> planned_;
};

}  // namespace detail

/// Plans a network along an order, for operands of these shapes and strides. Throws shape_error where they do not fit it or an
/// extent exceeds what a BLAS can index, xtn::error where a step joins more labels than fit any memory.
inline plan make_plan(const network& net, order o, std::span<const geometry> operands, const plan_options& options) {
    return detail::planner(net, std::move(o), operands, options).take();
}

}  // namespace xtn::graph
