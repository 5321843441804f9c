// SPDX-License-Identifier: BSD-3-Clause
// Forward mode against central differences and against the pullback.
#include <complex>
#include <string>

#include <boost/test/unit_test.hpp>

#include <xtn/expr/jvp.hpp>

#include "../oracle.hpp"
#include "evaluate.hpp"

BOOST_AUTO_TEST_SUITE(jvp)

namespace {

using test::filled;

/// Networks are linear in each operand, so the central difference of the value has only rounding errors for one direction
/// and an error of order h^2 for several.
template <xtn::fixed_string Labels, class... E>
void check(const E&... x) {
    test::random r(70);
    const std::tuple<E...> tangents{filled<E>(r, x.shape())...};
    std::apply(
        [&](const auto&... d) {
            const auto [y, dy] = xtn::jvp<Labels>(xtn::dual(x, d)...);
            constexpr double h = 1e-4;
            const std::decay_t<decltype(y)> expected = xtn::einsum<Labels>(x...),
                                            more = xtn::einsum<Labels>((x + h * d)...),
                                            less = xtn::einsum<Labels>((x - h * d)...);
            const std::decay_t<decltype(y)> difference = (more - less) / (2 * h);
            for (std::size_t i = 0; i < y.size(); ++i) {
                BOOST_TEST(std::abs(y.data()[i] - expected.data()[i]) < 1e-11);
                BOOST_TEST(std::abs(dy.data()[i] - difference.data()[i]) < 1e-5);
            }
        },
        tangents);
}

}  // namespace

BOOST_AUTO_TEST_CASE(against_central_differences) {
    test::random r(71);
    using matrix = xt::xtensor<double, 2>;
    const auto a = filled<matrix>(r, {3, 4}), b = filled<matrix>(r, {4, 5}), c = filled<matrix>(r, {5, 6}),
               square = filled<matrix>(r, {4, 4});
    check<"ij->ji">(a);
    check<"ij->j">(a);
    check<"ij,jk->ik">(a, b);
    check<"ij,jk,kl->il">(a, b, c);
    check<"ij,jk,kl->">(a, b, c);
    check<"ii,ij->j">(square, square);
    check<"ij,kl->k">(a, c);
    check<"bij,oir,rpj->bop">(filled<xt::xtensor<double, 3>>(r, {5, 3, 4}),
                              filled<xt::xtensor<double, 3>>(r, {2, 3, 6}),
                              filled<xt::xtensor<double, 3>>(r, {6, 3, 4}));
}

BOOST_AUTO_TEST_CASE(only_some_operands_move) {
    test::random r(72);
    using matrix = xt::xtensor<float, 2>;
    const auto a = filled<matrix>(r, {3, 4}), b = filled<matrix>(r, {4, 5}), db = filled<matrix>(r, {4, 5});
    const auto [y, dy] = xtn::jvp<"ij,jk->ik">(a, xtn::dual(b, db));
    const matrix value = xtn::einsum<"ij,jk->ik">(a, b), expected = xtn::einsum<"ij,jk->ik">(a, db);
    for (std::size_t i = 0; i < y.size(); ++i) {
        BOOST_TEST(std::abs(y.data()[i] - value.data()[i]) < 1e-5);
        BOOST_TEST(std::abs(dy.data()[i] - expected.data()[i]) < 1e-5);
    }
    const auto still = xtn::jvp<"ij,jk->ik">(a, b);
    BOOST_TEST(xt::amax(xt::abs(still.tangent))() == 0.f);
}

BOOST_AUTO_TEST_CASE(tangents_of_another_layout_and_expressions) {
    test::random r(73);
    using complex = std::complex<double>;
    const auto a = filled<xt::xtensor<complex, 2>>(r, {3, 4}), b = filled<xt::xtensor<complex, 2>>(r, {4, 5});
    const xt::xtensor<complex, 2, xt::layout_type::column_major> da = a * 2.0;
    const auto [y, dy] = xtn::jvp<"ij,jk->ik">(xtn::dual(a, da), xtn::dual(b, 3.0 * b));
    for (std::size_t i = 0; i < y.size(); ++i) BOOST_TEST(std::abs(dy.data()[i] - 5.0 * y.data()[i]) < 1e-12);
}

BOOST_AUTO_TEST_CASE(a_tangent_of_another_shape_is_refused) {
    const xt::xtensor<double, 2> a = xt::zeros<double>({3, 4}), d = xt::zeros<double>({4, 3});
    BOOST_CHECK_EXCEPTION(xtn::jvp<"ij->i">(xtn::dual(a, d)), xtn::shape_error, [](const xtn::shape_error& e) {
        return std::string(e.what()) == "jvp: operand 0 has shape (3, 4), but its tangent has (4, 3)";
    });
}

BOOST_AUTO_TEST_SUITE_END()
