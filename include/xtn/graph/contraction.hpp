// SPDX-License-Identifier: BSD-3-Clause
// The contraction of a network of any size: search, plan, run.
//
//     xt::xarray<double> z = xtn::graph::contract(net, tensors);
//
//     xtn::graph::contraction<double> c(net, tensors, {.bytes = 1 << 30});     // slices, where it must
//     std::cout << describe(c);
//     z = c.value();
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <xtn/core/agreement.hpp>
#include <xtn/graph/bounded.hpp>
#include <xtn/graph/executor.hpp>
#include <xtn/graph/order.hpp>
#include <xtn/graph/plan.hpp>
#include <xtn/graph/run.hpp>
#include <xtn/graph/tensors.hpp>

namespace xtn::graph {

/// A value times a power of two.
template <scalar T>
struct scaled_value {
    xt::xarray<T> mantissa;
    std::int64_t power = 0;  ///< of two
    /// The power of ten of the factor.
    double log10() const { return static_cast<double>(power) * 0.30102999566398119521; }
};

namespace detail {

/// Throws xtn::error where the processes have different plans.
inline void require_same_plan(const plan& p, const executor& workers) {
    if (workers.processes().size() == 1) return;
    std::string text = "sliced labels:";
    for (const label_id l : p.order.sliced) text += " " + p.net.name(l);
    text += "\norder of contractions:";
    for (const auto& [a, b] : p.order.tree.steps()) text += " " + std::to_string(a) + "," + std::to_string(b);
    require_same(workers.processes(), text);
}

}  // namespace detail

/// A network with its tensors and its plan, ready to be run. It refers to the tensors; not for concurrent use.
template <scalar T>
class contraction {
public:
    /// Searches an order and plans it. Throws shape_error where tensors and network do not fit, xtn::error where no order
    /// keeps to the bound.
    contraction(const network& net, tensors<T> operands, const contraction_options& options = {})
        : contraction(detail::bounded_planner<T>(net, operands.shapes(), options).best(), operands, options) {}
    /// Along an order that is known. Throws xtn::error where it does not keep to the bound.
    contraction(const network& net, tensors<T> operands, const order& along, const contraction_options& options = {})
        : contraction(detail::bounded_planner<T>(net, operands.shapes(), options).along(along), operands, options) {}

    const graph::plan& plan() const { return *plan_; }
    const graph::order& order() const { return plan_->order; }
    /// Bytes that value() takes beyond operands and result, and the room of up to some hundred kilobytes that each thread keeps
    /// for its sums. Where processes share the slices, one slice of the result comes on top.
    std::size_t peak_bytes() const { return static_cast<std::size_t>(plan_->peak(workers_.workers())) * sizeof(T); }

    /// Another tensor, of the same shape and strides, in the place of number i. One that was not said to change has what
    /// depends on constants alone made again.
    template <class E>
    void replace(std::size_t i, const E& e) {
        operands_.replace(i, xtn::detail::in_place<const T>(e));
        is_prepared_ = is_prepared_ && std::find(changing_.begin(), changing_.end(), i) != changing_.end();
    }

    /// The result. With exponents apart use scaled().
    xt::xarray<T> value() {
        const scaled_value<T> v = scaled();
        xt::xarray<T> result = v.mantissa;
        if (v.power != 0)
            detail::scale_by_power(result.data(), static_cast<std::int64_t>(result.size()), clamped(v.power));
        return result;
    }
    /// The result and the power of two that was kept apart, 0 if none was.
    scaled_value<T> scaled() {
        scaled_value<T> v{xt::xarray<T>(shape()), 0};
        v.power = add_slices(v.mantissa, 0, plan_->slices, 0);
        return v;
    }
    /// Adds the slices first .. last - 1 to `partial`, the sum of those before, of the result's shape; the slice 0 overwrites
    /// it. `power` is that of the sum, and the new one is returned. All slices in parts, in order, give the bits of value().
    std::int64_t add_slices(xt::xarray<T>& partial, std::int64_t first, std::int64_t last, std::int64_t power = 0) {
        if (first < 0 || last < first || last > plan_->slices)
            throw shape_error("slices " + std::to_string(first) + " to " + std::to_string(last) + " of " +
                              std::to_string(plan_->slices));
        if (partial.shape() != shape())
            throw shape_error("the sum of slices has the shape " + to_string(geometry::row_major(partial.shape())) +
                              ", but the result has " + to_string(plan_->output));
        if (is_empty()) {
            partial.fill(T{});
            return 0;
        }
        if (!is_prepared_) run_.prepare(operands_.data());
        is_prepared_ = true;
        return run_.run(operands_.data(), partial.data(), first, last, power, workers_);
    }
    std::int64_t slices() const { return plan_->slices; }
    std::size_t workers() const { return workers_.workers(); }
    const any_process_group& processes() const { return workers_.processes(); }

private:
    contraction(graph::plan p, const tensors<T>& operands, const contraction_options& options)
        : plan_(std::make_unique<graph::plan>(std::move(p))),
          operands_(operands),
          workers_(options.search.workers),
          changing_(options.search.changing),
          run_(*plan_, options.powers) {
        detail::require_same_plan(*plan_, workers_);
    }

    static int clamped(std::int64_t power) {
        return static_cast<int>(std::clamp<std::int64_t>(power, -100'000, 100'000));
    }
    typename xt::xarray<T>::shape_type shape() const {
        const auto e = plan_->output.extents();
        return {e.begin(), e.end()};
    }
    bool is_empty() const {
        return std::any_of(operands_.shapes().begin(), operands_.shapes().end(),
                           [](const geometry& g) { return g.volume() == 0; });
    }

    std::unique_ptr<graph::plan> plan_;
    tensors<T> operands_;
    executor workers_;
    std::vector<std::size_t> changing_;
    execution<T> run_;
    bool is_prepared_ = false;
};

#define XTN_GRAPH_CONTRACTION(form, T) form class contraction<T>;
XTN_FOR_EACH_SCALAR(XTN_GRAPH_CONTRACTION)
#undef XTN_GRAPH_CONTRACTION

/// The value of a network, along the best order that is found within the bound.
template <scalar T>
xt::xarray<T> contract(const network& net, const tensors<T>& operands, const contraction_options& options = {}) {
    return contraction<T>(net, operands, options).value();
}
/// The same for a list of containers.
template <class E, class A>
xt::xarray<typename E::value_type> contract(const network& net, const std::vector<E, A>& operands,
                                            const contraction_options& options = {}) {
    return contract(net, tensors<typename E::value_type>(operands), options);
}

}  // namespace xtn::graph
