// SPDX-License-Identifier: BSD-3-Clause
// Orders as values: SSA and linear form, there and back, and what is none.
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "networks.hpp"

BOOST_AUTO_TEST_SUITE(graph_tree)

using xtn::graph::path;
using xtn::graph::tree;

BOOST_AUTO_TEST_CASE(paths_of_opt_einsum_and_cotengra) {
    // numpy.einsum_path and opt_einsum: positions in what is left; cotengra's SSA: numbers that stay
    const tree linear = tree::from_linear({{0, 2}, {0, 1}, {0, 1}}, 4);
    BOOST_TEST((linear.ssa() == path{{0, 2}, {1, 3}, {4, 5}}));
    BOOST_TEST((tree::from_ssa({{2, 0}, {3, 1}, {5, 4}}, 4).linear() == path{{0, 2}, {0, 1}, {0, 1}}));
    // several at once are contracted from left to right; a single one stays as it is
    BOOST_TEST((tree::from_linear({{0}, {0, 1, 2}}, 3).ssa() == path{{1, 2}, {3, 0}}));
    BOOST_TEST((tree::from_ssa({{0}, {3, 1, 2}}, 3).ssa() == path{{0, 1}, {3, 2}}));
    BOOST_TEST(tree::from_linear({}, 1).steps().empty());
}

BOOST_AUTO_TEST_CASE(random_orders_there_and_back) {
    std::mt19937_64 random(1);
    for (std::size_t n = 1; n < 200; n += 1 + n / 8) {
        path linear;
        for (std::size_t left = n; left > 1; --left) {
            std::size_t i = random() % left, j = random() % (left - 1);
            if (j >= i) ++j;
            linear.push_back({std::min(i, j), std::max(i, j)});
        }
        const tree t = tree::from_linear(linear, n);
        BOOST_TEST(test::is_valid(t, n));
        BOOST_TEST((t.linear() == linear));
        BOOST_TEST((tree::from_ssa(t.ssa(), n) == t));
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_order_is_refused) {
    const auto refuses = [](auto make, const std::string& sentence) {
        BOOST_CHECK_EXCEPTION(make(), xtn::shape_error, [&](const xtn::shape_error& e) {
            return std::string(e.what()).find(sentence) != std::string::npos;
        });
    };
    refuses(
        [] {
            return tree::from_linear({{0, 1}, {0, 2}}, 3);
        },
        "contraction order: entry 1 names position 2, but 2 tensors are left then");
    refuses([] { return tree::from_linear({{1, 1}}, 2); }, "entry 0 names position 1 twice");
    refuses([] { return tree::from_linear({{0, 1}}, 3); }, "2 tensors are left at its end instead of one");
    refuses([] { return tree::from_linear({{0, 1}, {}}, 2); }, "entry 1 is empty");
    refuses([] { return tree::from_ssa({{0, 3}}, 3); }, "entry 0 names tensor 3, but only 3 exist then");
    refuses([] { return tree::from_ssa({{0, 1}, {0, 3}}, 3); }, "entry 1 names tensor 0, which was used before");
    refuses([] { return tree::from_ssa({{0, 0}}, 2); }, "entry 0 names tensor 0, which was used before");
    refuses([] { return tree::from_ssa({}, 0); }, "needs at least one tensor");
}

BOOST_AUTO_TEST_SUITE_END()
