// SPDX-License-Identifier: BSD-3-Clause
// Slices: labels that are fixed to one value at a time, so that every tensor that has them is smaller, until an order keeps
// to a memory bound. What has none of them is made once for all slices.
//
// Labels are chosen one by one, each the one that costs least for what it saves, log(price after / before) over the fall of
// the sum of log(|tensor| / room) over all tensors too large for the room that the bound leaves for each; after each the tree is searched again, as it should be another
// one by then (as in Gray and Kourtis, Quantum 5, 410, 2021). At the end labels that turn out not to be needed are given back.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <xtn/core/error.hpp>
#include <xtn/graph/bit_tree.hpp>
#include <xtn/graph/memory.hpp>
#include <xtn/graph/search.hpp>
#include <xtn/plan/describe.hpp>

namespace xtn::graph::detail {

/// An order that slices, and what it takes.
struct sliced_draft {
    draft order;
    std::vector<label_id> sliced;
    double memory = 0, excess = 0;
};

/// Slices one order until it keeps to a bound.
template <class MakeProblem>
class slicer {
public:
    /// `make(sliced)` is the problem with these labels sliced; `bound` is in elements.
    slicer(MakeProblem make, double bound, const search_options& options, std::uint64_t stream)
        : make_(make), bound_(bound), options_(options), stream_(stream) {}

    sliced_draft run(const draft& start) {
        sliced_draft now = measured({}, start.steps);
        first_price_ = now.order.price;
        while (now.memory > bound_) {
            now = slice(now);
            now = refined(now, std::min<std::size_t>(40, 20'000 / std::max<std::size_t>(1, start.steps.size())));
        }
        give_back(now);
        return refined(now, 200);
    }

private:
    static constexpr std::size_t largest_refined = 2048;
    static constexpr double most_times = 1e6;  ///< times the price of the whole, beyond which slicing is given up

    sliced_draft measured(std::vector<label_id> sliced, std::vector<tree::step> steps) const {
        const problem p = make_(sliced);
        const bit_tree t(p, steps);
        sliced_draft d{{std::move(steps), t.price()}, std::move(sliced), 0, 0};
        d.memory = footprint_of(t).total(options_.workers.workers());
        for (std::uint32_t i = static_cast<std::uint32_t>(t.leaves()); i < t.nodes(); ++i)
            d.excess += std::max(0.0, std::log2(t.volume(i) / room()));
        return d;
    }
    /// Elements of one tensor that fit: two or three are there at a time, for each worker.
    double room() const { return bound_ / (4 * static_cast<double>(options_.workers.workers())); }

    /// The order with one more label sliced.
    sliced_draft slice(const sliced_draft& now) const {
        const problem p = make_(now.sliced);
        const bit_tree t(p, now.order.steps);
        const std::vector<std::uint32_t> inner = t.internal_nodes();
        std::uint32_t best = bit_tree::none;
        double least = std::numeric_limits<double>::infinity();
        for (const std::size_t place : labels_of_largest(t, inner)) {
            const auto [price, excess] = if_sliced(t, inner, place);
            const double saved = now.excess - excess, paid = std::max(0.0, std::log2(price / now.order.price));
            if (const double score = (paid + 1e-2) / std::max(saved, 1e-6); score < least) {
                least = score;
                best = t.label_at(place);
            }
        }
        std::vector<label_id> sliced = now.sliced;
        if (best != bit_tree::none) sliced.push_back(best);
        sliced_draft next = measured(std::move(sliced), now.order.steps);
        if (best == bit_tree::none || next.order.price > most_times * first_price_)
            throw error("search for an order within " + xtn::detail::readable(std::floor(bound_)) +
                        " elements: " + std::to_string(now.sliced.size()) + " labels sliced still leave " +
                        xtn::detail::readable(now.memory) +
                        ", and more slices would take over a million times as long; allow more memory");
        return next;
    }
    /// Where the labels of the largest few tensors lie among the bits.
    std::vector<std::size_t> labels_of_largest(const bit_tree& t, std::vector<std::uint32_t> nodes) const {
        const std::size_t few = std::min<std::size_t>(nodes.size(), 24);
        std::partial_sort(nodes.begin(), nodes.begin() + static_cast<std::ptrdiff_t>(few), nodes.end(),
                          [&](std::uint32_t x, std::uint32_t y) {
                              return t.volume(x) != t.volume(y) ? t.volume(x) > t.volume(y) : x < y;
                          });
        std::vector<std::size_t> places;
        for (std::size_t w = 0; w < t.words(); ++w) {
            std::uint64_t any = 0;
            for (std::size_t k = 0; k < few; ++k) any |= t.row(nodes[k])[w];
            for (; any != 0; any &= any - 1) places.push_back(64 * w + static_cast<std::size_t>(std::countr_zero(any)));
        }
        return places;
    }
    /// Price and excess of the tree with one more label sliced, node by node.
    std::pair<double, double> if_sliced(const bit_tree& t, const std::vector<std::uint32_t>& inner,
                                        std::size_t place) const {
        const problem& p = t.of();
        const double extent = t.extent_at(place);
        const auto has = [&](std::uint32_t i) { return (t.row(i)[place / 64] >> (place % 64) & 1) != 0; };
        const auto smaller = [&](std::uint32_t i) { return has(i) ? t.volume(i) / extent : t.volume(i); };
        std::vector<std::uint8_t> depends(t.nodes());
        for (std::uint32_t i = 0; i < t.leaves(); ++i)
            depends[i] = static_cast<std::uint8_t>(t.depends(i) | (has(i) ? on_slices : on_nothing));
        double price = 0, excess = 0;
        for (const std::uint32_t i : inner) {
            const std::uint32_t l = t.left(i), r = t.right(i);
            depends[i] = depends[l] | depends[r];
            const double touched = t.volume_of_union(t.row(l), t.row(r)) / (has(l) || has(r) ? extent : 1);
            price += p.price(smaller(l), smaller(r), smaller(i), touched) * p.runs[depends[i]] *
                     ((depends[i] & on_slices) != 0 ? extent : 1);
            excess += std::max(0.0, std::log2(smaller(i) / room()));
        }
        return {price, excess};
    }

    /// The same slices with a better tree that takes no more memory, or no more than allowed.
    sliced_draft refined(const sliced_draft& now, std::size_t sweeps) {
        if (now.order.steps.size() > largest_refined || now.order.steps.size() < 2) return now;
        problem p = make_(now.sliced);
        p.limit = std::max(bit_tree(p, now.order.steps).largest(), 1.0);
        if (now.memory <= bound_) p.limit = std::min(p.limit, bound_);
        const draft d =
            searcher::refine(p, now.order.steps, sweeps, search_random(options_.seed ^ 0x9fb21c651e98df25U, stream_++));
        sliced_draft tried = measured(now.sliced, d.steps);
        return tried.memory <= std::max(now.memory, bound_) && tried.order.price < now.order.price ? tried : now;
    }

    void give_back(sliced_draft& now) const {
        for (std::size_t i = now.sliced.size(); i-- > 0;) {
            std::vector<label_id> fewer = now.sliced;
            fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
            sliced_draft tried = measured(std::move(fewer), now.order.steps);
            if (tried.memory <= bound_ && tried.order.price <= now.order.price) now = std::move(tried);
        }
    }

    MakeProblem make_;
    double bound_;
    const search_options& options_;
    std::uint64_t stream_;
    double first_price_ = 0;
};

}  // namespace xtn::graph::detail
