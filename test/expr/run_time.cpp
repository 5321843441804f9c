// SPDX-License-Identifier: BSD-3-Clause
// Labels known at run time, and contraction orders of the caller's.
#include <span>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <xtn/ad/contract.hpp>
#include <xtn/expr/assign.hpp>
#include <xtn/expr/einsum.hpp>

#include "../oracle.hpp"

BOOST_AUTO_TEST_SUITE(run_time_labels)

namespace {

using matrix = xt::xtensor<double, 2>;

matrix filled(test::random& r, std::size_t m, std::size_t n) {
    matrix a({m, n});
    for (auto& x : a) x = r.value<double>();
    return a;
}

template <class F>
std::string mistake(F&& f) {
    try {
        f();
    } catch (const xtn::shape_error& e) {
        return e.what();
    }
    return "";
}

bool close(const matrix& x, const matrix& y) { return x.shape() == y.shape() && xt::amax(xt::abs(x - y))() < 1e-12; }

}  // namespace

BOOST_AUTO_TEST_CASE(the_same_engine_as_static_labels) {
    test::random r(61);
    const matrix a = filled(r, 3, 4), b = filled(r, 4, 5), c = filled(r, 5, 6);
    const matrix expected = xtn::einsum<"ij,jk,kl->li">(a, b, c);
    const matrix into_matrix = xtn::einsum("ij,jk,kl->li", a, b, c);
    const xt::xarray<double> into_array = xtn::einsum(std::string("ij, jk, kl -> li"), a, b, c);
    BOOST_TEST(close(into_matrix, expected));
    BOOST_TEST(close(into_array, expected));
    matrix sum = expected;
    xtn::accumulate(sum, xtn::einsum("ij,jk,kl->li", a, b, c));
    BOOST_TEST(close(sum, 2 * expected));
    xtn::assign(sum, xtn::einsum("ij,jk,kl->li", a, b * 1.0, c));
    BOOST_TEST(close(sum, expected));
    const double trace = static_cast<double>(xtn::einsum("ij,ij->", a, a));
    BOOST_TEST(std::abs(trace - xt::sum(a * a)()) < 1e-12);
    BOOST_TEST(xtn::describe(xtn::einsum("ij,jk,kl->li", a, b, c)) ==
               xtn::describe(xtn::einsum<"ij,jk,kl->li">(a, b, c)));
    const auto lazy = xtn::einsum("ij,jk,kl->li", a, b, c);
    BOOST_TEST((lazy.dimension() == 2 && lazy.shape()[0] == 6 && lazy.size() == 18));
}

BOOST_AUTO_TEST_CASE(mistakes_are_named) {
    test::random r(62);
    const matrix a = filled(r, 3, 4), b = filled(r, 4, 5);
    BOOST_TEST(
        mistake([&] { static_cast<void>(xtn::einsum("ij;jk", a, b)); }) ==
        "einsum labels \"ij;jk\": labels are single letters a-z and A-Z; commas part the operands (at character 3)");
    BOOST_TEST(mistake([&] { static_cast<void>(xtn::einsum("ij,jk,kl", a, b)); }) ==
               "einsum \"ij,jk,kl->il\" names 3 operands, but 2 were given");
    BOOST_TEST(mistake([&] { const matrix y = xtn::einsum("ijk,jk", a, b); }) ==
               "einsum \"ijk,jk->i\": operand 0 has the labels \"ijk\", so it needs 3 axes, but its shape is (3, 4)");
    BOOST_TEST(
        mistake([&] { const matrix y = xtn::einsum("ij,jk->ijk", a, b); }) ==
        "einsum \"ij,jk->ijk\": the result has the labels \"ijk\", so its destination needs 3 axes, but it has 2");
    BOOST_TEST(mistake([&] { static_cast<void>(double(xtn::einsum("ij,jk", a, b))); }) ==
               "einsum \"ij,jk->ik\": the result has indices; a scalar has none");
}

BOOST_AUTO_TEST_CASE(a_number_of_operands_known_at_run_time) {
    test::random r(67);
    for (std::size_t n = 1; n <= 6; ++n) {  // a chain of n matrices
        std::vector<matrix> chain;
        std::string labels;
        for (std::size_t i = 0; i < n; ++i) {
            chain.push_back(filled(r, 2 + i % 3, 2 + (i + 1) % 3));
            labels += (i == 0 ? "" : ",") + std::string{static_cast<char>('a' + i), static_cast<char>('b' + i)};
        }
        labels += std::string("->a") + static_cast<char>('a' + n);
        matrix expected = chain[0];
        for (std::size_t i = 1; i < n; ++i) expected = matrix(xtn::einsum<"ij,jk">(expected, chain[i]));
        const matrix y = xtn::einsum(labels, chain);
        BOOST_TEST(close(y, expected));

        std::vector<xtn::tensor_view<double>> views;
        for (const matrix& m : chain) views.push_back({m.data(), xtn::geometry::row_major(m.shape())});
        xt::xarray<double> z = y;
        xtn::accumulate(z, xtn::einsum(xtn::make_network(labels), views));
        BOOST_TEST(close(z, 2 * expected));
        BOOST_TEST(xtn::einsum(labels, std::span(views)).plan().problem.net.operands == n);
    }
    std::vector<xt::xarray<double>> any{xt::ones<double>({2, 3}), xt::ones<double>({3}), 2.0 * xt::ones<double>({2})};
    BOOST_TEST(static_cast<double>(xtn::einsum("ij,j,i->", any)) == 12.0);
    xtn::assign(any[0], xtn::einsum("ij,j,i->ji", any));  // the destination among the operands
    BOOST_TEST((any[0].shape(0) == 3 && any[0](2, 1) == 2));

    matrix a = filled(r, 3, 4);
    const std::vector transposed(2, xt::transpose(a));  // strides of their own
    BOOST_TEST(close(matrix(xtn::einsum("ij,kj->ik", transposed)), matrix(xtn::einsum<"ji,jk">(a, a))));

    BOOST_TEST(mistake([&] { static_cast<void>(xtn::einsum("ij,jk", any)); }) ==
               "einsum \"ij,jk->ik\" names 2 operands, but 3 were given");
    BOOST_TEST(mistake([&] { const matrix y = xtn::einsum("ij,jk,k->ik", any); }) ==
               "einsum \"ij,jk,k->ik\": operand 1 has the labels \"jk\", so it needs 2 axes, but its shape is (3)");
}

BOOST_AUTO_TEST_CASE(variables_too) {
    test::random r(63);
    const matrix a = filled(r, 3, 4), b = filled(r, 4, 5);
    const auto gradient = [&](auto&& product) {
        xtn::tape<double> t;
        const auto x = t.leaf(a);
        const auto y = product(x);
        t.backward(xtn::einsum<"ik,ik->">(y, y));
        return matrix(x.gradient());
    };
    BOOST_TEST(close(gradient([&](const auto& x) { return xtn::einsum<2>("ij,jk", x, b); }),
                     gradient([&](const auto& x) { return xtn::einsum<"ij,jk">(x, b); })));
    xtn::tape<double> t;
    BOOST_TEST(mistake([&] { xtn::einsum<3>("ij,jk", t.leaf(a), b); }) ==
               "einsum \"ij,jk->ik\" has a result of rank 2, but rank 3 is wanted");
}

// An operand that is evaluated while the statement is being recorded may contract networks of its own, however many.
BOOST_AUTO_TEST_CASE(recorded_while_others_are_evaluated) {
    test::random r(65);
    const matrix a = filled(r, 3, 4), b = filled(r, 4, 5);
    int evaluated = 0;
    const auto busy = [&](double x) {
        for (; evaluated < 600; ++evaluated) {
            const std::string i(1, static_cast<char>('a' + evaluated % 25)),
                j(1, static_cast<char>('A' + evaluated / 25));
            const matrix y = xtn::einsum(i + "z,z" + j + "->" + i + j, a, b);
            BOOST_REQUIRE(y.shape(0) == 3);
        }
        return x;
    };
    xtn::tape<double> t;
    const auto x = t.leaf(a);
    const auto y = xtn::einsum<2>("ij,jk", x, xt::make_lambda_xfunction(busy, b));
    BOOST_TEST(evaluated == 600);
    BOOST_TEST(close(y.value(), matrix(xtn::einsum<"ij,jk">(a, b))));
}

BOOST_AUTO_TEST_CASE(a_plan_is_a_value) {
    test::random r(66);
    const matrix a = filled(r, 3, 4), b = filled(r, 4, 5);
    const auto& plan = xtn::einsum<"ij,jk">(a, b).plan();
    static_assert(!std::is_reference_v<decltype(xtn::einsum<"ij,jk">(a, b).plan())>);
    BOOST_TEST(plan.flops() == 2 * 3 * 4 * 5);
}

BOOST_AUTO_TEST_CASE(an_order_of_the_callers) {
    test::random r(64);
    const matrix a = filled(r, 2, 30), b = filled(r, 30, 2), c = filled(r, 2, 30), d = filled(r, 30, 2);
    const matrix expected = xtn::einsum<"ij,jk,kl,lm">(a, b, c, d);
    for (const xtn::contraction_path& path :
         {xtn::contraction_path{{0, 1}, {0, 1}, {0, 1}}, {{1, 2}, {0, 2}, {0, 1}}, {{0, 1, 2, 3}}}) {
        const matrix y = xtn::einsum<"ij,jk,kl,lm">(a, b, c, d).along(path);
        const matrix z = xtn::einsum("ij,jk,kl,lm", a, b, c, d).along(path);
        BOOST_TEST(close(y, expected));
        BOOST_TEST(close(z, expected));
        const auto node = xtn::einsum<"ij,jk,kl,lm">(a, b, c, d).along(path);
        BOOST_TEST((xtn::make_path(node.plan().tree, 4) == xtn::make_path(xtn::make_tree(path, 4), 4)));
    }
    const auto named = xtn::einsum<"ij,jk,kl,lm">(a, b, c, d);
    const matrix other = named.along({{2, 3}, {1, 2}, {0, 1}});
    BOOST_TEST(close(other, expected));
    BOOST_TEST(close(matrix(named), expected));
    BOOST_TEST(mistake([&] { static_cast<void>(xtn::einsum<"ij,jk">(a, b).along({{0, 2}})); }) != "");
}

BOOST_AUTO_TEST_SUITE_END()
