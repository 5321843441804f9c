// SPDX-License-Identifier: BSD-3-Clause
// Directions for random features: those with the law N(0, I) have its moments and estimate e^(x . y) without bias, the orthogonal
// ones are orthogonal, points of a Sobol sequence err less, and the others are what their formula says.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstddef>

#include <xtn/nn/directions.hpp>
#include <xtn/xtn.hpp>

BOOST_AUTO_TEST_SUITE(feature_directions)

namespace {

using xtn::nn::directions;
using xtn::nn::draw_directions;

constexpr std::size_t dim = 6;
constexpr double x[dim] = {0.3, -0.2, 0.5, 0.1, -0.4, 0.2}, y[dim] = {0.1, 0.4, 0.3, -0.3, 0.2, 0.5};

/// The estimate of e^(x . y) from these directions, over its value.
double estimate(const xt::xtensor<double, 2>& w) {
    double squares = 0, product = 0, sum = 0;
    for (std::size_t j = 0; j < dim; ++j) squares += x[j] * x[j] + y[j] * y[j], product += x[j] * y[j];
    for (std::size_t i = 0; i < w.shape(0); ++i) {
        double exponent = -squares / 2;
        for (std::size_t j = 0; j < dim; ++j) exponent += w(i, j) * (x[j] + y[j]);
        sum += std::exp(exponent);
    }
    return sum / static_cast<double>(w.shape(0)) / std::exp(product);
}

/// Root mean squared error of the estimate over seeds.
double error(directions kind, std::size_t count, std::uint64_t seeds = 40) {
    double squares = 0;
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        const double e = estimate(draw_directions(kind, count, dim, seed)) - 1;
        squares += e * e;
    }
    return std::sqrt(squares / static_cast<double>(seeds));
}

BOOST_AUTO_TEST_CASE(those_of_the_normal_law_estimate_the_kernel) {
    for (const directions kind : {directions::gaussian, directions::orthogonal, directions::sobol, directions::polar}) {
        const auto w = draw_directions(kind, 20000, dim, 1);
        BOOST_TEST_CONTEXT(xtn::nn::direction_names[static_cast<std::size_t>(kind)]) {
            BOOST_TEST(std::abs(estimate(w) - 1) < 0.05);
            double mean = 0, variance = 0;
            for (const double v : w) mean += v, variance += v * v;
            BOOST_TEST(std::abs(mean / static_cast<double>(w.size())) < 0.02);
            BOOST_TEST(std::abs(variance / static_cast<double>(w.size()) - 1) < 0.03);
        }
    }
}

BOOST_AUTO_TEST_CASE(errors_fall_with_the_number_of_directions) {
    // Independent ones by the square root: a factor of 4 for 16 times as many. Sobol points faster.
    const double gaussian = error(directions::gaussian, 64) / error(directions::gaussian, 1024);
    BOOST_TEST((gaussian > 2.5 && gaussian < 6.5), gaussian);
    BOOST_TEST(error(directions::sobol, 1024) < error(directions::gaussian, 1024) / 2);
    BOOST_TEST(error(directions::orthogonal, 6, 4000) < error(directions::gaussian, 6, 4000));
}

BOOST_AUTO_TEST_CASE(orthogonal_in_blocks) {
    const auto w = draw_directions(directions::orthogonal, 10, dim, 3);
    for (std::size_t i = 0; i < 10; ++i)
        for (std::size_t k = 0; k < i; ++k) {
            double product = 0;
            for (std::size_t j = 0; j < dim; ++j) product += w(i, j) * w(k, j);
            if (i / dim == k / dim) BOOST_TEST(std::abs(product) < 1e-12);
        }
}

BOOST_AUTO_TEST_CASE(dct_rows_are_multiples_of_cosines) {
    const auto w = draw_directions(directions::dct, dim, dim, 4);
    for (std::size_t i = 0; i < dim; ++i)
        for (std::size_t j = 0; j < dim; ++j)
            BOOST_TEST(std::abs(w(i, j) * std::cos(M_PI * static_cast<double>(i) / (2 * dim)) -
                                w(i, 0) * std::cos(M_PI * static_cast<double>((2 * j + 1) * i) / (2 * dim))) < 1e-12);
}

BOOST_AUTO_TEST_CASE(names_and_refusals) {
    BOOST_TEST((xtn::nn::directions_named("sobol") == directions::sobol));
    BOOST_CHECK_THROW(xtn::nn::directions_named("halton"), xtn::error);
    BOOST_CHECK_THROW(draw_directions(directions::gaussian, 0, 3, 1), xtn::shape_error);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
