// SPDX-License-Identifier: BSD-3-Clause
// The randomised SVD: exact where the rank is low, near the optimum elsewhere, the same for the same seed.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <complex>
#include <cstddef>
#include <limits>
#include <random>
#include <span>

#include <xtn/tt/randomized_svd.hpp>
#include <xtn/tt/truncation.hpp>

#include "random_matrix.hpp"

BOOST_AUTO_TEST_SUITE(tt_randomized_svd)

namespace {

namespace tt = xtn::tt;
using random_matrix::adjoint, random_matrix::distance_from_identity, random_matrix::rounding, random_matrix::times;

constexpr std::size_t shapes[][2] = {{80, 50}, {50, 80}, {60, 60}, {300, 24}, {24, 300}};

/// Singular values 1, decay, decay^2, ... (1 for all where decay is 1).
template <class T>
xt::xtensor<T, 2> with_spectrum(std::size_t m, std::size_t n, double decay, std::mt19937_64& engine) {
    auto f = tt::svd(random_matrix::matrix<T>(m, n, engine));
    for (std::size_t k = 0; k < f.s.size(); ++k)
        f.s[k] = static_cast<xtn::real_of<T>>(std::pow(decay, static_cast<double>(k)));
    return times(f.u, f.s_vt());
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(recovers_a_matrix_of_low_rank, T, random_matrix::scalars) {
    std::mt19937_64 engine(41);
    for (const auto& [m, n] : shapes) {
        const auto a = times(random_matrix::matrix<T>(m, 5, engine), random_matrix::matrix<T>(5, n, engine));
        const auto f = tt::randomized_svd(a, 5, {.oversampling = 4, .power_iterations = 1});
        BOOST_TEST(f.s.size() == 5U);
        BOOST_TEST(random_matrix::relative_distance(times(f.u, f.s_vt()), a) <= rounding<T>());
        BOOST_TEST(distance_from_identity(times(adjoint(f.u), f.u)) <= rounding<T>());
        BOOST_TEST(distance_from_identity(times(f.vt, adjoint(f.vt))) <= rounding<T>());
        const auto exact = tt::svd(a);
        for (std::size_t k = 0; k < 5; ++k)
            BOOST_TEST(std::abs(f.s[k] - exact.s[k]) <= rounding<T>() * static_cast<double>(exact.s[0]));
    }
}

BOOST_AUTO_TEST_CASE(error_is_near_the_optimum) {
    std::mt19937_64 engine(42);
    for (const auto& [m, n] : shapes)
        for (const double decay : {0.5, 0.9, 1.0}) {
            const auto a = with_spectrum<double>(m, n, decay, engine);
            const std::size_t rank = 8;
            const auto exact = tt::svd(a);
            const double optimum = tt::frobenius_norm(std::span<const double>(exact.s).subspan(rank));
            for (std::uint64_t seed = 0; seed < 4; ++seed) {
                const auto f = tt::randomized_svd(a, rank, {.seed = seed});
                const double error = random_matrix::relative_distance(times(f.u, f.s_vt()), a) * random_matrix::norm(a);
                BOOST_TEST(error >= optimum * (1 - 1e-9));
                BOOST_TEST(error <= optimum * 1.01);
            }
        }
}

BOOST_AUTO_TEST_CASE(power_iterations_help_and_do_not_lose_small_values) {
    std::mt19937_64 engine(43);
    const auto a = with_spectrum<double>(120, 100, 0.97, engine);
    const auto error = [&](std::size_t q) {
        const auto f = tt::randomized_svd(a, 10, {.oversampling = 2, .power_iterations = q});
        return random_matrix::relative_distance(times(f.u, f.s_vt()), a);
    };
    BOOST_TEST(error(2) < error(0) * 0.98);
    BOOST_TEST(error(6) < error(2));
    // Values down to 1e-12 of the largest after six iterations: without orthonormalisation they drown in rounding.
    const auto steep = with_spectrum<double>(60, 60, 0.1, engine);
    const auto f = tt::randomized_svd(steep, 12, {.power_iterations = 6});
    BOOST_TEST(f.s[11] == 1e-11, boost::test_tools::tolerance(1e-3));
}

BOOST_AUTO_TEST_CASE(one_seed_one_result) {
    std::mt19937_64 engine(44);
    const auto a = random_matrix::matrix<double>(40, 30, engine);
    const auto f = tt::randomized_svd(a, 4, {.seed = 7}), g = tt::randomized_svd(a, 4, {.seed = 7}),
               h = tt::randomized_svd(a, 4, {.seed = 8});
    BOOST_TEST(f.s == g.s, boost::test_tools::per_element());
    BOOST_TEST((f.u == g.u));
    BOOST_TEST((f.vt == g.vt));
    BOOST_TEST((f.s != h.s));
}

BOOST_AUTO_TEST_CASE(wide_sketches_are_exact) {
    std::mt19937_64 engine(45);
    const auto a = random_matrix::matrix<double>(12, 9, engine);
    const auto exact = tt::svd(a);
    for (const std::size_t rank : {3U, 8U, 9U, 100U}) {
        const auto f = tt::randomized_svd(a, rank);
        BOOST_TEST(f.s.size() == std::min<std::size_t>(rank, 9));
        for (std::size_t k = 0; k < f.s.size(); ++k) BOOST_TEST(f.s[k] == exact.s[k]);
    }
}

BOOST_AUTO_TEST_CASE(refusals) {
    xt::xtensor<double, 2> a = xt::ones<double>({40, 30});
    BOOST_CHECK_EXCEPTION(tt::randomized_svd(a, 0), xtn::shape_error, random_matrix::says("the rank is 0"));
    BOOST_CHECK_THROW(tt::randomized_svd(xt::xtensor<double, 2>::from_shape({0, 3}), 2), xtn::shape_error);
    a(39, 0) = std::numeric_limits<double>::infinity();
    BOOST_CHECK_EXCEPTION(tt::randomized_svd(a, 2), xtn::numeric_error, random_matrix::says("entry (39, 0)"));
}

BOOST_AUTO_TEST_SUITE_END()
