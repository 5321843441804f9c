// SPDX-License-Identifier: BSD-3-Clause
// Random-greedy orders: the pair of tensors with the lowest score is contracted next, until one is left.
//
//     score(a, b -> c) = |c| / w - w (|a| + |b|),   sign(score) log(1 + |score|) - T * gumbel noise,
//
// as in opt_einsum and cotengra (Gray and Kourtis, Quantum 5, 410, 2021): many samples, each with its own weight w and
// temperature T, find far better orders than one greedy pass. Only neighbours are scored; what a merge makes stale
// stays in the heap and is skipped when it comes up. Before, tensors whose labels another one has are absorbed into it:
// vectors, repeated factors and the matrices on two legs of a larger tensor. At the end what shares no label is
// multiplied, smallest first.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <queue>
#include <span>
#include <utility>
#include <vector>

#include <xtn/graph/problem.hpp>

namespace xtn::graph::detail {

/// How one sample is drawn.
struct greedy_setting {
    double weight = 1, temperature = 0;
};

/// Makes greedy orders of one problem. One per thread.
class greedy {
public:
    explicit greedy(const problem& p) : problem_(p) {
        for (std::size_t i = 0; i < noise_.size(); ++i)
            noise_[i] = static_cast<float>(
                -std::log(-std::log((static_cast<double>(i) + 0.5) / static_cast<double>(noise_.size()))));
        start();
        absorb();
        start_legs_ = legs_;
        start_nodes_ = nodes_;
        start_holders_ = holders_;
        start_held_ = held_;
        start_uses_ = uses_;
        start_steps_ = result_;
        for (std::uint32_t i = 0; i < nodes_.size(); ++i)
            if (nodes_[i].alive) find_neighbours(i, true);
        start_pairs_ = found_;
    }

    /// An order, or none where it turns out to cost more than `limit`.
    bool sample(const greedy_setting& s, search_random& random, double limit, draft& out) {
        legs_ = start_legs_;
        nodes_ = start_nodes_;
        holders_ = start_holders_;
        held_ = start_held_;
        uses_ = start_uses_;
        result_ = start_steps_;
        heap_.clear();
        for (const pair& p : start_pairs_) heap_.push_back(scored(p, s, random));
        std::make_heap(heap_.begin(), heap_.end());
        while (!heap_.empty()) {
            const candidate c = heap_.front();
            std::pop_heap(heap_.begin(), heap_.end());
            heap_.pop_back();
            if (!nodes_[c.a].alive || !nodes_[c.b].alive) continue;
            const std::uint32_t made = merge(c.a, c.b);
            if (result_.price > limit) return false;
            found_.clear();
            find_neighbours(made, false);
            for (const pair& p : found_) {
                heap_.push_back(scored(p, s, random));
                std::push_heap(heap_.begin(), heap_.end());
            }
        }
        join_parts();
        out = result_;
        return true;
    }

private:
    struct node {
        std::uint32_t first = 0, size = 0;  ///< its labels in legs_
        double volume = 1;
        bool alive = true;
        std::uint8_t depends = 0;
    };
    struct pair {
        std::uint32_t a, b;
        double volume;  ///< of what they make
    };
    struct candidate {
        float score;
        std::uint32_t a, b;
        bool operator<(const candidate& other) const { return score > other.score; }  // the lowest is on top
    };

    std::span<const std::uint32_t> legs(std::uint32_t i) const {
        return {legs_.data() + nodes_[i].first, nodes_[i].size};
    }

    void start() {
        const std::size_t n = problem_.tensors();
        std::vector<std::uint32_t> degree(problem_.labels());
        for (std::size_t i = 0; i < n; ++i) {
            const auto l = problem_.legs[i];
            nodes_.push_back({static_cast<std::uint32_t>(legs_.size()), static_cast<std::uint32_t>(l.size()),
                              problem_.volume(l), true, problem_.depends[i]});
            legs_.insert(legs_.end(), l.begin(), l.end());
            for (const std::uint32_t label : l) ++degree[label];
        }
        first_holder_.push_back(0);
        for (const std::uint32_t d : degree) first_holder_.push_back(first_holder_.back() + d);
        holders_.resize(first_holder_.back());
        held_.assign(problem_.labels(), 0);
        uses_ = degree;
        for (std::size_t l = 0; l < problem_.labels(); ++l) uses_[l] += problem_.kept[l];
        for (std::uint32_t i = 0; i < n; ++i)
            for (const std::uint32_t label : legs(i)) holders_[first_holder_[label] + held_[label]++] = i;
        product_.assign(n, 0);
    }

    std::span<std::uint32_t> holders(std::uint32_t label) {
        return {holders_.data() + first_holder_[label], held_[label]};
    }

    /// Appends the pairs of tensor i with its neighbours; of those with larger numbers only where `later`.
    void find_neighbours(std::uint32_t i, bool later) {
        if (product_.size() < nodes_.size()) product_.resize(2 * nodes_.size());
        touched_.clear();
        for (const std::uint32_t label : legs(i)) {
            const double e = problem_.extent[label], shared = uses_[label] == 2 ? e * e : e;
            for (const std::uint32_t j : holders(label)) {
                if (j == i || (later && j < i)) continue;
                if (product_[j] == 0) {
                    product_[j] = 1;
                    touched_.push_back(j);
                }
                product_[j] *= shared;
            }
        }
        for (const std::uint32_t j : touched_) {
            found_.push_back({i, j, nodes_[i].volume * nodes_[j].volume / product_[j]});
            product_[j] = 0;
        }
    }

    candidate scored(const pair& p, const greedy_setting& s, search_random& random) const {
        const double score = p.volume / s.weight - s.weight * (nodes_[p.a].volume + nodes_[p.b].volume);
        const float size = std::log2(1 + static_cast<float>(std::min(std::abs(score), 1e37)));
        const float noise = s.temperature == 0 ? 0 : static_cast<float>(s.temperature) * noise_[random.bits() >> 52];
        return {(score < 0 ? -size : size) - noise, p.a, p.b};
    }

    /// Contracts tensors a and b; returns what they make.
    std::uint32_t merge(std::uint32_t a, std::uint32_t b) {
        const auto made = static_cast<std::uint32_t>(nodes_.size());
        node c{static_cast<std::uint32_t>(legs_.size()), 0, 1, true,
               static_cast<std::uint8_t>(nodes_[a].depends | nodes_[b].depends)};
        double touched = 1;
        const auto replace = [&](std::uint32_t label, std::uint32_t old) {
            const auto h = holders(label);
            *std::find(h.begin(), h.end(), old) = made;
        };
        const auto keep = [&](std::uint32_t label) {
            legs_.push_back(label);
            c.volume *= problem_.extent[label];
        };
        std::uint32_t i = nodes_[a].first, j = nodes_[b].first;
        const std::uint32_t end_i = i + nodes_[a].size, end_j = j + nodes_[b].size;
        while (i < end_i || j < end_j) {
            const bool in_a = j == end_j || (i < end_i && legs_[i] <= legs_[j]);
            const bool in_b = i == end_i || (j < end_j && legs_[j] <= legs_[i]);
            const std::uint32_t label = in_a ? legs_[i] : legs_[j];
            touched *= problem_.extent[label];
            if (in_a && in_b) {
                if (uses_[label]-- > 2) {
                    const auto h = holders(label);
                    *std::find(h.begin(), h.end(), b) = h.back();
                    --held_[label];
                    replace(label, a);
                    keep(label);
                }
            } else {
                replace(label, in_a ? a : b);
                keep(label);
            }
            if (in_a) ++i;
            if (in_b) ++j;
        }
        c.size = static_cast<std::uint32_t>(legs_.size()) - c.first;
        result_.steps.push_back({a, b});
        result_.price +=
            problem_.price(nodes_[a].volume, nodes_[b].volume, c.volume, touched) * problem_.runs[c.depends];
        nodes_[a].alive = nodes_[b].alive = false;
        nodes_.push_back(c);
        return made;
    }

    /// Merges tensors into one that has all their labels, the smallest such one; again for what that makes.
    void absorb() {
        std::vector<std::uint32_t> queue;
        for (std::uint32_t i = 0; i < nodes_.size(); ++i) queue.push_back(i);
        for (std::size_t next = 0; next < queue.size(); ++next) {
            const std::uint32_t i = queue[next];
            if (!nodes_[i].alive || nodes_[i].size == 0) continue;
            const auto l = legs(i);
            const std::uint32_t rarest = *std::min_element(
                l.begin(), l.end(), [&](std::uint32_t x, std::uint32_t y) { return held_[x] < held_[y]; });
            std::uint32_t host = i;
            for (const std::uint32_t j : holders(rarest)) {
                if (j == i || nodes_[j].size < nodes_[i].size || (host != i && nodes_[j].volume >= nodes_[host].volume))
                    continue;
                const auto of = legs(j);
                if (std::includes(of.begin(), of.end(), l.begin(), l.end())) host = j;
            }
            if (host != i) queue.push_back(merge(host, i));
        }
    }

    /// Multiplies what shares no label, the two smallest first.
    void join_parts() {
        using entry = std::pair<double, std::uint32_t>;
        std::priority_queue<entry, std::vector<entry>, std::greater<>> left;
        for (std::uint32_t i = 0; i < nodes_.size(); ++i)
            if (nodes_[i].alive) left.emplace(nodes_[i].volume, i);
        while (left.size() > 1) {
            const std::uint32_t a = left.top().second;
            left.pop();
            const std::uint32_t b = left.top().second;
            left.pop();
            const std::uint32_t made = merge(a, b);
            left.emplace(nodes_[made].volume, made);
        }
    }

    const problem& problem_;
    std::array<float, 4096> noise_{};  ///< quantiles of the Gumbel distribution
    std::vector<std::uint32_t> legs_, start_legs_;
    std::vector<node> nodes_, start_nodes_;
    std::vector<std::uint32_t> holders_, start_holders_;  ///< tensors with a label, from first_holder_ on
    std::vector<std::uint32_t> first_holder_;
    std::vector<std::uint32_t> held_, start_held_;  ///< how many tensors hold the label
    std::vector<std::uint32_t> uses_, start_uses_;  ///< the same, and one for the output
    draft result_, start_steps_;
    std::vector<pair> start_pairs_, found_;
    std::vector<double> product_;
    std::vector<std::uint32_t> touched_;
    std::vector<candidate> heap_;
};

}  // namespace xtn::graph::detail
