// SPDX-License-Identifier: BSD-3-Clause
// An independent view of contraction orders: sets of letters, all trees by brute force, the cost of a given tree.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <xtn/plan/order.hpp>

#include "../oracle.hpp"

namespace orders {

/// A network for the brute force: sets of letters and extents by letter.
struct sets {
    std::vector<std::set<char>> operand;
    std::set<char> output;
    std::map<char, double> extent;

    double volume(const std::set<char>& s) const {
        double v = 1;
        for (const char c : s) v *= extent.at(c);
        return v;
    }
};

inline sets as_sets(const test::random_network& n) {
    sets s;
    for (std::size_t i = 0; i < n.net.operands; ++i) {
        s.operand.emplace_back();
        for (std::size_t a = 0; a < n.net.operand[i].rank(); ++a) {
            const char c = n.net.name[n.net.operand[i][a]];
            s.operand[i].insert(c);
            s.extent[c] = static_cast<double>(n.shapes[i][a]);
        }
    }
    for (const xtn::label l : n.net.output) s.output.insert(n.net.name[l]);
    // Labels of one operand alone are summed before the first step.
    for (std::size_t i = 0; i < s.operand.size(); ++i)
        std::erase_if(s.operand[i], [&](char c) {
            std::size_t uses = s.output.count(c);
            for (const auto& o : s.operand) uses += o.count(c);
            return uses == 1;
        });
    return s;
}

struct merged {
    std::set<char> kept, touched;
};

inline merged merge(const std::vector<std::set<char>>& tensors, std::size_t i, std::size_t j,
                    const std::set<char>& output) {
    merged m;
    std::set_union(tensors[i].begin(), tensors[i].end(), tensors[j].begin(), tensors[j].end(),
                   std::inserter(m.touched, m.touched.end()));
    for (const char c : m.touched) {
        bool needed = output.count(c) > 0;
        for (std::size_t t = 0; t < tensors.size(); ++t)
            needed = needed || (t != i && t != j && tensors[t].count(c) > 0);
        if (needed) m.kept.insert(c);
    }
    return m;
}

inline double step_cost(const sets& s, const std::set<char>& a, const std::set<char>& b, const merged& m,
                        const xtn::cost_model& model) {
    return xtn::detail::step_seconds(model, s.volume(a), s.volume(b), s.volume(m.kept), s.volume(m.touched));
}

/// The cheapest of all sequences of pairwise contractions.
inline double brute_force(const sets& s, const std::vector<std::set<char>>& tensors, const xtn::cost_model& model) {
    if (tensors.size() == 1) return 0;
    double best = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < tensors.size(); ++i)
        for (std::size_t j = i + 1; j < tensors.size(); ++j) {
            const merged m = merge(tensors, i, j, s.output);
            std::vector<std::set<char>> rest;
            for (std::size_t t = 0; t < tensors.size(); ++t)
                if (t != i && t != j) rest.push_back(tensors[t]);
            rest.push_back(m.kept);
            best = std::min(best, step_cost(s, tensors[i], tensors[j], m, model) + brute_force(s, rest, model));
        }
    return best;
}

/// The cost of a tree, which is checked to use every tensor once and after it was made.
inline double cost_of(const sets& s, const xtn::contraction_tree& tree, const xtn::cost_model& model) {
    std::vector<std::set<char>> all = s.operand;
    std::vector<bool> used(s.operand.size() + tree.steps);
    double seconds = 0;
    BOOST_REQUIRE_EQUAL(tree.steps + 1u, s.operand.size());
    for (std::size_t step = 0; step < tree.steps; ++step) {
        const std::size_t l = tree.left[step], r = tree.right[step];
        BOOST_REQUIRE(l < all.size());
        BOOST_REQUIRE(r < all.size());
        BOOST_REQUIRE(l != r);
        BOOST_REQUIRE(!used[l]);
        BOOST_REQUIRE(!used[r]);
        used[l] = used[r] = true;
        std::vector<std::set<char>> alive{all[l], all[r]};
        for (std::size_t t = 0; t < all.size(); ++t)
            if (!used[t]) alive.push_back(all[t]);
        const merged m = merge(alive, 0, 1, s.output);
        seconds += step_cost(s, all[l], all[r], m, model);
        all.push_back(m.kept);
    }
    return seconds;
}

inline xtn::label_extents extents_of(const test::random_network& n) {
    std::vector<xtn::geometry> g;
    for (const auto& s : n.shapes) g.push_back(xtn::geometry::row_major(s));
    return xtn::infer_extents(n.net, g.data());
}

}  // namespace orders
