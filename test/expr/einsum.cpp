// SPDX-License-Identifier: BSD-3-Clause
// einsum on operands of every kind: containers, views, adaptors, expressions, scalars.
#include <cmath>
#include <complex>
#include <cstddef>
#include <sstream>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#if __has_include(<xtensor/views/xview.hpp>)
#include <xtensor/misc/xmanipulation.hpp>
#include <xtensor/views/xbroadcast.hpp>
#include <xtensor/views/xstrided_view.hpp>
#include <xtensor/views/xview.hpp>
#else
#include <xtensor/xbroadcast.hpp>
#include <xtensor/xmanipulation.hpp>
#include <xtensor/xstrided_view.hpp>
#include <xtensor/xview.hpp>
#endif

#include <xtn/expr/scalar_result.hpp>

#include "evaluate.hpp"

BOOST_AUTO_TEST_SUITE(einsum)

using test::agrees;
using test::filled;
using xt::all;
using xt::range;
using column_major = xt::xtensor<double, 2, xt::layout_type::column_major>;

namespace {

using matrix = xt::xtensor<double, 2>;

}  // namespace

BOOST_AUTO_TEST_CASE(containers) {
    test::random r(41);
    const auto a = filled<matrix>(r, {4, 6});
    const auto b = filled<column_major>(r, {6, 5});
    const auto c = filled<xt::xarray<double>>(r, {5, 3});
    const auto d = filled<xt::xarray<double, xt::layout_type::column_major>>(r, {3, 4});
    xt::xtensor_fixed<double, xt::xshape<4, 6>> f = a;
    xtn::tensor<double, 6, 5> t = b;
    BOOST_TEST((agrees<"ij,jk->ik">(a, b)));
    BOOST_TEST((agrees<"ij,jk->ki">(f, t)));
    BOOST_TEST((agrees<"ij,jk,kl,li->">(a, b, c, d)));
    BOOST_TEST((agrees<"ij,jk,kl,lm">(f, t, c, d)));
    BOOST_TEST((agrees<"ij,ij->ij">(a, f)));
    BOOST_TEST((agrees<"ij->j">(t)));
    xt::xarray<double> lazy_rank = a;
    BOOST_TEST((agrees<"ij,ij->i">(lazy_rank, a)));
    xt::xtensor<double, 2, xt::layout_type::dynamic> any(std::array<std::size_t, 2>{4, 6},
                                                         xt::layout_type::column_major);
    any = a;
    BOOST_TEST((agrees<"ij,jk">(any, b)));
}

BOOST_AUTO_TEST_CASE(views) {
    test::random r(42);
    const auto a = filled<xt::xtensor<double, 3>>(r, {6, 7, 8});
    const auto c = filled<column_major>(r, {8, 7});
    BOOST_TEST((agrees<"ij,ij->i">(xt::view(a, 2, all(), all()), xt::view(a, 5))));
    BOOST_TEST((agrees<"ij,ji->i">(xt::view(a, 2), xt::view(c, all(), all()))));
    BOOST_TEST((agrees<"ij,ik->jk">(xt::view(a, range(1, 6, 2), 3, all()), xt::view(a, range(0, 3), all(), 1))));
    BOOST_TEST((agrees<"ij->ji">(xt::view(a, range(5, 0, -2), all(), 0))));
    BOOST_TEST((agrees<"ij,jk->ik">(xt::view(a, all(), 1, range(xt::placeholders::_, xt::placeholders::_, -1)), c)));
    BOOST_TEST((agrees<"ij,kj->ik">(xt::view(a, xt::keep(4, 0, 3), 2, all()), xt::view(a, 0))));
    BOOST_TEST((agrees<"ij,kj->ik">(xt::view(a, xt::drop(0), 2, all()), xt::view(a, 0))));
    BOOST_TEST((agrees<"abi,i->ab">(xt::view(a, 0, xt::newaxis(), all(), all()), xt::view(a, 1, 1))));
    BOOST_TEST((agrees<"i,i->">(xt::view(a, all(), 0, 0), xt::view(a, all(), 6, 7))));
    BOOST_TEST((agrees<"kji,ijk->k">(xt::transpose(a), a)));
    BOOST_TEST((agrees<"jik->ij">(xt::transpose(a, {1, 0, 2}))));
    BOOST_TEST((agrees<"ij,jk">(xt::transpose(c), c)));
    BOOST_TEST(
        (agrees<"ij,jk">(xt::strided_view(a, {range(0, 4), 3, range(0, 8, 3)}), xt::view(a, range(0, 3), 0, all()))));
    BOOST_TEST((agrees<"ij,ij">(xt::strided_view(a, {1, xt::ellipsis()}), xt::flip(xt::view(a, 1), 0))));
    BOOST_TEST((agrees<"ij,ij->j">(xt::flip(c, 1), c)));
    BOOST_TEST((agrees<"ij,jk">(xt::reshape_view(a, {42, 8}), c)));
    BOOST_TEST((agrees<"ij,j">(xt::reshape_view(c, {7, 8}), xt::view(a, 0, 0))));
    BOOST_TEST((agrees<"i,i">(xt::diagonal(c), xt::view(a, 0, all(), 0))));
    BOOST_TEST((agrees<"ij,jk->ik">(xt::broadcast(xt::view(a, 0, 0), {3, 8}), c)));
    const auto inner = xt::view(a, range(0, 4), all(), range(2, 7));
    BOOST_TEST((agrees<"ij,ij">(xt::view(inner, 3, all(), range(1, 4)), xt::view(inner, 0, all(), range(0, 3)))));
    BOOST_TEST((agrees<"ij->">(xt::view(xt::transpose(a), 1, range(6, 2, -1), all()))));
    auto fixed = xt::xtensor_fixed<double, xt::xshape<3, 4>>();
    for (auto& x : fixed) x = r.value<double>();
    BOOST_TEST((agrees<"i,i->i">(xt::view(fixed, 1), xt::view(fixed, 2))));
    const auto dynamic = filled<xt::xarray<double>>(r, {3, 4, 5});
    BOOST_TEST((agrees<"ij,kj">(xt::view(dynamic, 1, all(), all()),
                                xt::view(dynamic, all(), 2, range(4, xt::placeholders::_, -1)))));
}

BOOST_AUTO_TEST_CASE(adaptors) {
    std::vector<double> memory(24);
    for (std::size_t i = 0; i < memory.size(); ++i) memory[i] = static_cast<double>(i * i % 11) - 3;
    const std::vector<double>& constant = memory;
    const auto rows = xt::adapt(memory, std::array<std::size_t, 2>{4, 6});
    const auto columns = xt::adapt<xt::layout_type::column_major>(memory.data(), 24, xt::no_ownership(),
                                                                  std::array<std::size_t, 2>{6, 4});
    const auto dynamic = xt::adapt(constant, std::vector<std::size_t>{2, 3, 4});
    BOOST_TEST((agrees<"ij,jk">(rows, columns)));
    BOOST_TEST((agrees<"abc,cd->adb">(dynamic, rows)));
}

BOOST_AUTO_TEST_CASE(expressions_are_evaluated_once) {
    test::random r(43);
    const auto a = filled<matrix>(r, {4, 6}), b = filled<matrix>(r, {4, 6});
    const auto x = filled<xt::xarray<double>>(r, {6, 3});
    BOOST_TEST((agrees<"ij,jk">(a + b, x)));
    BOOST_TEST((agrees<"ij,kj">(2.0 * a - b / (1.0 + a * a), xt::exp(b))));
    BOOST_TEST((agrees<"ij,jk">(a + xt::view(b, 0), x * 2.0)));
    BOOST_TEST((agrees<"ij,kj->ik">(xt::sum(xt::stack(xt::xtuple(a, b)), {0}), a)));
    BOOST_TEST((agrees<"ij->j">(xt::eval(a + b))));
    BOOST_TEST((agrees<"ij,ij">(xt::ones<double>({4, 6}), a)));

    int calls = 0;
    const auto counted = xt::make_lambda_xfunction([&](double v) { return ++calls, v; }, a);
    const matrix y = xtn::einsum<"ij,jk">(counted, x);
    BOOST_TEST(calls == 24);
}

BOOST_AUTO_TEST_CASE(scalars_and_results_of_rank_zero) {
    test::random r(44);
    const auto a = filled<matrix>(r, {4, 6});
    const auto v = filled<xt::xtensor<double, 1>>(r, {4});
    BOOST_TEST((agrees<",ij->ij">(2.5, a)));
    BOOST_TEST((agrees<",ij,,i->j">(2.5, a, -1.0, v)));
    BOOST_TEST((agrees<",->">(2.5, 4.0)));
    const double sum = xtn::einsum<"ij,ij->">(a, a);
    BOOST_TEST(sum == test::oracle<"ij,ij->">(a, a)[0], boost::test_tools::tolerance(1e-12));
    const xt::xtensor<double, 0> zero = xtn::einsum<"ij->">(a);
    BOOST_TEST(zero() == test::oracle<"ij->">(a)[0], boost::test_tools::tolerance(1e-12));
    const xt::xarray<double> any = xtn::einsum<"ij,i,i->">(a, v, v);
    BOOST_TEST(any.dimension() == 0u);
    BOOST_TEST(any() == test::oracle<"ij,i,i->">(a, v, v)[0], boost::test_tools::tolerance(1e-12));
    const xt::xtensor<double, 0> operand = 3.0;
    BOOST_TEST((agrees<",i->i">(operand, v)));
    const double trace = xtn::einsum<"ii">(xt::view(a, all(), range(0, 4)));
    BOOST_TEST(trace == a(0, 0) + a(1, 1) + a(2, 2) + a(3, 3), boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(a_scalar_result_is_a_number_in_arithmetic) {
    const matrix a = {{1, 2}, {3, 4}};
    auto trace = xtn::einsum<"ii->">(a);  // 5
    const auto squares = xtn::einsum<"ij,ij->">(a, a);
    BOOST_TEST((3.0 * xtn::einsum<"ii->">(a) == 15.0));
    BOOST_TEST((trace * 2 - squares / trace + 1 == 5.0));
    BOOST_TEST((-trace == -5.0));
    BOOST_TEST((trace < squares));
    BOOST_TEST((squares > 29 && 30.0 == squares && trace != 4 && 5 >= trace && trace <= 5.0F));
    BOOST_TEST(std::sqrt(squares * squares) == 30.0);
    double sum = 1;
    sum += trace;
    BOOST_TEST(sum == 6.0);
    const matrix scaled = a * trace, moved = trace - a;
    BOOST_TEST(scaled(1, 1) == 20.0);
    BOOST_TEST(moved(0, 0) == 4.0);
    std::ostringstream text;
    text << trace << ' ' << xtn::einsum<"i->">(xt::xtensor<std::complex<float>, 1>{{1, 2}});
    BOOST_TEST(text.str() == "5 (1,2)");
    const xt::xtensor<float, 1> v = {3, 4};
    const double wide = xtn::einsum<"i,i->">(v, v);
    BOOST_TEST(wide == 25.0);
}

BOOST_AUTO_TEST_CASE(every_scalar_type) {
    test::random r(45);
    const auto check = [&]<class T>(T) {
        const auto a = filled<xt::xtensor<T, 2>>(r, {4, 6});
        const auto b = filled<xt::xarray<T>>(r, {6, 5});
        BOOST_TEST((agrees<"ij,jk">(a, b)));
        BOOST_TEST((agrees<",ij,jk->i">(T(2), a, b)));
        BOOST_TEST((agrees<"ij,jk">(a + a, b)));
    };
    check(float{});
    check(double{});
    check(std::complex<float>{});
    check(std::complex<double>{});
}

BOOST_AUTO_TEST_CASE(extents_of_one_and_zero) {
    test::random r(46);
    BOOST_TEST((agrees<"ij,jk">(filled<matrix>(r, {1, 6}), filled<matrix>(r, {6, 1}))));
    BOOST_TEST((agrees<"ij,jk">(filled<matrix>(r, {5, 1}), filled<matrix>(r, {1, 4}))));
    BOOST_TEST((agrees<"ij,jk->">(filled<column_major>(r, {1, 1}), filled<matrix>(r, {1, 1}))));
    BOOST_TEST((
        agrees<"iij,kij->kj">(filled<xt::xtensor<double, 3>>(r, {1, 1, 3}), filled<xt::xarray<double>>(r, {2, 1, 3}))));
    const matrix none(std::array<std::size_t, 2>{3, 0}), other(std::array<std::size_t, 2>{0, 2});
    const matrix y = xtn::einsum<"ij,jk">(none, other);
    BOOST_TEST((y.shape() == std::array<std::size_t, 2>{3, 2}));
    for (const double v : y) BOOST_TEST(v == 0);
    const matrix z = xtn::einsum<"ij,jk">(other, matrix(std::array<std::size_t, 2>{2, 5}, 1.0));
    BOOST_TEST((z.shape() == std::array<std::size_t, 2>{0, 5}));
    BOOST_TEST(double(xtn::einsum<"ij->">(none)) == 0);
    BOOST_CHECK_THROW((xtn::describe(xtn::einsum<"ij,jk">(none, other))), xtn::shape_error);
}

BOOST_AUTO_TEST_CASE(a_node_is_lazy) {
    matrix a(std::array<std::size_t, 2>{2, 2}, 1.0);
    const auto node = xtn::einsum<"ij,jk">(a, a);
    a.fill(3);
    const matrix y = node;  // lvalues by reference
    BOOST_TEST(y(0, 0) == 18);
    const auto owner = xtn::einsum<"ij,jk">(matrix(a), matrix(a));
    a.fill(0);
    const matrix z = owner;  // rvalues by value
    BOOST_TEST(z(1, 1) == 18);
    BOOST_TEST(node.dimension() == 2u);
    BOOST_TEST(node.size() == 4u);
    BOOST_TEST((node.shape() == std::array<std::size_t, 2>{2, 2}));
}

BOOST_AUTO_TEST_CASE(shapes_may_change_between_evaluations) {
    test::random r(47);
    for (const std::size_t b : {3u, 1u, 8u, 3u, 0u, 5u}) {
        const auto x = filled<matrix>(r, {b, 6}), w = filled<matrix>(r, {4, 6});
        BOOST_TEST((agrees<"bi,oi->bo">(x, w)));
        BOOST_TEST((agrees<"bi,oi->bo">(x, xt::view(w, range(0, 2)))));
    }
}

BOOST_AUTO_TEST_CASE(errors_name_what_disagrees) {
    const matrix a(std::array<std::size_t, 2>{3, 4}), b(std::array<std::size_t, 2>{5, 6});
    const xt::xarray<double> c = xt::zeros<double>({4});
    const auto message = [](auto&& evaluate) -> std::string {
        try {
            evaluate();
        } catch (const xtn::shape_error& e) {
            return e.what();
        }
        return "";
    };
    BOOST_TEST(message([&] { const matrix y = xtn::einsum<"ij,jk">(a, b); }) ==
               "einsum \"ij,jk->ik\": operand 1 has extent 5 for label 'j', but operand 0 has 4");
    BOOST_TEST(message([&] { const matrix y = xtn::einsum<"ij,jk">(a, c); }) ==
               "einsum \"ij,jk->ik\": operand 1 has the labels \"jk\", so it needs 2 axes, but its shape is (4)");
    BOOST_TEST(message([&] { xtn::einsum<"ij,jk">(a, b).shape(); }).find("label 'j'") != std::string::npos);
    BOOST_TEST(message([&] { static_cast<void>(double(xtn::einsum<"ij,ij">(a, b))); }).find("label 'i'") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(static_extents_give_a_static_order) {
    test::random r(48);
    xtn::tensor<double, 10, 100> a;
    xtn::tensor<double, 100, 10> b;
    for (auto& x : a) x = r.value<double>();
    for (auto& x : b) x = r.value<double>();
    BOOST_TEST((agrees<"ab,bc,cd,de->ae">(a, b, a, b)));
    const auto& p = xtn::einsum<"ab,bc,cd,de->ae">(a, b, a, b).plan();
    BOOST_TEST(p.tree.flops == 2 * (10 * 100 * 10 * 2 + 10 * 10 * 10));
    BOOST_TEST(xtn::describe(xtn::einsum<"ab,bc,cd,de->ae">(a, b, a, b)) == xtn::describe(p));
}

// With one extent open the compiler knows the order for every batch: through the cores for few rows, through their
// matrix for many.
BOOST_AUTO_TEST_CASE(one_open_extent_gives_a_static_envelope) {
    test::random r(50);
    xtn::tensor<double, 8, 8, 32> a;
    xtn::tensor<double, 32, 8, 8> b;
    for (auto& x : a) x = r.value<double>();
    for (auto& x : b) x = r.value<double>();
    const auto last_meets_x = [&](std::size_t rows) {
        const auto x = filled<xt::xtensor<double, 3>>(r, {rows, 8, 8});
        BOOST_TEST((agrees<"bij,oir,rpj->bop">(x, a, b)));
        const xtn::contraction_tree& tree = xtn::einsum<"bij,oir,rpj->bop">(x, a, b).plan().tree;
        return tree.left[tree.steps - 1u] == 0;
    };
    BOOST_TEST(!last_meets_x(1));
    BOOST_TEST(!last_meets_x(2));
    BOOST_TEST(last_meets_x(300));
    BOOST_TEST((agrees<"bij,oir,rpj->bop">(filled<xt::xtensor<double, 3>>(r, {0, 8, 8}), a, b)));
}

// Plans and scratch memory belong to a thread.
BOOST_AUTO_TEST_CASE(threads_evaluate_side_by_side) {
    test::random r(49);
    const auto a = filled<matrix>(r, {7, 9}), b = filled<matrix>(r, {9, 5}), c = filled<matrix>(r, {5, 8});
    const matrix expected = xtn::einsum<"ij,jk,kl">(a, b, c);
    std::vector<int> differ(2);
    {
        std::vector<std::jthread> threads;
        for (std::size_t t = 0; t < 2; ++t)
            threads.emplace_back([&, t] {
                for (std::size_t i = 0; i < 400; ++i) {
                    const std::size_t rows = 1 + (i * (t + 1)) % 7;
                    const matrix y = xtn::einsum<"ij,jk,kl">(xt::view(a, range(0, rows)) * 1.0, b, c);
                    for (std::size_t k = 0; k < 8; ++k)
                        differ[t] += std::abs(y(rows - 1, k) - expected(rows - 1, k)) > 1e-9;
                }
            });
    }
    BOOST_TEST(differ[0] == 0);
    BOOST_TEST(differ[1] == 0);
}

BOOST_AUTO_TEST_SUITE_END()
