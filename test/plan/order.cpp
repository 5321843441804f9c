// SPDX-License-Identifier: BSD-3-Clause
// Contraction orders: known optima, the exact search against all trees, the larger one against greedy and left to right.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <xtn/plan/order.hpp>

#include "../oracle.hpp"
#include "orders.hpp"

BOOST_AUTO_TEST_SUITE(contraction_order)

namespace {

constexpr xtn::label_extents extents(std::initializer_list<std::int64_t> list) {
    xtn::label_extents e{};
    std::size_t i = 0;
    for (const std::int64_t x : list) e[i++] = x;
    return e;
}

// The chain of four matrices 10-1000-10-1000-10: (AB)(CD) costs 2 * 10 * 1000 * 10 + 10^3 = 201,000 multiply-adds; left
// to right would cost 300,000, inside first 20,100,000.
constexpr xtn::network chain = xtn::parse_labels("ab,bc,cd,de->ae").network;
constexpr xtn::label_extents chain_extents = extents({10, 1000, 10, 1000, 10});
constexpr xtn::contraction_tree chain_tree =
    xtn::contraction_order(chain, chain_extents, xtn::cost_model::flops_only());
static_assert(chain_tree.flops == 402'000);
static_assert(chain_tree.seconds == 402'000);
static_assert(chain_tree.steps == 3);
static_assert(chain_tree.left[0] == 0 && chain_tree.right[0] == 1);
static_assert(chain_tree.left[1] == 2 && chain_tree.right[1] == 3);
static_assert(chain_tree.left[2] == 4 && chain_tree.right[2] == 5);
static_assert(xtn::contraction_order(chain, chain_extents).flops == 402'000);

// The matrix chain of Cormen, Leiserson, Rivest and Stein (section 14.2 in the 4th edition): 15,125 multiplications.
static_assert(xtn::contraction_order(xtn::parse_labels("ab,bc,cd,de,ef,fg->ag").network,
                                     extents({30, 35, 15, 5, 10, 20, 25}), xtn::cost_model::flops_only())
                  .flops == 2 * 15'125);

static_assert(xtn::contraction_order(xtn::parse_labels("ab->ba").network, extents({3, 4})).steps == 0);
static_assert(xtn::contraction_order(xtn::parse_labels("ab,bc").network, extents({3, 0, 5})).steps == 1);

xtn::contraction_tree left_to_right(std::size_t operands) {
    xtn::contraction_tree tree;
    std::size_t last = 0;
    for (std::size_t i = 1; i < operands; ++i) {
        tree.add(last, i);
        last = operands + i - 1;
    }
    return tree;
}

void check_exact(const xtn::cost_model& model, std::uint64_t seed) {
    test::random r(seed);
    for (int repeat = 0; repeat < 300; ++repeat) {
        const auto n = test::make_random_network(r, repeat % 30 == 0 ? 6 : 5, 1e6);
        const orders::sets s = orders::as_sets(n);
        const auto tree = xtn::contraction_order(n.net, orders::extents_of(n), model);
        const double best = orders::brute_force(s, s.operand, model);
        BOOST_TEST_CONTEXT(n.labels) {
            BOOST_CHECK_CLOSE(tree.seconds, best, 1e-9);
            BOOST_CHECK_CLOSE(orders::cost_of(s, tree, model), best, 1e-9);
        }
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_chain_at_run_time) {
    const auto tree = xtn::contraction_order(xtn::make_network("ab,bc,cd,de->ae"), chain_extents);
    BOOST_TEST(tree.flops == 402'000);
    BOOST_TEST((tree.left == chain_tree.left && tree.right == chain_tree.right));
}

BOOST_AUTO_TEST_CASE(exact_is_the_best_of_all_trees_in_flops) { check_exact(xtn::cost_model::flops_only(), 31); }
BOOST_AUTO_TEST_CASE(exact_is_the_best_of_all_trees_in_seconds) { check_exact({}, 32); }
BOOST_AUTO_TEST_CASE(exact_is_the_best_of_all_trees_in_double) { check_exact(xtn::cost_model::of<double>(), 33); }

// For a small batch the vector goes through the factors; for a large one the matrix is built first.
BOOST_AUTO_TEST_CASE(the_order_depends_on_the_batch) {
    const xtn::network net = xtn::make_network("bij,oir,rpj->bop");
    const auto first_step = [&](std::int64_t batch) {
        const auto tree = xtn::contraction_order(net, extents({batch, 16, 16, 16, 16, 16}));
        return tree.left[0] + tree.right[0] * 10;
    };
    BOOST_TEST(first_step(1) != 21);  // not the two cores
    BOOST_TEST(first_step(100'000) == 21);
}

// 9 to 16 operands: valid trees that are, over all, far better than left to right and never much worse.
BOOST_AUTO_TEST_CASE(beyond_eight_operands) {
    test::random r(34);
    double worst = 0, logarithms = 0;
    int count = 0;
    while (count < 40) {
        const auto n = test::make_random_network(r, 16, 1e9);
        if (n.net.operands <= xtn::max_exact_operands) continue;
        const orders::sets s = orders::as_sets(n);
        const xtn::cost_model model;
        const auto tree = xtn::contraction_order(n.net, orders::extents_of(n), model);
        const double found = orders::cost_of(s, tree, model);
        BOOST_CHECK_CLOSE(found, tree.seconds, 1e-9);
        const auto e = orders::extents_of(n);
        BOOST_TEST(found <= (1 + 1e-12) * xtn::detail::greedy_order(xtn::detail::network_sets(n.net),
                                                                    xtn::detail::volumes(e, n.net.labels), model)
                                              .seconds);
        const double ratio = found / orders::cost_of(s, left_to_right(n.net.operands), model);
        worst = std::max(worst, ratio);
        logarithms += std::log(ratio);
        ++count;
    }
    const double mean = std::exp(logarithms / count);
    BOOST_TEST_MESSAGE("beyond eight / left to right: mean " << mean << ", worst " << worst);
    BOOST_TEST(mean < 0.5);
    BOOST_TEST(worst < 1.5);
}

// A 4 x 4 grid of bond 8: opt_einsum's "dp" finds 3.44e6 multiplications and additions too.
constexpr xtn::network grid =
    xtn::parse_labels("ab,acd,cef,eg,bhi,dhjk,fjlm,gln,iop,koqr,mqst,nsu,pv,rvw,twx,ux->").network;
constexpr xtn::label_extents grid_extents = [] {
    xtn::label_extents e{};
    std::fill_n(e.begin(), 24, 8);
    return e;
}();
static_assert(xtn::compiled_order(grid, grid_extents, xtn::cost_model::flops_only())->flops <= 3.45e6);

BOOST_AUTO_TEST_CASE(a_grid_of_sixteen) {
    const auto tree = xtn::contraction_order(grid, grid_extents, xtn::cost_model::flops_only());
    BOOST_TEST(tree.flops <= 3.45e6);
    const auto with_gradients = xtn::contraction_order(grid, grid_extents, {}, 1);
    BOOST_TEST(with_gradients.seconds >= xtn::contraction_order(grid, grid_extents).seconds);
}

// What a compiler may look at is as good as what the table of all subsets holds.
BOOST_AUTO_TEST_CASE(capped_is_exact_too) {
    test::random r(36);
    int found = 0, asked = 0;
    for (int repeat = 0; repeat < 200; ++repeat) {
        const auto n = test::make_random_network(r, 12, 1e9);
        if (n.net.operands <= xtn::max_exact_operands) continue;
        const xtn::detail::network_sets net(n.net);
        const xtn::detail::volumes volume(orders::extents_of(n), n.net.labels);
        const xtn::cost_model model;
        for (const xtn::label_set gradients : {xtn::label_set{0}, xtn::label_set{0b101}}) {
            const double best = xtn::detail::connected_search(net, volume, model, gradients).tree().seconds;
            ++asked;
            if (const auto tree = xtn::detail::capped_search(net, volume, model, gradients).best(2 * best)) {
                BOOST_TEST(tree->seconds <= (1 + 1e-12) * best);
                BOOST_TEST(tree->seconds >= (1 - 1e-12) * best);
                ++found;
            }
        }
    }
    BOOST_TEST_MESSAGE(found << " of " << asked << " orders found");
    BOOST_TEST(asked > 50);
    BOOST_TEST(10 * found > asked);
}

// On networks small enough for both, what greedy gives away.
BOOST_AUTO_TEST_CASE(greedy_is_close_to_exact) {
    test::random r(35);
    double logarithms = 0;
    for (int repeat = 0; repeat < 300; ++repeat) {
        const auto n = test::make_random_network(r, 8, 1e7);
        const auto e = orders::extents_of(n);
        const xtn::detail::network_sets net(n.net);
        const xtn::detail::volumes volume(e, n.net.labels);
        const double greedy = xtn::detail::greedy_order(net, volume, {}).seconds;
        const double exact = xtn::detail::exact_order(net, volume, {}).seconds;
        BOOST_TEST(greedy >= exact * (1 - 1e-12));
        if (exact > 0) logarithms += std::log(greedy / exact);
    }
    BOOST_TEST_MESSAGE("greedy / exact: mean " << std::exp(logarithms / 300));
    BOOST_TEST(std::exp(logarithms / 300) < 1.1);
}

BOOST_AUTO_TEST_SUITE_END()
