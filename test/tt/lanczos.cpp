// SPDX-License-Identifier: BSD-3-Clause
// The lowest eigenpair against matrices whose eigenvalues are known.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <vector>

#include <xtn/tt/lanczos.hpp>
#include <xtn/tt/qr.hpp>

#include "random_matrix.hpp"

BOOST_AUTO_TEST_SUITE(tt_lanczos)

namespace {

namespace tt = xtn::tt;
using namespace random_matrix;

/// Q diag(values) Q^H with a random unitary Q, by loops.
template <class T>
xt::xtensor<T, 2> with_eigenvalues(const std::vector<double>& values, std::mt19937_64& engine) {
    const std::size_t n = values.size();
    const xt::xtensor<T, 2> q = tt::qr(matrix<T>(n, n, engine)).q;
    xt::xtensor<T, 2> scaled = q;
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) scaled(i, j) *= static_cast<xtn::real_of<T>>(values[j]);
    return times(scaled, adjoint(q));
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(lowest_pair_of_a_hermitian_matrix, T, scalars) {
    std::mt19937_64 engine(1);
    std::vector<double> values(24);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i) - 5.5;
    values[3] = -40;
    const auto a = with_eigenvalues<T>(values, engine);
    xt::xtensor<T, 3> start = xt::xtensor<T, 3>::from_shape({2, 3, 4});
    fill(start, engine);
    const auto apply = [&](const xt::xtensor<T, 3>& x) {  // a map of tensors, by loops
        xt::xtensor<T, 3> y = xt::zeros<T>(x.shape());
        for (std::size_t i = 0; i < 24; ++i)
            for (std::size_t j = 0; j < 24; ++j) y.data()[i] += a(i, j) * x.data()[j];
        return y;
    };
    const auto lowest = tt::lowest_eigenpair(apply, start, {.steps = 24});
    BOOST_TEST(std::abs(lowest.value + 40) <= 40 * tight<T>);
    BOOST_TEST(std::abs(norm(lowest.vector) - 1) <= tight<T>);
    xt::xtensor<T, 3> rest = apply(lowest.vector);
    for (std::size_t i = 0; i < 24; ++i) rest.data()[i] -= static_cast<xtn::real_of<T>>(-40) * lowest.vector.data()[i];
    BOOST_TEST(norm(rest) <= 400 * tight<T>);
}

BOOST_AUTO_TEST_CASE(few_steps_give_the_ritz_value_and_its_residual) {
    std::mt19937_64 engine(2);
    std::vector<double> values(40);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::sqrt(static_cast<double>(i));
    const auto a = with_eigenvalues<double>(values, engine);
    const auto start = matrix<double>(40, 1, engine);
    std::size_t products = 0;
    const auto apply = [&](const xt::xtensor<double, 2>& x) { return ++products, times(a, x); };
    double before = 100;
    for (const std::size_t steps : {1U, 2U, 4U, 8U}) {
        products = 0;
        const auto lowest = tt::lowest_eigenpair(apply, start, {.steps = steps});
        BOOST_TEST(products == steps);
        BOOST_TEST(lowest.value < before);
        before = lowest.value;
        xt::xtensor<double, 2> rest = times(a, lowest.vector);
        for (std::size_t i = 0; i < 40; ++i) rest(i, 0) -= lowest.value * lowest.vector(i, 0);
        BOOST_TEST(norm(rest) == lowest.residual, boost::test_tools::tolerance(1e-10));
    }
}

BOOST_AUTO_TEST_CASE(an_eigenvector_is_recognised_at_once) {
    const xt::xtensor<double, 2> start = xt::ones<double>({3, 3});
    std::size_t products = 0;
    const auto lowest = tt::lowest_eigenpair(
        [&](const xt::xtensor<double, 2>& x) {
            ++products;
            return xt::xtensor<double, 2>(-2.0 * x);
        },
        start);
    BOOST_TEST(products == 1U);
    BOOST_TEST(lowest.value == -2, boost::test_tools::tolerance(1e-14));
    BOOST_TEST(lowest.vector(1, 2) == 1 / 3.0, boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(refuses_what_has_no_answer) {
    const auto same = [](const xt::xtensor<double, 1>& x) { return x; };
    const xt::xtensor<double, 1> zero = xt::zeros<double>({4}), one = xt::ones<double>({4});
    BOOST_CHECK_EXCEPTION(tt::lowest_eigenpair(same, zero), xtn::numeric_error, says("the start is zero"));
    BOOST_CHECK_EXCEPTION(tt::lowest_eigenpair(same, one, {.steps = 0}), xtn::shape_error, says("at least 1"));
    for (const double bad : {-1.0, std::numeric_limits<double>::quiet_NaN()})
        BOOST_CHECK_EXCEPTION(tt::lowest_eigenpair(same, one, {.tolerance = bad}), xtn::numeric_error,
                              says("the tolerance must be finite"));
    const auto shorter = [](const xt::xtensor<double, 1>&) -> xt::xtensor<double, 1> { return xt::ones<double>({3}); };
    BOOST_CHECK_EXCEPTION(tt::lowest_eigenpair(shorter, one), xtn::shape_error,
                          says("the map makes a tensor of shape (3) of one of shape (4)"));
    const auto infinite = [](const xt::xtensor<double, 1>& x) { return xt::xtensor<double, 1>(x / 0.0); };
    BOOST_CHECK_EXCEPTION(tt::lowest_eigenpair(infinite, one), xtn::numeric_error, says("not finite"));
}

BOOST_AUTO_TEST_SUITE_END()
