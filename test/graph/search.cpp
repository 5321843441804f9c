// SPDX-License-Identifier: BSD-3-Clause
// The search: exact where it says so, valid always, as good as the numbers that it is measured by, and decided by its seed.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <xtn/train/thread_pool.hpp>

#include "networks.hpp"

BOOST_AUTO_TEST_SUITE(graph_search)

using namespace xtn::graph;

namespace {

/// The least multiplications of all trees, outer products included, by trying every pair at every stage.
double exhaustive(const network& net) {
    struct part {
        std::vector<bool> tensors;
    };
    const std::size_t n = net.tensors();
    const auto open = [&](const std::vector<bool>& in) {  // labels that the contracted part still has
        std::vector<bool> inside(net.labels()), outside(net.labels());
        for (std::size_t i = 0; i < n; ++i)
            for (const auto l : net.input(i)) (in[i] ? inside : outside)[l] = true;
        for (const auto l : net.output()) outside[l] = true;
        for (std::size_t l = 0; l < net.labels(); ++l) inside[l] = inside[l] && outside[l];
        return inside;
    };
    std::function<double(const std::vector<std::vector<bool>>&)> best = [&](const auto& parts) {
        if (parts.size() == 1) return 0.0;
        double least = std::numeric_limits<double>::infinity();
        for (std::size_t i = 0; i < parts.size(); ++i)
            for (std::size_t j = i + 1; j < parts.size(); ++j) {
                double touched = 1;
                const auto a = open(parts[i]), b = open(parts[j]);
                for (std::size_t l = 0; l < net.labels(); ++l)
                    if (a[l] || b[l]) touched *= static_cast<double>(net.extent(static_cast<label_id>(l)));
                auto rest = parts;
                for (std::size_t k = 0; k < n; ++k) rest[i][k] = rest[i][k] || rest[j][k];
                rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(j));
                least = std::min(least, touched + best(rest));
            }
        return least;
    };
    std::vector<std::vector<bool>> parts(n, std::vector<bool>(n));
    for (std::size_t i = 0; i < n; ++i) parts[i][i] = true;
    return best(parts);
}

double multiplications(const network& net, const search_options& options = {}) {
    return measure(net, search(net, options)).multiplications;
}

}  // namespace

BOOST_AUTO_TEST_CASE(few_tensors_are_searched_exactly) {
    std::mt19937_64 random(2);
    for (int trial = 0; trial < 60; ++trial) {
        const network net = test::random_network(random, 2 + trial % 5, 7, 4, 1, 5).net();
        BOOST_TEST(multiplications(net) == exhaustive(net), boost::test_tools::tolerance(1e-9));
    }
}

BOOST_AUTO_TEST_CASE(chains_are_solved_exactly) {
    std::mt19937_64 random(3);
    for (const std::size_t n : {12u, 40u, 100u}) {
        std::vector<std::vector<int>> inputs;
        std::map<int, std::int64_t> sizes;
        for (int i = 0; i < static_cast<int>(n); ++i) {
            inputs.push_back({i, i + 1});
            sizes[i] = 2 + static_cast<std::int64_t>(random() % 30);
        }
        sizes[static_cast<int>(n)] = 7;
        std::shuffle(inputs.begin(), inputs.end(), random);
        // Godbole's programme on the dimensions
        std::vector<std::vector<double>> best(n, std::vector<double>(n, 0));
        for (std::size_t length = 2; length <= n; ++length)
            for (std::size_t i = 0; i + length <= n; ++i) {
                const std::size_t j = i + length - 1;
                best[i][j] = std::numeric_limits<double>::infinity();
                for (std::size_t m = i; m < j; ++m)
                    best[i][j] = std::min(best[i][j], best[i][m] + best[m + 1][j] +
                                                          static_cast<double>(sizes[static_cast<int>(i)] *
                                                                              sizes[static_cast<int>(m + 1)] *
                                                                              sizes[static_cast<int>(j + 1)]));
            }
        const network net = network::make<int>(inputs, {0, static_cast<int>(n)}, sizes);
        BOOST_TEST(multiplications(net) <= best[0][n - 1] * (1 + 1e-9));
    }
}

BOOST_AUTO_TEST_CASE(messages_are_the_best_order_of_closed_trees_without_outer_products) {
    std::mt19937_64 random(4);
    int found = 0;
    for (int trial = 0; trial < 300; ++trial) {
        const int n = 3 + trial % 9;
        std::vector<std::vector<int>> inputs(static_cast<std::size_t>(n));
        std::map<int, std::int64_t> sizes;
        for (int i = 1; i < n; ++i) {
            const auto to = static_cast<std::size_t>(random() % static_cast<unsigned>(i));
            inputs[static_cast<std::size_t>(i)].push_back(i);
            inputs[to].push_back(i);
            sizes[i] = 2 + static_cast<std::int64_t>(random() % 9);
        }
        const network net = network::make<int>(inputs, {}, sizes);
        const auto p = detail::make_problem(net, {}, detail::step_price{});
        const auto tree = detail::acyclic::find(p);
        BOOST_REQUIRE(tree.has_value());
        BOOST_TEST(tree->is_closed());
        BOOST_TEST(detail::interval_order(p, tree->order()).price <=
                   (1 + 1e-9) * detail::searcher::exact(p, true).price);
        ++found;
    }
    BOOST_TEST(found == 300);
}

BOOST_AUTO_TEST_CASE(trees_with_open_labels_are_exact_where_their_subtrees_are_few) {
    std::mt19937_64 random(6);
    for (int trial = 0; trial < 200; ++trial) {
        const int n = 3 + trial % 10;
        std::vector<std::vector<int>> inputs(static_cast<std::size_t>(n));
        std::map<int, std::int64_t> sizes;
        std::vector<int> output;
        for (int i = 0; i < n; ++i) {
            const auto axes = static_cast<std::size_t>(i);
            if (random() % 2 == 0) {
                output.push_back(100 + i);
                inputs[axes].push_back(100 + i);
                sizes[100 + i] = 2 + static_cast<std::int64_t>(random() % 5);
            }
            if (i == 0) continue;
            inputs[axes].push_back(i);
            inputs[random() % axes].push_back(i);
            sizes[i] = 2 + static_cast<std::int64_t>(random() % 9);
        }
        const network net = network::make<int>(inputs, output, sizes);
        const auto what = static_cast<objective>(trial % 3);
        const auto p = detail::make_problem(net, {}, detail::step_price(what, {}));
        const auto tree = detail::acyclic::find(p);
        BOOST_REQUIRE(tree.has_value());
        BOOST_REQUIRE(detail::subtree_search::can(*tree));
        const detail::draft found = detail::subtree_search(p, *tree).run();
        BOOST_TEST(found.price == detail::searcher::exact(p, true).price, boost::test_tools::tolerance(1e-9));
        BOOST_TEST(detail::bit_tree(p, found.steps).price() == found.price, boost::test_tools::tolerance(1e-9));
    }
    // a binary tree of 15 tensors has f(d) = (1 + f(d - 1))^2 subtrees with a root d levels up; a star of 63 has too many
    std::vector<std::vector<int>> binary(15), star(63);
    std::map<int, std::int64_t> sizes;
    for (int i = 1; i < 63; ++i) {
        sizes[i] = 2;
        if (i < 15) binary[static_cast<std::size_t>(i)].push_back(i);
        if (i < 15) binary[static_cast<std::size_t>((i - 1) / 2)].push_back(i);
        star[0].push_back(i);
        star[static_cast<std::size_t>(i)].push_back(i);
    }
    const auto tree_of = [&](const std::vector<std::vector<int>>& inputs) {
        return *detail::acyclic::find(
            detail::make_problem(network::make<int>(inputs, {}, sizes), {}, detail::step_price{}));
    };
    BOOST_TEST(tree_of(binary).connected_subtrees() == 676 + 2 * 25 + 4 * 4 + 8);
    BOOST_TEST(!detail::subtree_search::can(tree_of(star)));
}

BOOST_AUTO_TEST_CASE(every_order_of_every_seed_is_valid) {
    std::mt19937_64 random(5);
    for (int trial = 0; trial < 3000; ++trial) {
        const int n = trial % 20 == 0 ? 10 + trial % 31 : 1 + trial % 9;
        const network net = test::random_network(random, n, 1 + n, 5, 0, 3).net();
        search_options options{.minimise = static_cast<objective>(trial % 3), .samples = 2, .seed = random()};
        const order o = search(net, options);
        BOOST_TEST(test::is_valid(o.tree, net.tensors()));
        if (trial % 4 == 0 && measure(net, o).peak > 64) {
            try {
                const order sliced = search(net, options, measure(net, o).peak / 3);
                BOOST_TEST(test::is_valid(sliced.tree, net.tensors()));
                BOOST_TEST(measure(net, sliced).peak <= measure(net, o).peak / 3 * (1 + 1e-9));
            } catch (const xtn::error&) {
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(the_seed_decides_whatever_the_threads) {
    const network net = test::lattice(6, 8, 3);
    const order alone = search(net, {.seed = 3});
    xtn::thread_pool pool(3);
    BOOST_TEST((search(net, {.seed = 3, .workers = pool}) == alone));
    BOOST_TEST((search(net, {.seed = 3}) == alone));
}

BOOST_AUTO_TEST_CASE(objectives_make_small_what_they_say) {
    const network net = test::lattice(5, 9, 4);
    const costs by_flops = measure(net, search(net, {.minimise = objective::flops}));
    const costs by_memory = measure(net, search(net, {.minimise = objective::memory}));
    const costs by_seconds = measure(net, search(net, {.minimise = objective::seconds}));
    BOOST_TEST(by_flops.multiplications <= by_memory.multiplications * (1 + 1e-9));
    BOOST_TEST(by_flops.multiplications <= by_seconds.multiplications * (1 + 1e-9));
    BOOST_TEST(by_memory.largest <= by_flops.largest);
}

BOOST_AUTO_TEST_CASE(what_does_not_change_is_made_apart) {
    // a long product of constants with one changing end: the constants are to be contracted first
    std::vector<std::vector<int>> inputs;
    std::map<int, std::int64_t> sizes;
    for (int i = 0; i < 12; ++i) {
        inputs.push_back({i, i + 1});
        sizes[i] = 4;
    }
    sizes[12] = 4;
    inputs.push_back({0});
    const network net = network::make<int>(inputs, {12}, sizes);
    search_options options;
    options.changing = {12};
    const order o = search(net, options);
    std::vector<bool> changing(o.tree.nodes());
    changing[12] = true;
    int steps = 0;
    for (std::size_t s = 0; s < o.tree.steps().size(); ++s) {
        changing[13 + s] = changing[o.tree.steps()[s][0]] || changing[o.tree.steps()[s][1]];
        steps += changing[13 + s] ? 1 : 0;
    }
    BOOST_TEST(steps == 1);
    BOOST_CHECK_THROW(search(net, {.changing = {13}}), xtn::shape_error);
}

BOOST_AUTO_TEST_CASE(a_thousand_tensors_and_more) {
    const network net = test::lattice(32, 32, 2);
    const order o = search(net, {.samples = 8});
    BOOST_TEST(test::is_valid(o.tree, 1024));
    BOOST_TEST(std::log10(measure(net, o).multiplications) < 15);
    const network large = test::lattice(3, 1000, 2);
    const order p = search(large, {.samples = 4});
    BOOST_TEST(test::is_valid(p.tree, 3000));
    BOOST_TEST(measure(large, p).multiplications < 2e5);
}

BOOST_AUTO_TEST_SUITE_END()
