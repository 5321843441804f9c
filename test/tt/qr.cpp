// SPDX-License-Identifier: BSD-3-Clause
// Thin QR and LQ: their defining properties in all shapes and scalar types, and refusals.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <limits>
#include <random>

#include <xtn/tt/qr.hpp>

#include "random_matrix.hpp"

BOOST_AUTO_TEST_SUITE(tt_qr)

namespace tt = xtn::tt;
using random_matrix::adjoint, random_matrix::distance_from_identity, random_matrix::rounding, random_matrix::times;

BOOST_AUTO_TEST_CASE_TEMPLATE(factors_of_all_shapes, T, random_matrix::scalars) {
    std::mt19937_64 engine(31);
    constexpr std::size_t shapes[][2] = {{1, 1}, {1, 9}, {9, 1}, {6, 6}, {5, 40}, {40, 5}, {33, 34}, {90, 70}};
    for (const auto& [m, n] : shapes) {
        const auto a = random_matrix::matrix<T>(m, n, engine);
        const std::size_t k = std::min(m, n);

        const auto [q, r] = tt::qr(a);
        BOOST_TEST(q.shape(0) == m);
        BOOST_TEST(q.shape(1) == k);
        BOOST_TEST(random_matrix::relative_distance(times(q, r), a) <= rounding<T>());
        BOOST_TEST(distance_from_identity(times(adjoint(q), q)) <= rounding<T>());
        for (std::size_t i = 0; i < k; ++i)
            for (std::size_t j = 0; j < i; ++j) BOOST_TEST((r(i, j) == T{0}));

        const auto [l, p] = tt::lq(a);
        BOOST_TEST(p.shape(0) == k);
        BOOST_TEST(p.shape(1) == n);
        BOOST_TEST(random_matrix::relative_distance(times(l, p), a) <= rounding<T>());
        BOOST_TEST(distance_from_identity(times(p, adjoint(p))) <= rounding<T>());
        for (std::size_t i = 0; i < m; ++i)
            for (std::size_t j = i + 1; j < k; ++j) BOOST_TEST((l(i, j) == T{0}));
    }
}

BOOST_AUTO_TEST_CASE(a_singular_matrix_has_orthonormal_factors) {
    const xt::xtensor<double, 2> zero = xt::zeros<double>({7, 4});
    const auto [q, r] = tt::qr(zero);
    BOOST_TEST(distance_from_identity(times(adjoint(q), q)) <= rounding<double>());
    BOOST_TEST(random_matrix::norm(r) == 0.0);
}

BOOST_AUTO_TEST_CASE(refusals) {
    const xt::xtensor<double, 2> empty = xt::xtensor<double, 2>::from_shape({0, 3});
    BOOST_CHECK_EXCEPTION(tt::qr(empty), xtn::shape_error, random_matrix::says("at least one row and column"));
    BOOST_CHECK_EXCEPTION(tt::lq(empty), xtn::shape_error, random_matrix::says("xtn::tt::lq"));
    xt::xtensor<std::complex<double>, 2> bad = xt::zeros<std::complex<double>>({2, 3});
    bad(1, 2) = {0, std::numeric_limits<double>::quiet_NaN()};
    BOOST_CHECK_EXCEPTION(tt::qr(bad), xtn::numeric_error,
                          random_matrix::says("xtn::tt::qr: entry (1, 2) of the tensor of shape (2, 3) is not finite"));
    BOOST_CHECK_THROW(tt::lq(bad), xtn::numeric_error);
}

BOOST_AUTO_TEST_SUITE_END()
