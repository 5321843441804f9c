// SPDX-License-Identifier: BSD-3-Clause
// Numbers of any size: what is done to a tensor is what is done to 2^e of it, and what no number of T holds is refused
// with the site and the norm, and changes nothing.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <xtn/tt/algebra.hpp>
#include <xtn/tt/lanczos.hpp>
#include <xtn/tt/randomized_svd.hpp>
#include <xtn/tt/shared_centre.hpp>
#include <xtn/tt/tt_svd.hpp>

#include "random_matrix.hpp"

BOOST_AUTO_TEST_SUITE(tt_scale)

namespace {

namespace tt = xtn::tt;
using list = std::vector<std::size_t>;
using namespace random_matrix;
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

/// Exponents near both ends of T, and where squares leave its range.
template <class T>
const std::vector<int> far = sizeof(xtn::real_of<T>) == 4 ? std::vector{-100, -70, 70, 110}
                                                          : std::vector{-960, -600, 600, 1000};

template <class T, std::size_t N>
xt::xtensor<T, N> times_power(xt::xtensor<T, N> x, int e) {
    for (T& v : x) v *= static_cast<xtn::real_of<T>>(std::ldexp(1.0, e));
    return x;
}
template <class T, std::size_t Physical>
tt::chain<T, Physical> times_power(const tt::chain<T, Physical>& x, int e, std::size_t site) {
    auto cores = x.cores();
    cores[site] = times_power(cores[site], e);
    return tt::chain<T, Physical>(std::move(cores));
}
double norm_of(const std::vector<double>& x) { return tt::frobenius_norm(std::span<const double>(x)); }

}  // namespace

BOOST_AUTO_TEST_CASE(norms_of_any_size) {
    for (const double scale : {1e-320, 1e-307, 1e-200, 1e-162, 1e-155, 1.0, 1e154, 1e200, 1e307}) {
        const std::vector<double> x{3 * scale, 0, -4 * scale};
        BOOST_TEST(norm_of(x) == 5 * scale, boost::test_tools::tolerance(scale < 1e-307 ? 1e-3 : 1e-15));
    }
    BOOST_TEST(norm_of({1e-200, 1e-300, 1}) == 1.0);
    BOOST_TEST(norm_of({}) == 0.0);
    BOOST_TEST(norm_of({0, -0.0}) == 0.0);
    BOOST_TEST(norm_of(std::vector<double>(16, 1e308)) == infinity);
    BOOST_TEST(norm_of({1, infinity}) == infinity);
    BOOST_TEST(std::isnan(norm_of({not_a_number})));
    BOOST_TEST(std::isnan(norm_of({1e-200, not_a_number})));
    // The error of a sum of so many squares does not grow with their number.
    const std::vector<float> many(3000001, 0.1F);
    BOOST_TEST(tt::frobenius_norm(std::span<const float>(many)) == static_cast<double>(0.1F) * std::sqrt(3000001.0),
               boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(tt_svd_does_not_see_the_scale, T, scalars) {
    std::mt19937_64 engine(101);
    const list out{3, 4, 2}, in{4, 2, 3};
    auto w = chain<T>(out, in, {5, 4}, engine).to_dense();
    w += static_cast<xtn::real_of<T>>(1e-3) * matrix<T>(24, 24, engine);
    for (const tt::truncation limit : {tt::truncation{.max_bond = 3}, {.tolerance = 0.05}, {}})
        for (const int e : far<T>)
            for (const auto& how :
                 {std::optional<tt::sketch>(), std::optional<tt::sketch>(tt::sketch{.oversampling = 1})}) {
                const auto expected = tt::tt_svd(w, out, in, limit, how);
                const auto scaled = tt::tt_svd(times_power(w, e), out, in, limit, how);
                BOOST_TEST(scaled.chain.bonds() == expected.chain.bonds());
                BOOST_TEST(scaled.relative_error == expected.relative_error);
                BOOST_TEST(relative_distance(times_power(scaled.chain.to_dense(), -e), expected.chain.to_dense()) <=
                           rounding<T>());
            }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(rounding_does_not_see_where_the_norm_is, T, scalars) {
    std::mt19937_64 engine(102);
    const auto x = state<T>({3, 2, 4, 3}, {3, 5, 3}, engine);
    const auto dense = x.to_dense();
    const auto expected = tt::round(x, {.tolerance = 0.1});
    for (const int e : far<T>) {
        // 2^e once more than is taken back.
        auto y = times_power(times_power(times_power(x, e, 0), e, 2), -e, 3);
        const auto rounded = tt::round(y, {.tolerance = 0.1});
        BOOST_TEST(rounded.chain.bonds() == expected.chain.bonds());
        BOOST_TEST(std::abs(rounded.relative_error - expected.relative_error) <= rounding<T>());
        BOOST_TEST(relative_distance(times_power(rounded.chain.to_dense(), -e), expected.chain.to_dense()) <= tight<T>);
        BOOST_TEST(std::ldexp(tt::norm(y), -e) == norm(dense), boost::test_tools::tolerance(tight<T>));
        const T entry = y.element({2, 1, 3, 0}) * static_cast<xtn::real_of<T>>(std::ldexp(1.0, -e));
        BOOST_TEST(static_cast<double>(std::abs(entry - dense((((2 * 2) + 1) * 4 + 3) * 3))) <= tight<T> * norm(dense));

        auto pair = y;
        pair.move_centre(1);
        const auto merged = pair.pair(1);
        pair.set_pair(1, merged, 2, {.tolerance = 1e-3});
        BOOST_TEST(relative_distance(times_power(pair.to_dense(), -e), dense) <= 2e-3);

        const auto bra = times_power(times_power(x, -e, 1), -e, 3);  // 2^-2e beside 2^e
        const T product = tt::inner(bra, times_power(y, e, 1));
        BOOST_TEST(static_cast<double>(std::abs(product - tt::inner(x, x))) <= tight<T> * norm(dense) * norm(dense));
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(products_of_chains_do_not_see_where_the_norm_is, T, scalars) {
    std::mt19937_64 engine(103);
    const list sites{2, 3, 2};
    const auto v = chain<T>(sites, sites, {2, 3}, engine), w = chain<T>(sites, sites, {3, 2}, engine);
    const auto psi = state<T>(sites, {2, 2}, engine);
    for (const int e : far<T>) {
        const auto up = times_power(times_power(v, e, 0), -e, 1), down = times_power(times_power(w, -e, 0), e, 1);
        BOOST_TEST(relative_distance((up * down).to_dense(), (v * w).to_dense()) <= rounding<T>());
        BOOST_TEST(relative_distance((up * times_power(times_power(psi, -e, 0), e, 1)).to_dense(),
                                     (v * psi).to_dense()) <= rounding<T>());
        const auto both = times_power(times_power(v, e, 0), -e, 2);
        BOOST_TEST(static_cast<double>(std::abs(tt::trace(both) - tt::trace(v))) <= tight<T>);
        const T moved = tt::inner(times_power(psi, -e, 0), both, times_power(psi, e, 2));
        BOOST_TEST(static_cast<double>(std::abs(moved - tt::inner(psi, v, psi))) <= tight<T>);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(division_by_very_small_numbers, T, scalars) {
    std::mt19937_64 engine(104);
    const auto x = state<T>({3, 2, 3}, {2, 2}, engine);
    const auto dense = x.to_dense();
    using real = xtn::real_of<T>;
    for (const real divisor : {std::numeric_limits<real>::denorm_min(), std::numeric_limits<real>::min() / 4}) {
        const int e = std::ilogb(divisor) + 20;
        const auto tiny = times_power(times_power(x, e / 2, 0), e - e / 2, 2);
        const auto quotient = (tiny / divisor).to_dense();  // 1 / divisor is infinite
        BOOST_TEST(relative_distance(times_power(quotient, -20), dense) <= rounding<T>());
    }
    if constexpr (xtn::is_complex<T>) {
        const T divisor(std::numeric_limits<real>::min() / 4, -std::numeric_limits<real>::min() / 8);
        const int e = std::ilogb(std::numeric_limits<real>::min());
        auto y = times_power(x, e, 0);
        y /= divisor;
        y *= T(real(0.25), real(-0.125));
        BOOST_TEST(relative_distance(y.to_dense(), dense) <= rounding<T>());
    }
}

BOOST_AUTO_TEST_CASE(what_no_number_holds_is_refused_and_changes_nothing) {
    std::mt19937_64 engine(105);
    auto x = state<double>({3, 2, 3}, {3, 2}, engine);
    x.move_centre(1);
    x /= tt::norm(x);
    const auto refuses = [&](auto f, const std::string& sentence) {
        const auto cores = x.cores();
        const auto centre = x.centre();
        BOOST_CHECK_EXCEPTION(f(), xtn::numeric_error, says(sentence));
        BOOST_TEST((x.cores() == cores));
        BOOST_TEST((x.centre() == centre));
    };
    refuses([&] { x /= 1e-310; }, "the norm of the core of site 1 is of the order 1e310, beyond double precision");
    refuses([&] { x *= 1e-310; }, "the norm of the core of site 1 is of the order 1e-310, beyond double precision");
    refuses([&] { x /= 0; }, "divided by 0");
    refuses([&] { x *= not_a_number; }, "not finite");
    refuses([&] { x /= infinity; }, "not finite");
    auto pair = x.pair(0);
    pair.fill(1e308);
    refuses([&] { x.set_pair(0, pair, 0); }, "the norm of the core of site 0 is of the order 1e308, beyond double");
    pair(0, 0, 1, 1) = not_a_number;
    refuses([&] { x.set_pair(0, pair, 0); }, "entry (0, 0, 1, 1)");

    x = times_power(times_power(times_power(x, 700, 0), 700, 1), 700, 2);
    const std::string beyond = " is of the order 1e632, beyond double precision";
    refuses([&] { x.move_centre(2); }, "the norm of the core of site 2" + beyond);
    refuses([&] { tt::round(x, {}); }, "the norm of the core of site 0" + beyond);
    refuses([&] { (void)tt::norm(x); }, "the norm of the core of site 0" + beyond);
    refuses([&] { (void)tt::inner(x, x); }, "inner: the result is of the order 1e1264, beyond double");
    refuses([&] { (void)x.to_dense(); }, "to_dense: the result is of the order 1e632, beyond double");
    refuses([&] { (void)x.element({0, 0, 0}); }, "element: the entry");
    refuses([&] { (void)x.pair(0); }, "pair: the tensor of site 0");
    const auto operators = tt::product_operator<double>({{{1e200}}, {{1}}});
    BOOST_CHECK_EXCEPTION(operators * operators, xtn::numeric_error, says("the norm of the core of site 0"));

    const xt::xtensor<double, 2> huge(std::array<std::size_t, 2>{4, 6}, 1.7e308);
    BOOST_CHECK_EXCEPTION(tt::svd(huge), xtn::numeric_error, says("svd: a norm of the matrix is beyond double"));
    BOOST_CHECK_EXCEPTION(tt::qr(huge), xtn::numeric_error, says("qr: a norm of the matrix is beyond double"));
    BOOST_CHECK_EXCEPTION(tt::lq(huge), xtn::numeric_error, says("lq: a norm of the matrix is beyond double"));
    BOOST_CHECK_EXCEPTION(tt::tt_svd(huge, {2, 2}, {2, 3}), xtn::numeric_error, says("the core of site 1"));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(zero_needs_a_bond_of_one, T, scalars) {
    const xt::xtensor<T, 2> zero = xt::zeros<T>({12, 12});
    const list out{2, 3, 2}, in{3, 2, 2}, one{1, 1};
    const auto made = tt::tt_svd(zero, out, in, {.tolerance = 0.1});
    BOOST_TEST(made.chain.bonds() == one);
    BOOST_TEST(made.relative_error == 0);
    BOOST_TEST(tt::tt_svd(zero, out, in).chain.bonds() == (list{6, 4}));  // without a tolerance shapes alone decide

    std::mt19937_64 engine(106);
    auto x = 0 * chain<T>(out, in, {3, 3}, engine);
    BOOST_TEST(tt::round(x, {.tolerance = 0.1}).chain.bonds() == one);
    x.move_centre(0);
    BOOST_TEST(x.set_pair(0, x.pair(0), 1, {.tolerance = 0.1}) == 0);
    BOOST_TEST(x.bonds()[0] == 1U);
    BOOST_TEST(norm(x.to_dense()) == 0);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(eigenpairs_of_very_small_and_large_maps, T, scalars) {
    using real = xtn::real_of<T>;
    const xt::xtensor<T, 1> start{1, 1, 1};
    for (int e : far<T>)
        for (const int start_power : {0, far<T>[0], far<T>[3]}) {
            const auto scale = static_cast<real>(std::ldexp(1.0, e));
            const auto lowest = tt::lowest_eigenpair(
                [&](const xt::xtensor<T, 1>& x) {
                    xt::xtensor<T, 1> y = x;
                    for (std::size_t i = 0; i < 3; ++i) y(i) *= static_cast<real>(i + 1) * scale;
                    return y;
                },
                times_power(start, start_power));
            BOOST_TEST(std::ldexp(lowest.value, -e) == 1.0, boost::test_tools::tolerance(tight<T>));
            BOOST_TEST(std::ldexp(lowest.residual, -e) <= tight<T>);
            BOOST_TEST(static_cast<double>(std::abs(lowest.vector(0))) == 1.0, boost::test_tools::tolerance(tight<T>));
        }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(sketches_of_very_small_and_large_matrices, T, scalars) {
    std::mt19937_64 engine(107);
    const auto a = times(matrix<T>(30, 3, engine), matrix<T>(3, 20, engine));
    const auto expected = tt::randomized_svd(a, 3, {.oversampling = 2});
    for (const int e : far<T>) {
        const auto f = tt::randomized_svd(times_power(a, e), 3, {.oversampling = 2});
        for (std::size_t k = 0; k < 3; ++k)
            BOOST_TEST(std::ldexp(static_cast<double>(f.s[k]), -e) == static_cast<double>(expected.s[k]),
                       boost::test_tools::tolerance(tight<T>));
        BOOST_TEST(relative_distance(times_power(times(f.u_s(), f.vt), -e), a) <= tight<T>);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_shared_centre_of_very_small_and_large_chains, T, scalars) {
    std::mt19937_64 engine(108);
    auto first = chain<T>({2, 3, 2}, {3, 2, 2}, {4, 3}, engine),
         second = chain<T>({2, 3, 2}, {3, 2, 2}, {4, 3}, engine);
    auto cores = second.cores();
    cores[1] = first.cores()[1];
    second = tt::mpo<T>(std::move(cores));
    for (const int e : far<T>) {
        const auto shared = tt::shared_centre(std::vector{times_power(first, e, 0), times_power(second, e, 0)}, 1);
        for (const double error : shared.relative_errors) BOOST_TEST(error <= 10 * rounding<T>());
        BOOST_TEST(relative_distance(times_power(shared.chains[1].to_dense(), -e), second.to_dense()) <=
                   10 * rounding<T>());
    }
    BOOST_CHECK_EXCEPTION(tt::shared_centre(std::vector{first, second}, 1, {.improvement = not_a_number}),
                          xtn::numeric_error, says("improvement"));
}

BOOST_AUTO_TEST_SUITE_END()
