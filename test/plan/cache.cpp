// SPDX-License-Identifier: BSD-3-Clause
// The cache of plans: what was asked before is found, for as many shapes and networks as take turns; whoever was given a
// plan owns it.
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <xtn/plan/cache.hpp>

BOOST_AUTO_TEST_SUITE(cache)

namespace {

/// The plan of a matrix product 2 x n x 3.
std::shared_ptr<xtn::planned> product(xtn::plan_cache& cache, std::int64_t n, const std::string& labels = "ab,bc->ac",
                                      const xtn::plan_options& options = {}) {
    const xtn::network net = xtn::make_network(labels);
    const std::array shapes{xtn::geometry::row_major(std::array<std::int64_t, 2>{2, n}),
                            xtn::geometry::row_major(std::array<std::int64_t, 2>{n, 3})};
    const xtn::label_extents extent = xtn::infer_extents(net, shapes.data());
    return cache.find(net, shapes.data(), xtn::output_geometry(net, extent), options);
}

/// How many of the shapes, taking turns, find the plan that they had in the round before.
std::size_t found_again(xtn::plan_cache& cache, std::int64_t shapes, int rounds) {
    std::vector<std::shared_ptr<xtn::planned>> before(static_cast<std::size_t>(shapes));
    std::size_t found = 0;
    for (int round = 0; round < rounds; ++round)
        for (std::int64_t n = 0; n < shapes; ++n) {
            const auto plans = product(cache, n + 1);
            auto& mine = before[static_cast<std::size_t>(n)];
            found += plans == mine;
            mine = plans;
        }
    return found;
}

}  // namespace

BOOST_AUTO_TEST_CASE(shapes_that_take_turns_are_found) {
    for (const std::int64_t shapes : {1, 2, 65, 700}) {
        xtn::plan_cache plans;
        BOOST_TEST(found_again(plans, shapes, 2) == static_cast<std::size_t>(shapes));
    }
}

BOOST_AUTO_TEST_CASE(one_shape_too_many_costs_little) {
    for (const std::int64_t capacity : {16, 64}) {
        xtn::plan_cache plans(static_cast<std::size_t>(capacity));
        const int rounds = 21;
        const std::size_t questions = static_cast<std::size_t>(capacity + 1) * (rounds - 1);
        BOOST_TEST(found_again(plans, capacity + 1, rounds) > questions * 3 / 4);
    }
    xtn::plan_cache smallest(0);  // keeps one
    BOOST_TEST(found_again(smallest, 1, 3) == 2U);
    BOOST_TEST(found_again(smallest, 2, 3) == 0U);
}

BOOST_AUTO_TEST_CASE(what_is_used_most_stays) {
    xtn::plan_cache plans(32);
    std::size_t found = 0;
    std::shared_ptr<xtn::planned> mine;
    for (std::int64_t n = 2; n < 1000; ++n) {  // never the same again, but for one
        static_cast<void>(product(plans, n));
        const auto now = product(plans, 1);
        found += now == mine;
        mine = now;
    }
    BOOST_TEST(found > 990U);
}

BOOST_AUTO_TEST_CASE(a_plan_belongs_to_who_was_given_it) {
    xtn::plan_cache plans(4);
    const auto mine = product(plans, 7);
    for (std::int64_t n = 10; n < 40; ++n) static_cast<void>(product(plans, n));
    BOOST_TEST(mine->forward().problem.extent[1] == 7);
    BOOST_TEST(mine->pullback(0b11).steps.size() == 2U);
}

BOOST_AUTO_TEST_CASE(different_questions_have_different_answers) {
    xtn::plan_cache plans;
    const xtn::contraction_tree given = [] {
        xtn::contraction_tree t;
        t.add(1, 0);
        return t;
    }();
    const auto ask = [&] {
        return std::vector{
            product(plans, 5),
            product(plans, 6),
            product(plans, 5, "ab,bc->ca"),
            product(plans, 5, "ij,jk->ik"),
            product(plans, 5, "ab,bc->a"),
            product(plans, 5, "ab,bc->abc"),
            product(plans, 5, "ab,bc->ac", {.model = xtn::cost_model::of<double>()}),
            product(plans, 5, "ab,bc->ac", {.gradients = 0b01}),
            product(plans, 5, "ab,bc->ac", {.gradients = 0b11}),
            product(plans, 5, "ab,bc->ac", {.gradients = 0b11, .kept = xtn::residuals::recompute}),
            product(plans, 5, "ab,bc->ac", {.tree = &given}),
        };
    };
    const auto first = ask();
    for (std::size_t i = 0; i < first.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) BOOST_TEST(first[i] != first[j], i << " and " << j << " share a plan");
    BOOST_TEST((ask() == first));
    BOOST_TEST(xtn::to_string(first[3]->forward().problem.net) == "ij,jk->ik");
}

// Networks of run time share one cache of the thread.
BOOST_AUTO_TEST_CASE(networks_that_take_turns_are_found) {
    const std::string letters = "abcdefghijklmnopqrstuvwxyz";
    std::vector<std::string> networks;
    for (const char x : letters)
        for (const char y : letters)
            if (x != y && x != 'b' && y != 'b') networks.push_back({x, 'b', ',', 'b', y});
    BOOST_TEST(networks.size() == 600U);
    std::vector<xtn::planned*> first, second;
    for (const auto& net : networks) first.push_back(product(xtn::run_time_plans(), 5, net).get());
    for (const auto& net : networks) second.push_back(product(xtn::run_time_plans(), 5, net).get());
    BOOST_TEST((first == second));
}

BOOST_AUTO_TEST_SUITE_END()
