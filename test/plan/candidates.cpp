// SPDX-License-Identifier: BSD-3-Clause
// The few best orders: the first is the best, none is left out, each costs what it says.
#include <algorithm>
#include <cstddef>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <xtn/plan/candidates.hpp>

#include "../oracle.hpp"
#include "orders.hpp"

BOOST_AUTO_TEST_SUITE(candidates)

namespace {

/// The cost of every sequence of pairwise contractions; a tree occurs once for each order of its steps.
void all_costs(const orders::sets& s, const std::vector<std::set<char>>& tensors, const xtn::cost_model& model,
               double so_far, std::vector<double>& costs) {
    if (tensors.size() == 1) return costs.push_back(so_far);
    for (std::size_t i = 0; i < tensors.size(); ++i)
        for (std::size_t j = i + 1; j < tensors.size(); ++j) {
            const orders::merged m = orders::merge(tensors, i, j, s.output);
            std::vector<std::set<char>> rest;
            for (std::size_t t = 0; t < tensors.size(); ++t)
                if (t != i && t != j) rest.push_back(tensors[t]);
            rest.push_back(m.kept);
            all_costs(s, rest, model, so_far + orders::step_cost(s, tensors[i], tensors[j], m, model), costs);
        }
}

}  // namespace

BOOST_AUTO_TEST_CASE(are_the_best_orders) {
    test::random r(81);
    const xtn::cost_model model;
    std::size_t several = 0;
    for (int repeat = 0; repeat < 200; ++repeat) {
        const auto n = test::make_random_network(r, 5, 1e6);
        if (n.net.operands < 3) continue;
        const orders::sets s = orders::as_sets(n);
        const auto trees = xtn::candidate_orders(n.net, orders::extents_of(n), model);
        std::vector<double> costs;
        all_costs(s, s.operand, model, 0, costs);
        std::sort(costs.begin(), costs.end());
        const auto close = static_cast<std::size_t>(
            std::count_if(costs.begin(), costs.end(), [&](double c) { return c <= 1.5 * costs[0] * (1 - 1e-9); }));
        several += trees.size() > 1;
        BOOST_TEST_CONTEXT(n.labels) {
            BOOST_TEST(trees.size() <= 6u);
            BOOST_CHECK_CLOSE(trees[0].seconds, costs[0], 1e-9);
            for (std::size_t i = 0; i < trees.size(); ++i) {
                BOOST_CHECK_CLOSE(orders::cost_of(s, trees[i], model), trees[i].seconds, 1e-9);
                BOOST_TEST(trees[i].seconds <= 1.5 * costs[0] * (1 + 1e-9));
                if (i > 0) BOOST_TEST(trees[i].seconds >= trees[i - 1].seconds);
            }
            if (close > 0 && trees.size() < 6) BOOST_CHECK_CLOSE(trees.back().seconds, costs[close - 1], 1e-6);
        }
    }
    BOOST_TEST(several > 20u);
}

BOOST_AUTO_TEST_CASE(few_and_many_operands_have_one) {
    test::random r(82);
    for (int repeat = 0; repeat < 60; ++repeat) {
        const auto n = test::make_random_network(r, 10, 1e7);
        if (n.net.operands > 2 && n.net.operands < 7) continue;
        BOOST_TEST(xtn::candidate_orders(n.net, orders::extents_of(n), {}).size() == 1u);
    }
}

BOOST_AUTO_TEST_SUITE_END()
