// SPDX-License-Identifier: BSD-3-Clause
// A contraction order with the labels that are sliced, what it costs, and how it is found.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <xtn/core/error.hpp>
#include <xtn/graph/memory.hpp>
#include <xtn/graph/network.hpp>
#include <xtn/graph/parts.hpp>
#include <xtn/graph/search.hpp>
#include <xtn/graph/slicing.hpp>
#include <xtn/graph/tree.hpp>

namespace xtn::graph {

/// How a network is contracted: the tree, and the labels that have one value at a time.
struct order {
    graph::tree tree;
    std::vector<label_id> sliced;

    friend bool operator==(const order&, const order&) = default;
};

/// What an order costs, counted in scalar multiplications and elements.
struct costs {
    double multiplications = 0;  ///< of all slices together; opt_einsum and cotengra call it flops
    double largest = 0;          ///< elements of the largest tensor that a step makes
    double peak = 0;             ///< elements of such tensors at one time, the result apart
    double slices = 1;
};

namespace detail {

inline problem make_problem(const network& net, std::span<const label_id> sliced, const search_options& options) {
    problem p = make_problem(net, sliced, step_price(options.minimise, options.model));
    if (options.changing.empty()) return p;
    constexpr double share = 0.01;  // of a run: what is made once is used for many
    for (const std::size_t i : options.changing) {
        if (i >= net.tensors())
            throw shape_error("search for an order: tensor " + std::to_string(i) + " changes, but there are " +
                              std::to_string(net.tensors()));
        p.depends[i] |= on_changing;
    }
    p.runs[on_nothing] *= share;
    p.runs[on_slices] *= share;
    return p;
}

}  // namespace detail

/// Counts what an order costs. Throws shape_error where it is none for this network.
inline costs measure(const network& net, const order& o) {
    if (o.tree.leaves() != net.tensors())
        throw shape_error("the order is for " + std::to_string(o.tree.leaves()) + " tensors, the network has " +
                          std::to_string(net.tensors()));
    const detail::problem p = detail::make_problem(net, o.sliced, detail::step_price{});
    const detail::large_tree t(p, o.tree.steps());
    detail::footprint_builder build(o.tree.nodes());
    costs c{.slices = p.runs[detail::on_slices]};
    for (std::uint32_t i = 0; i < net.tensors(); ++i) build.leaf(i, p.depends[i]);
    for (std::uint32_t i = static_cast<std::uint32_t>(net.tensors()); i < o.tree.nodes(); ++i) {
        const auto [l, r] = o.tree.steps()[i - net.tensors()];
        const double volume = t.volume(i);
        c.multiplications += t.touched(i) * p.runs[t.depends(i)];
        c.largest = std::max(c.largest, volume);
        build.join(i, l, r, volume, 0);
    }
    c.peak = build.finish(o.tree.nodes() - 1).total(1);
    return c;
}

/// Finds an order. With `elements` above 0, what steps make takes at most so many elements at a time, the result apart
/// and counted for every worker: labels are sliced until it does. Throws xtn::error where that cannot be.
inline order search(const network& net, const search_options& options = {}, double elements = 0) {
    const auto make = [&](std::span<const label_id> sliced) { return detail::make_problem(net, sliced, options); };
    const detail::problem whole = make({});
    detail::searcher found(whole, options);
    detail::draft best = found.run();
    const auto finished = [&](std::vector<tree::step> steps, std::vector<label_id> sliced) {
        return order{tree(net.tensors(), std::move(steps)), std::move(sliced)};
    };
    if (elements <= 0 || net.tensors() < 2) return finished(std::move(best.steps), {});
    const std::vector<detail::draft>& starts = found.best();
    std::vector<detail::sliced_draft> sliced(starts.size());
    options.workers.run(starts.size(), [&](std::size_t i, std::size_t) {
        sliced[i] = detail::slicer(make, elements, options, i << 32).run(starts[i]);
    });
    const auto least = std::min_element(sliced.begin(), sliced.end(),
                                        [](const auto& x, const auto& y) { return x.order.price < y.order.price; });
    return finished(std::move(least->order.steps), std::move(least->sliced));
}

}  // namespace xtn::graph
