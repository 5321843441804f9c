// SPDX-License-Identifier: BSD-3-Clause
// TT-SVD from sketches: near the exact truncation, within its tolerance, the same for the same seed.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include <xtn/tt/tt_svd.hpp>

#include "random_matrix.hpp"

BOOST_AUTO_TEST_SUITE(tt_svd_sketch)

namespace {

namespace tt = xtn::tt;
using list = std::vector<std::size_t>;

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(a_sketch_is_quasi_optimal, T, random_matrix::scalars) {
    std::mt19937_64 engine(23);
    const list sites{4, 4, 4, 4};
    const auto noise = random_matrix::matrix<T>(256, 256, engine);  // a flat spectrum, the worst case
    auto chain = random_matrix::chain<T>(sites, sites, {12, 12, 12}, engine).to_dense();
    const double scale = 0.1 * random_matrix::norm(chain) / random_matrix::norm(noise);
    for (std::size_t i = 0; i < chain.size(); ++i)
        chain.data()[i] += static_cast<xtn::real_of<T>>(scale) * noise.data()[i];
    for (const auto& w : {noise, chain})
        for (const std::size_t bond : {5U, 12U, 20U, 60U}) {
            const auto exact = tt::tt_svd(w, sites, sites, {.max_bond = bond});
            const auto sketched = tt::tt_svd(w, sites, sites, {.max_bond = bond}, tt::sketch{});
            BOOST_TEST(sketched.chain.bonds() == exact.chain.bonds());
            BOOST_TEST(sketched.relative_error <= 1.03 * exact.relative_error);
            BOOST_TEST(std::abs(random_matrix::relative_distance(sketched.chain.to_dense(), w) -
                                sketched.relative_error) <= random_matrix::tight<T>);
            BOOST_TEST(random_matrix::canonical_defect(sketched.chain, 3) <= random_matrix::tight<T>);
            const auto better = tt::tt_svd(w, sites, sites, {.max_bond = bond}, tt::sketch{.power_iterations = 8});
            BOOST_TEST(better.relative_error <= 1.01 * exact.relative_error);
        }
}

BOOST_AUTO_TEST_CASE(a_sketch_keeps_a_tolerance) {
    std::mt19937_64 engine(24);
    const list sites{4, 4, 4, 4};
    auto cores = random_matrix::chain<double>(sites, sites, {16, 100, 16}, engine).cores();
    for (auto& core : cores)
        for (std::size_t i = 0; i < core.size(); ++i)
            core.data()[i] *= std::pow(0.8, static_cast<double>(i % core.shape(3)));
    const auto w = tt::mpo<double>(std::move(cores)).to_dense();
    for (const double tolerance : {0.5, 0.1, 1e-2, 1e-3, 1e-6}) {
        const auto exact = tt::tt_svd(w, sites, sites, {.tolerance = tolerance});
        const auto sketched = tt::tt_svd(w, sites, sites, {.tolerance = tolerance}, tt::sketch{});
        BOOST_TEST(sketched.relative_error <= tolerance);
        BOOST_TEST(random_matrix::relative_distance(sketched.chain.to_dense(), w) <= tolerance + 1e-13);
        for (std::size_t k = 0; k < 3; ++k) {
            BOOST_TEST(sketched.chain.bonds()[k] >= exact.chain.bonds()[k]);
            BOOST_TEST(sketched.chain.bonds()[k] <= exact.chain.bonds()[k] + 2);
        }
        const auto capped = tt::tt_svd(w, sites, sites, {.max_bond = 3, .tolerance = tolerance}, tt::sketch{});
        for (const std::size_t bond : capped.chain.bonds()) BOOST_TEST(bond <= 3U);
    }
}

BOOST_AUTO_TEST_CASE(one_seed_one_chain) {
    std::mt19937_64 engine(25);
    const auto w = random_matrix::matrix<double>(256, 256, engine);
    const auto chain = [&](std::uint64_t seed) {
        return tt::tt_svd(w, {16, 16}, {16, 16}, {.max_bond = 4}, tt::sketch{.oversampling = 3, .seed = seed}).chain;
    };
    BOOST_TEST((chain(1).cores() == chain(1).cores()));
    BOOST_TEST((chain(1).cores() != chain(2).cores()));
}

BOOST_AUTO_TEST_SUITE_END()
