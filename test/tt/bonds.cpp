// SPDX-License-Identifier: BSD-3-Clause
// Rounding keeps its promise with bonds that are minimal; growing a bond changes nothing but what can be learnt.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <limits>
#include <random>
#include <span>
#include <vector>

#include <xtn/tt/algebra.hpp>

#include "random_matrix.hpp"

BOOST_AUTO_TEST_SUITE(tt_bonds)

namespace {

namespace tt = xtn::tt;
using list = std::vector<std::size_t>;
using random_matrix::relative_distance, random_matrix::says, random_matrix::tight;

/// A state whose bond indices are damped, so that it can be compressed.
template <class T>
tt::mps<T> compressible(std::mt19937_64& engine) {
    const std::size_t n = random_matrix::between(engine, 1, 5);
    auto cores =
        random_matrix::state<T>(random_matrix::extents(engine, n, 4), random_matrix::extents(engine, n - 1, 10), engine)
            .cores();
    const double decay = 0.2 + 0.3 * (random_matrix::uniform(engine) + 1);
    for (auto& core : cores)
        for (std::size_t i = 0; i < core.size(); ++i)
            core.data()[i] *= static_cast<xtn::real_of<T>>(std::pow(decay, static_cast<double>(i % core.shape(2))));
    return tt::mps<T>(std::move(cores));
}

/// The distance from x to its best approximation with so large a bond k.
template <class T>
double optimal_tail(const xt::xtensor<T, 1>& x, const list& sites, std::size_t k, std::size_t bond) {
    std::size_t rows = 1;
    for (std::size_t j = 0; j <= k; ++j) rows *= sites[j];
    auto unfolding = xt::xtensor<T, 2>::from_shape({rows, x.size() / rows});
    std::copy(x.begin(), x.end(), unfolding.begin());
    const auto f = tt::svd(unfolding);
    const std::span<const xtn::real_of<T>> s(f.s);
    return tt::frobenius_norm(s.subspan(std::min(bond, s.size())));
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(rounding_keeps_its_promise, T, random_matrix::scalars) {
    std::mt19937_64 engine(71);
    int truncated = 0;
    for (int trial = 0; trial < 150; ++trial) {
        const auto x = compressible<T>(engine);
        const auto dense = x.to_dense();
        const double size = random_matrix::norm(dense);
        const double tolerance = std::pow(10.0, 1.5 * (random_matrix::uniform(engine) - 1));  // 1e-3 to 1
        const auto [y, error] = tt::round(x, {.tolerance = tolerance});
        BOOST_TEST(error <= tolerance);
        BOOST_TEST(std::abs(relative_distance(y.to_dense(), dense) - error) <= tight<T>);
        BOOST_TEST((y.centre() == y.site_count() - 1));
        BOOST_TEST(random_matrix::canonical_defect(y, y.site_count() - 1) <= tight<T>);
        truncated += y.bonds() != x.bonds();

        // One less at any bond would leave more than the step's share, even from the exact state.
        const double share = tolerance / std::sqrt(std::max<double>(static_cast<double>(x.site_count()) - 1, 1));
        for (std::size_t k = 0; k + 1 < x.site_count(); ++k)
            if (const std::size_t bond = y.bonds()[k]; bond > 1)
                BOOST_TEST(optimal_tail(dense, x.sites(), k, bond - 1) > share * size * (1 - tight<T>));
    }
    BOOST_TEST(truncated > 80);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(rounding_by_bond_is_quasi_optimal, T, random_matrix::scalars) {
    std::mt19937_64 engine(72);
    for (int trial = 0; trial < 60; ++trial) {
        const auto x = compressible<T>(engine);
        const auto dense = x.to_dense();
        const std::size_t bond = random_matrix::between(engine, 1, 5);
        const auto [y, error] = tt::round(x, {.max_bond = bond});
        double least = 0, most = 0;
        for (std::size_t k = 0; k + 1 < x.site_count(); ++k) {
            BOOST_TEST(y.bonds()[k] <= bond);
            const double tail = optimal_tail(dense, x.sites(), k, bond);
            least = std::max(least, tail);
            most = std::hypot(most, tail);
        }
        BOOST_TEST(error >= least / random_matrix::norm(dense) - tight<T>);
        BOOST_TEST(error <= most / random_matrix::norm(dense) + tight<T>);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(rounding_finds_the_bonds_of_a_sum_and_a_product, T, random_matrix::scalars) {
    std::mt19937_64 engine(73);
    const double tolerance = 100 * random_matrix::rounding<T>();
    const auto w = random_matrix::chain<T>({3, 3, 3, 3}, {3, 3, 3, 3}, {3, 4, 2}, engine);
    const auto twice = tt::round(w + w, {.tolerance = tolerance}).chain;
    BOOST_TEST(twice.bonds() == (list{3, 4, 2}));
    BOOST_TEST(relative_distance(twice.to_dense(), (2 * w).to_dense()) <= tight<T>);
    const auto product = tt::round(w * tt::identity<T>({3, 3, 3, 3}), {.tolerance = tolerance}).chain;
    BOOST_TEST(product.bonds() == (list{3, 4, 2}));
    BOOST_TEST(tt::round(w - w, {.max_bond = 1}).chain.bonds() == (list{1, 1, 1}));
}

BOOST_AUTO_TEST_CASE(rounding_at_its_edges) {
    std::mt19937_64 engine(74);
    const auto x = random_matrix::state<double>({3, 2, 3}, {3, 3}, engine);
    const auto all = tt::round(x, {});
    BOOST_TEST(all.relative_error <= 1e-15);
    BOOST_TEST(all.chain.bonds() == x.bonds());
    BOOST_TEST(tt::round(x, {.tolerance = 5}).chain.bonds() == (list{1, 1}));

    const auto zero = tt::round(0 * x, {.tolerance = 0.1});
    BOOST_TEST(zero.relative_error == 0.0);
    BOOST_TEST(random_matrix::norm(zero.chain.to_dense()) == 0.0);

    const auto one = random_matrix::state<double>({5}, {}, engine);
    BOOST_TEST(tt::round(one, {.max_bond = 1, .tolerance = 0.5}).relative_error == 0.0);

    BOOST_CHECK_THROW(tt::round(x, {.max_bond = 0}), xtn::shape_error);
    BOOST_CHECK_THROW(tt::round(x, {.tolerance = -0.1}), xtn::numeric_error);
    auto cores = x.cores();
    cores[1](0, 1, 0) = std::numeric_limits<double>::quiet_NaN();
    BOOST_CHECK_THROW(tt::round(tt::mps<double>(std::move(cores)), {.max_bond = 1}), xtn::numeric_error);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(growing_keeps_the_map, T, random_matrix::scalars) {
    std::mt19937_64 engine(75);
    xtn::random_stream random(3);
    const auto w = random_matrix::chain<T>({2, 3, 2, 2}, {2, 2, 3, 2}, {2, 3, 2}, engine);
    const auto grown = tt::grow_bonds(w, list{5, 3, 4}, random);
    BOOST_TEST(grown.bonds() == (list{5, 3, 4}));
    BOOST_TEST(relative_distance(grown.to_dense(), w.to_dense()) <= random_matrix::rounding<T>());
    BOOST_TEST(tt::grow_bonds(w, 3, random).bonds() == (list{3, 3, 3}));

    // To the left of a bond the new columns are random, of the size of the core; to its right the new rows are zero.
    const auto& left = grown.cores()[0];
    double square = 0;
    for (std::size_t o = 0; o < 2; ++o)
        for (std::size_t i = 0; i < 2; ++i)
            for (std::size_t r = 2; r < 5; ++r) {
                BOOST_TEST((left(0, o, i, r) != T{0}));
                square += std::pow(static_cast<double>(std::abs(left(0, o, i, r))), 2) / 12;
            }
    const double mean = std::pow(random_matrix::norm(w.cores()[0]), 2) / 8;
    BOOST_TEST(square > mean / 8);
    BOOST_TEST(square < mean * 8);
    for (std::size_t l = 2; l < 5; ++l)
        for (std::size_t o = 0; o < 3; ++o)
            for (std::size_t i = 0; i < 2; ++i)
                for (std::size_t r = 0; r < 3; ++r) BOOST_TEST((grown.cores()[1](l, o, i, r) == T{0}));
}

BOOST_AUTO_TEST_CASE(the_new_entries_can_learn) {
    // The derivative of an entry of the map by a new, zero row: another state is reached to first order.
    std::mt19937_64 engine(76);
    xtn::random_stream random(4);
    const auto x = random_matrix::state<double>({3, 3}, {1}, engine);
    auto cores = tt::grow_bonds(x, 2, random).cores();
    cores[1](1, 2, 0) += 1e-3;
    const tt::mps<double> moved(std::move(cores));
    BOOST_TEST(relative_distance(moved.to_dense(), x.to_dense()) > 1e-5);
    BOOST_TEST(tt::round(moved, {.tolerance = 1e-9}).chain.bonds() == list{2});
}

BOOST_AUTO_TEST_CASE(growing_refuses) {
    std::mt19937_64 engine(77);
    xtn::random_stream random(5);
    const auto x = random_matrix::state<double>({3, 3, 3}, {2, 3}, engine);
    BOOST_CHECK_EXCEPTION(tt::grow_bonds(x, list{4}, random), xtn::shape_error, says("2 bonds, but 1 are given"));
    BOOST_CHECK_EXCEPTION(tt::grow_bonds(x, list{4, 2}, random), xtn::shape_error,
                          says("bond 1 is 3 already, more than the 2 wanted"));
}

BOOST_AUTO_TEST_SUITE_END()
