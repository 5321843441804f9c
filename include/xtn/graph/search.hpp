// SPDX-License-Identifier: BSD-3-Clause
// The search for contraction orders of networks of any size.
//
//     up to 10 tensors        exact: every tree, outer products included
//     chains, trees           exact, outer products apart (acyclic.hpp); trees with open labels where they have few
//                             subtrees (subtrees.hpp)
//     everything else         random-greedy samples; of the best of them several are annealed and re-searched exactly in parts;
//                             the best of these are annealed further; the last word has a re-search with larger parts and
//                             of all trees with the same order of leaves. Up to 16 tensors the trees without outer products
//                             are all looked at as well.
//
// Samples and rounds have random streams of their own and their results are filed by number: the seed decides the order,
// however many threads there are. Only a limit in seconds does not: it ends the rounds where it falls.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include <xtn/graph/acyclic.hpp>
#include <xtn/graph/anneal.hpp>
#include <xtn/graph/executor.hpp>
#include <xtn/graph/greedy.hpp>
#include <xtn/graph/interval.hpp>
#include <xtn/graph/parts.hpp>
#include <xtn/graph/reconfigure.hpp>
#include <xtn/graph/subtrees.hpp>
#include <xtn/graph/tree.hpp>

namespace xtn::graph {

/// What a search for orders looks for, and how long.
struct search_options {
    objective minimise = objective::flops;
    std::size_t samples = 128;  ///< random-greedy trees; annealing is in proportion
    double seconds = 0;         ///< where above 0, rounds go on until this time is over
    std::uint64_t seed = 0;
    cost_model model{};                   ///< for objective::seconds
    std::vector<std::size_t> changing{};  ///< tensors that change between runs; none means all of them
    executor workers{};
};

namespace detail {

/// Searches one problem.
class searcher {
public:
    searcher(const problem& p, const search_options& options) : problem_(p), options_(options) {}

    draft run() {
        const auto begin = std::chrono::steady_clock::now();
        const std::size_t n = problem_.tensors();
        if (n < 2) return {};
        if (n <= smallest_sampled) consider(exact(problem_, false));
        if (const auto found = acyclic::find(problem_); found && n <= longest_interval) {
            const bool ordered = found->is_chain() || found->is_closed(), few = !ordered && subtree_search::can(*found);
            consider(few ? subtree_search(problem_, *found).run() : interval_order(problem_, found->order()));
            if (!best_.empty() && (ordered || few)) return best_.front();
        }
        if (n <= smallest_sampled && !best_.empty()) return best_.front();
        if (n <= largest_connected) consider(exact(problem_, true));
        sample();
        if (n > largest_whole) {
            consider(in_parts());
            return best_.front();
        }
        const std::size_t rounds = std::max<std::size_t>(1, options_.samples / 32);
        const auto elapsed = [&] {
            return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        };
        for (std::size_t round = 0;; ++round) {
            if (options_.seconds > 0 ? elapsed() >= options_.seconds : round == rounds) break;
            const double before = best_.front().price;
            improve(round);
            if (options_.seconds == 0 && best_.front().price > 0.995 * before) break;
        }
        finish();
        return best_.front();
    }

    /// The cheapest of all trees, or of those without outer products; no steps where none keeps to the limit.
    static draft exact(const problem& p, bool connected_only) {
        const std::size_t n = p.tensors();
        subset_search search;
        search.start(n, p.price, p.runs, p.limit);
        std::vector<subset_search::mask> in(p.labels(), 0);
        for (std::size_t i = 0; i < n; ++i) {
            for (const std::uint32_t l : p.legs[i]) in[l] |= subset_search::mask{1} << i;
            search.set_depends(i, p.depends[i]);
        }
        for (std::size_t l = 0; l < in.size(); ++l)
            if (in[l] != 0) search.add_label(in[l], p.extent[l], p.kept[l] != 0);
        draft d;
        d.price = search.run(connected_only);
        if (!std::isfinite(d.price)) return d;
        const auto make = [&](auto& self, subset_search::mask s) -> std::uint32_t {
            if (std::has_single_bit(s)) return static_cast<std::uint32_t>(std::countr_zero(s));
            const subset_search::mask left = search.left_of(s);
            const std::uint32_t a = self(self, left), b = self(self, s ^ left);
            d.steps.push_back({a, b});
            return static_cast<std::uint32_t>(n + d.steps.size() - 1);
        };
        make(make, (subset_search::mask{1} << n) - 1);
        return d;
    }
    /// The best few orders of run(), cheapest first.
    const std::vector<draft>& best() const { return best_; }

    /// Anneals one order and re-searches its parts: for an order that is good already, of a problem that changed a little.
    static draft refine(const problem& p, const std::vector<tree::step>& steps, std::size_t sweeps,
                        search_random random) {
        bit_tree t(p, steps);
        const double before = t.price();
        anneal(t, {.first = 3, .last = 25, .sweeps = sweeps}, random);
        reconfigure search;
        search(t, part, most_sweeps);
        if (t.price() <= before) return {t.steps(), t.price()};
        bit_tree again(p, steps);
        search(again, part, most_sweeps);
        return {again.steps(), again.price()};
    }

private:
    static constexpr std::size_t smallest_sampled = 10, largest_connected = 16, largest_finished = 128,
                                 largest_whole = 2048, longest_interval = 768, kept = 4, chains = 4, block = 16,
                                 part = 8, last_part = 10, most_sweeps = 64, region = 512, tensor_samples = 100'000,
                                 tensor_sweeps = 125'000;

    void consider(draft d) {
        if (d.steps.size() + 1 != problem_.tensors()) return;
        const auto at = std::upper_bound(best_.begin(), best_.end(), d.price,
                                         [](double price, const draft& other) { return price < other.price; });
        if (at != best_.begin() && std::prev(at)->price == d.price) return;
        best_.insert(at, std::move(d));
        if (best_.size() > kept) best_.pop_back();
    }

    void sample() {
        const std::size_t samples = std::max<std::size_t>(1, options_.samples);
        const std::size_t wanted = std::min(samples, std::max<std::size_t>(4, tensor_samples / problem_.tensors()));
        const std::size_t size = problem_.tensors() > largest_whole ? 1 : block;
        std::vector<std::vector<draft>> found((wanted + size - 1) / size);
        options_.workers.run(found.size(), [&](std::size_t task, std::size_t) {
            greedy g(problem_);
            draft d;
            double cheapest = std::numeric_limits<double>::infinity();
            for (std::size_t s = size * task; s < std::min(wanted, size * (task + 1)); ++s) {
                search_random random(options_.seed, s);
                greedy_setting how;
                if (s > 0) {
                    how.weight = 0.1 + 3.9 * random.uniform();
                    how.temperature = std::pow(10.0, -3 * random.uniform());
                }
                if (!g.sample(how, random, 1e3 * cheapest, d)) continue;
                cheapest = std::min(cheapest, d.price);
                found[task].push_back(d);
            }
        });
        for (auto& drafts : found)
            for (draft& d : drafts) consider(std::move(d));
    }

    /// One round: annealed copies of the best orders. The first round is short, to see which of them are worth more.
    void improve(std::size_t round) {
        std::vector<draft> found(chains);
        const std::size_t starts = round == 0 ? best_.size() : std::min<std::size_t>(best_.size(), 2);
        const double effort = std::min(1.0, static_cast<double>(options_.samples) / 128);
        const std::size_t n = problem_.tensors(), most = round == 0 ? 300 : 600;
        const std::size_t enough = std::max<std::size_t>(50, tensor_sweeps / n);
        const auto sweeps = static_cast<std::size_t>(
            std::ceil(effort * static_cast<double>(std::min(n <= largest_finished ? most : most / 2, enough))));
        options_.workers.run(chains, [&](std::size_t chain, std::size_t) {
            search_random random(options_.seed ^ 0x5851f42d4c957f2dU, chains * round + chain);
            bit_tree t(problem_, best_[chain % starts].steps);
            anneal(t, {.first = round == 0 ? 1.0 : 3.0, .last = 25, .sweeps = sweeps}, random);
            reconfigure search;
            search(t, part, most_sweeps);
            found[chain] = {t.steps(), t.price()};
        });
        for (draft& d : found) consider(std::move(d));
    }
    void finish() {
        reconfigure search;
        bit_tree t(problem_, best_.front().steps);
        if (problem_.tensors() <= largest_finished) {
            search(t, last_part, most_sweeps);
            const draft d = interval_order(problem_, t.leaf_order());
            if (d.price < t.price() * (1 - 1e-9)) {
                t = bit_tree(problem_, d.steps);
                search(t, part, most_sweeps);
            }
        }
        consider({t.steps(), t.price()});
    }

    draft in_parts() {
        const std::size_t rounds = std::max<std::size_t>(1, options_.samples / 32);
        std::uint64_t stream = 0;
        const large_tree whole(problem_, best_.front().steps);
        return whole.improve(region, [&](const problem& p, const std::vector<tree::step>& steps) {
            return refine(p, steps, 50 * rounds, search_random(options_.seed, ++stream));
        });
    }

    const problem& problem_;
    const search_options& options_;
    std::vector<draft> best_;  ///< cheapest first
};

}  // namespace detail
}  // namespace xtn::graph
