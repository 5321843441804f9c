// SPDX-License-Identifier: BSD-3-Clause
// Plans that keep to a bound in bytes: the free order if it does, else orders that slice, until the bytes of the plan, which
// knows of copies too, are within the bound.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <xtn/backend/machine.hpp>
#include <xtn/graph/order.hpp>
#include <xtn/graph/plan.hpp>
#include <xtn/graph/planner.hpp>
#include <xtn/graph/run.hpp>
#include <xtn/plan/describe.hpp>

namespace xtn::graph {

/// How a network is contracted.
struct contraction_options {
    search_options search{.minimise = objective::seconds};
    std::size_t bytes = 0;  ///< bound of the memory beyond operands and result; 0 means that of the machine
    exponents powers = exponents::inside;
};

namespace detail {

inline std::string readable_bytes(double bytes) { return xtn::detail::readable(std::ceil(bytes)) + " bytes"; }

/// Makes a plan that keeps to a bound in bytes, as `bytes_of` counts them for a plan.
template <scalar T>
class bounded_planner {
public:
    using counter = std::function<double(const graph::plan&)>;

    bounded_planner(const network& net, const std::vector<geometry>& shapes, const contraction_options& options)
        : bounded_planner(net, shapes, options, false,
                          [workers = options.search.workers.workers()](const graph::plan& p) {
                              return static_cast<double>(p.peak(workers)) * sizeof(T);
                          }) {}
    bounded_planner(const network& net, const std::vector<geometry>& shapes, const contraction_options& options,
                    bool keep_all, counter bytes_of)
        : net_(net), shapes_(shapes), search_(options.search), bytes_of_(std::move(bytes_of)) {
        search_.model = backend::machine<T>();
        wanted_ = {.model = search_.model,
                   .changing = search_.changing,
                   .keep_all = keep_all,
                   .separate_slices = options.powers == exponents::apart};
        is_bound_ = options.bytes > 0;
        bytes_ = is_bound_ ? static_cast<double>(options.bytes) : backend::memory_bytes();
    }

    /// Along this order.
    graph::plan along(const order& o) const {
        std::optional<graph::plan> p;
        if (const double found = attempt(o, p); !p) refuse(found, "");
        return *std::move(p);
    }
    /// Along the fastest order that is found: where time is the objective, flops are tried as well, as the search knows
    /// nothing of copies.
    graph::plan best() const {
        std::optional<graph::plan> fastest;
        double needed = std::numeric_limits<double>::infinity();
        for (const objective what : {search_.minimise, objective::flops}) {
            search_options how = search_;
            how.minimise = what;
            std::optional<graph::plan> p;
            needed = std::min(needed, attempt(search(net_, how), p));
            if (p && (!fastest || p->seconds() < fastest->seconds())) fastest = std::move(p);
            if (search_.minimise != objective::seconds) break;
        }
        if (fastest) return *std::move(fastest);
        if (!is_bound_) refuse(needed, suggestion());
        double elements = bytes_ / sizeof(T);
        for (int i = 0; i < attempts; ++i) {
            std::optional<graph::plan> p;
            needed = attempt(search(net_, search_, elements), p);
            if (p) return *std::move(p);
            elements *= std::min(0.9, 0.9 * bytes_ / needed);
        }
        refuse(needed, "");
    }

private:
    static constexpr int attempts = 12;

    /// The plan along an order if it keeps to the bound; the bytes that it needs, or at least these.
    double attempt(const order& o, std::optional<graph::plan>& p) const {
        double needed = measure(net_, o).peak * sizeof(T);
        if (needed > bytes_) return needed;
        p.emplace(make_plan(net_, o, shapes_, wanted_));
        needed = bytes_of_(*p);
        if (needed > bytes_) p.reset();
        return needed;
    }
    /// A bound that this machine can hold, and what it costs.
    std::string suggestion() const {
        const double bound = std::exp2(std::floor(std::log2(bytes_ / 2)));
        try {
            const costs c = measure(net_, search(net_, search_, bound / sizeof(T)));
            return "; with {.bytes = " + xtn::detail::readable(bound) + "} it takes " +
                   xtn::detail::readable(c.slices) + " slices and 10^" +
                   xtn::detail::readable(std::round(10 * std::log10(c.multiplications)) / 10) + " multiplications";
        } catch (const error&) {
            return "; slices that fit it would take over a million times as long";
        }
    }
    [[noreturn]] void refuse(double needed, const std::string& suggestion) const {
        throw error("contraction of " + std::to_string(net_.tensors()) + " tensors: the steps of this order take " +
                    readable_bytes(needed) + " at a time, but " + (is_bound_ ? "the bound is " : "this machine has ") +
                    readable_bytes(bytes_) + suggestion);
    }

    const network& net_;
    const std::vector<geometry>& shapes_;
    search_options search_;
    plan_options wanted_;
    counter bytes_of_;
    bool is_bound_ = false;
    double bytes_ = 0;
};

}  // namespace detail

}  // namespace xtn::graph
