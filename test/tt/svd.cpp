// SPDX-License-Identifier: BSD-3-Clause
// The thin SVD: its defining properties, known spectra, the order of the drivers, refusals, and where it truncates.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <xtn/tt/randomized_svd.hpp>
#include <xtn/tt/svd.hpp>
#include <xtn/tt/truncation.hpp>

#include "random_matrix.hpp"

BOOST_AUTO_TEST_SUITE(tt_svd_of_a_matrix)

namespace {

namespace tt = xtn::tt;

/// a = u diag(s) vt, u^H u = vt vt^H = 1, s descending: by loops, to `tolerance` times the norm of a.
template <class T>
void check_factors(const xt::xtensor<T, 2>& a, const tt::svd_result<T>& f, double tolerance) {
    const std::size_t m = a.shape(0), n = a.shape(1), k = std::min(m, n);
    BOOST_REQUIRE_EQUAL(f.u.shape(0), m);
    BOOST_REQUIRE_EQUAL(f.u.shape(1), k);
    BOOST_REQUIRE_EQUAL(f.s.size(), k);
    BOOST_REQUIRE_EQUAL(f.vt.shape(0), k);
    BOOST_REQUIRE_EQUAL(f.vt.shape(1), n);
    const double scale = std::max(random_matrix::norm(a), std::numeric_limits<double>::min());
    for (const auto& product : {random_matrix::times(f.u, f.s_vt()), random_matrix::times(f.u_s(), f.vt)}) {
        double worst = 0;
        for (std::size_t i = 0; i < a.size(); ++i)
            worst = std::max(worst, static_cast<double>(std::abs(product.data()[i] - a.data()[i])) / scale);
        BOOST_TEST(worst <= tolerance);
    }
    BOOST_TEST(random_matrix::distance_from_identity(random_matrix::times(random_matrix::adjoint(f.u), f.u)) <=
               tolerance);
    BOOST_TEST(random_matrix::distance_from_identity(random_matrix::times(f.vt, random_matrix::adjoint(f.vt))) <=
               tolerance);
    BOOST_TEST(std::is_sorted(f.s.rbegin(), f.s.rend()));
    BOOST_TEST(f.s.back() >= 0);
}

using random_matrix::rounding;

}  // namespace

// Views, arrays of any rank, column-major tensors and expressions are matrices, too.
BOOST_AUTO_TEST_CASE(of_every_matrix_expression) {
    std::mt19937_64 engine(11);
    const auto a = random_matrix::matrix<double>(6, 4, engine);
    const xt::xtensor<double, 2> transposed = xt::transpose(a), doubled = 2.0 * a;
    const xt::xtensor<double, 2, xt::layout_type::column_major> column_major = a;
    const xt::xarray<double> array = a;
    check_factors(transposed, tt::svd(xt::transpose(a)), 1e-12);
    check_factors(a, tt::svd(column_major), 1e-12);
    check_factors(a, tt::svd(array, tt::qr_iteration{}), 1e-12);
    check_factors(doubled, tt::svd(2.0 * a), 1e-12);
    BOOST_TEST((tt::qr(array).q == tt::qr(a).q));
    BOOST_TEST((tt::lq(column_major).l == tt::lq(a).l));
    BOOST_TEST((tt::randomized_svd(column_major, 2).u == tt::randomized_svd(a, 2).u));
    const xt::xarray<double> cube = xt::ones<double>({2, 2, 2});
    BOOST_CHECK_EXCEPTION(tt::qr(cube), xtn::shape_error, [](const auto& e) {
        return e.what() == std::string("xtn::tt::qr: a matrix is needed, but the tensor has 3 axes");
    });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(factors_of_all_shapes, T, random_matrix::scalars) {
    std::mt19937_64 engine(1);
    constexpr std::size_t shapes[][2] = {{1, 1}, {1, 9}, {9, 1}, {6, 6}, {5, 40}, {40, 5}, {33, 34}, {64, 48}};
    for (const auto& [m, n] : shapes) {
        const auto a = random_matrix::matrix<T>(m, n, engine);
        check_factors(a, tt::svd(a), rounding<T>());
        check_factors(a, tt::svd(a, tt::qr_iteration{}), rounding<T>());
    }
}

BOOST_AUTO_TEST_CASE(known_singular_values) {
    // [3 0; 4 5] has A A^T = [9 12; 12 41] with eigenvalues 45 and 5.
    const xt::xtensor<double, 2> a{{3, 0}, {4, 5}};
    const auto f = tt::svd(a);
    BOOST_TEST(f.s[0] == std::sqrt(45.0), boost::test_tools::tolerance(1e-14));
    BOOST_TEST(f.s[1] == std::sqrt(5.0), boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(zero_and_extreme_scales) {
    xt::xtensor<double, 2> zero = xt::xtensor<double, 2>::from_shape({3, 5});
    zero.fill(0);
    check_factors(zero, tt::svd(zero), rounding<double>());
    std::mt19937_64 engine(2);
    for (const double scale : {1e-200, 1e200}) {
        auto a = random_matrix::matrix<double>(4, 6, engine);
        const auto f = tt::svd(a);
        for (double& x : a) x *= scale;
        const auto g = tt::svd(a);
        for (std::size_t k = 0; k < 4; ++k) BOOST_TEST(g.s[k] / scale == f.s[k], boost::test_tools::tolerance(1e-12));
    }
}

BOOST_AUTO_TEST_CASE(the_next_driver_is_tried_on_the_unspoilt_matrix) {
    std::mt19937_64 engine(3);
    const auto a = random_matrix::matrix<double>(7, 5, engine);
    int calls = 0;
    const auto fails = [&](const tt::svd_problem<double>& p) {
        ++calls;
        std::fill_n(p.a, p.m * p.n, 1e9);
        return 1;
    };
    check_factors(a, tt::svd(a, fails, tt::qr_iteration{}), rounding<double>());
    BOOST_TEST(calls == 1);
    BOOST_CHECK_EXCEPTION(tt::svd(a, fails, fails), xtn::numeric_error, [](const xtn::numeric_error& e) {
        return std::string(e.what()).find("7 x 5 matrix did not converge") != std::string::npos;
    });
    BOOST_TEST(calls == 3);
    tt::svd(a, tt::divide_and_conquer{}, fails);
    BOOST_TEST(calls == 3);
}

BOOST_AUTO_TEST_CASE(refuses_what_has_no_svd) {
    for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
                             -std::numeric_limits<double>::infinity()}) {
        xt::xtensor<double, 2> a{{1, 2, 3}, {4, 5, 6}};
        a(1, 2) = bad;
        BOOST_CHECK_EXCEPTION(tt::svd(a), xtn::numeric_error, [](const xtn::numeric_error& e) {
            return std::string(e.what()).find("(1, 2) of the tensor of shape (2, 3) is not finite") !=
                   std::string::npos;
        });
    }
    BOOST_CHECK_THROW(tt::svd(xt::xtensor<float, 2>::from_shape({0, 4})), xtn::shape_error);
    BOOST_CHECK_THROW(tt::svd(xt::xtensor<float, 2>::from_shape({4, 0})), xtn::shape_error);
}

BOOST_AUTO_TEST_CASE(retained_rank) {
    const std::vector<double> values{12, 4, 3, 0};  // tails: 0, 3, 5, 13
    const std::span<const double> s(values);
    BOOST_TEST(tt::frobenius_norm(s) == 13.0);
    BOOST_TEST(tt::retained_rank(s, 9, 0) == 4U);  // no tolerance: the shape decides
    BOOST_TEST(tt::retained_rank(s, 9, 1e-300) == 3U);
    BOOST_TEST(tt::retained_rank(s, 9, 2.99) == 3U);
    BOOST_TEST(tt::retained_rank(s, 9, 3.0) == 2U);
    BOOST_TEST(tt::retained_rank(s, 9, 5.0) == 1U);
    BOOST_TEST(tt::retained_rank(s, 9, 100.0) == 1U);
    BOOST_TEST(tt::retained_rank(s, 2, 0) == 2U);
    BOOST_TEST(tt::retained_rank(s, 2, 1.0) == 2U);
    BOOST_TEST(tt::retained_rank(s, 3, 4.0) == 2U);
    BOOST_TEST(tt::retained_rank(s, 9, 5.0, 3.0) == 2U);  // hypot(3, 3) fits, hypot(3, 3, 4) does not
    BOOST_TEST(tt::retained_rank(s, 9, 5.0, 4.5) == 3U);
    const std::vector<double> huge{3e300, 4e300};
    BOOST_TEST(tt::frobenius_norm(std::span<const double>(huge)) == 5e300, boost::test_tools::tolerance(1e-15));
    const std::vector<double> tiny{3e-310, 4e-310}, none{0, 0}, limit{1.5e308};
    BOOST_TEST(tt::frobenius_norm(std::span<const double>(tiny)) == 5e-310, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(tt::frobenius_norm(std::span<const double>(none)) == 0.0);
    BOOST_TEST(tt::frobenius_norm(std::span<const double>(limit)) == 1.5e308, boost::test_tools::tolerance(1e-15));
    const std::vector<std::complex<float>> z{{3e30F, 0}, {0, 4e30F}};
    BOOST_TEST(tt::frobenius_norm(std::span<const std::complex<float>>(z)) == 5e30, boost::test_tools::tolerance(1e-6));
}

BOOST_AUTO_TEST_SUITE_END()
