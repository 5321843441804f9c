// SPDX-License-Identifier: BSD-3-Clause
// Networks without loops: chains, such as products of matrices, and trees of tensors.
//
// Outer products apart, chains are solved exactly by the interval programme along the chain, and trees with open labels by
// that over subtrees (subtrees.hpp) where these are few. In a tree without open labels messages flow to one tensor, and every tensor takes those of its neighbours, the longest bond first: each message read costs
// the volume that is left, so the volumes fall as fast as they can (test/graph/search.cpp compares with all such orders).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include <xtn/graph/interval.hpp>
#include <xtn/graph/problem.hpp>

namespace xtn::graph::detail {

/// Neighbours of each tensor with the volume of the bond, where the network is connected and has no loop.
class acyclic {
public:
    /// All labels that two tensors share, as one bond.
    struct edge {
        std::uint32_t x, y;
        double extent;
    };

    /// None where the network has a loop, a hyperedge or several parts.
    static std::optional<acyclic> find(const problem& p) {
        const std::size_t n = p.tensors();
        std::vector<std::vector<std::uint32_t>> holders(p.labels());
        for (std::uint32_t i = 0; i < n; ++i)
            for (const std::uint32_t l : p.legs[i]) holders[l].push_back(i);
        acyclic a;
        a.neighbours_.resize(n);
        std::size_t bonds = 0;
        for (std::size_t l = 0; l < p.labels(); ++l) {
            if (holders[l].size() > 2) return std::nullopt;
            if (holders[l].size() < 2) {
                a.closed_ = a.closed_ && holders[l].empty();
                continue;
            }
            if (p.kept[l] != 0) return std::nullopt;
            const std::uint32_t x = holders[l][0], y = holders[l][1];
            const auto known = std::find_if(a.neighbours_[x].begin(), a.neighbours_[x].end(),
                                            [&](const bond& b) { return b.to == y; });
            if (known == a.neighbours_[x].end()) {
                if (++bonds == n) return std::nullopt;
                a.neighbours_[x].push_back({y, p.extent[l]});
                a.neighbours_[y].push_back({x, p.extent[l]});
            } else {
                known->extent *= p.extent[l];
                std::find_if(a.neighbours_[y].begin(), a.neighbours_[y].end(), [&](const bond& b) {
                    return b.to == x;
                })->extent *= p.extent[l];
            }
        }
        if (a.order_from(0).size() != n) return std::nullopt;
        for (auto& bonds_of : a.neighbours_)
            std::stable_sort(bonds_of.begin(), bonds_of.end(),
                             [](const bond& x, const bond& y) { return x.extent > y.extent; });
        for (std::size_t i = 0; i < n; ++i) a.volume_.push_back(p.volume(p.legs[i]));
        return a;
    }

    bool is_chain() const {
        return std::all_of(neighbours_.begin(), neighbours_.end(), [](const auto& b) { return b.size() <= 2; });
    }
    /// Whether every label is a bond, so that the result is a number.
    bool is_closed() const { return closed_; }
    /// The tensors in the order in which a walk from the best root meets them: for a chain from end to end, for a tree each
    /// tensor before the subtrees that send it messages, the longest bond first.
    std::vector<std::uint32_t> order() const {
        std::uint32_t root = 0;
        if (is_chain()) {
            while (neighbours_[root].size() > 1) ++root;
        } else {
            double least = std::numeric_limits<double>::infinity();
            for (std::uint32_t i = 0; i < neighbours_.size(); ++i)
                if (const double price = messages_to(i); price < least) {
                    least = price;
                    root = i;
                }
        }
        return order_from(root);
    }

    std::size_t tensors() const { return neighbours_.size(); }
    std::vector<edge> bonds() const {
        std::vector<edge> all;
        for (std::uint32_t x = 0; x < tensors(); ++x)
            for (const bond& b : neighbours_[x])
                if (x < b.to) all.push_back({x, b.to, b.extent});
        return all;
    }
    /// The tensors that stay connected with e.x where the bond is cut, as bits; for up to 64 tensors.
    std::uint64_t side_of(const edge& e) const {
        std::uint64_t side = std::uint64_t{1} << e.x;
        for (std::uint64_t before = 0; before != side;) {
            before = side;
            for (std::uint32_t i = 0; i < tensors(); ++i)
                for (const bond& b : neighbours_[i])
                    if ((side >> i & 1) != 0 && !(i == e.x && b.to == e.y)) side |= std::uint64_t{1} << b.to;
        }
        return side;
    }
    /// How many sets of tensors are connected.
    double connected_subtrees() const {
        const std::vector<std::uint32_t> order = order_from(0);
        std::vector<std::size_t> place(tensors());
        for (std::size_t k = 0; k < order.size(); ++k) place[order[k]] = k;
        std::vector<double> below(tensors(), 1);  // those that contain a tensor and lie below it
        double sum = 0;
        for (std::size_t k = order.size(); k-- > 0;) {
            for (const bond& b : neighbours_[order[k]])
                if (place[b.to] > k) below[order[k]] *= 1 + below[b.to];
            sum += below[order[k]];
        }
        return sum;
    }

private:
    struct bond {
        std::uint32_t to;
        double extent;
    };
    std::vector<std::uint32_t> order_from(std::uint32_t root) const {
        std::vector<std::uint32_t> order, stack{root};
        std::vector<bool> seen(neighbours_.size());
        seen[root] = true;
        while (!stack.empty()) {
            const std::uint32_t i = stack.back();
            stack.pop_back();
            order.push_back(i);
            for (std::size_t b = neighbours_[i].size(); b-- > 0;)
                if (const std::uint32_t to = neighbours_[i][b].to; !seen[to]) {
                    seen[to] = true;
                    stack.push_back(to);
                }
        }
        return order;
    }
    /// Multiplications where all messages flow to the root.
    double messages_to(std::uint32_t root) const {
        double sum = 0;
        std::vector<std::pair<std::uint32_t, std::uint32_t>> stack{{root, root}};
        while (!stack.empty()) {
            const auto [i, parent] = stack.back();
            stack.pop_back();
            double volume = volume_[i];
            for (const bond& b : neighbours_[i]) {
                if (b.to == parent) continue;
                sum += volume;
                volume /= b.extent;
                stack.emplace_back(b.to, i);
            }
        }
        return sum;
    }

    std::vector<std::vector<bond>> neighbours_;
    std::vector<double> volume_;
    bool closed_ = true;
};

}  // namespace xtn::graph::detail
