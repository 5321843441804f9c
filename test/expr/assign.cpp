// SPDX-License-Identifier: BSD-3-Clause
// Where a contraction may be assigned to: every destination, resizing, accumulation, and aliasing with the operands.
#include <array>
#include <complex>
#include <cstddef>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#if __has_include(<xtensor/views/xview.hpp>)
#include <xtensor/misc/xmanipulation.hpp>
#include <xtensor/views/xstrided_view.hpp>
#include <xtensor/views/xview.hpp>
#else
#include <xtensor/xmanipulation.hpp>
#include <xtensor/xstrided_view.hpp>
#include <xtensor/xview.hpp>
#endif

#include "evaluate.hpp"

BOOST_AUTO_TEST_SUITE(assign)

using test::filled;
using test::relative_error;
using test::rows_of;
using xt::all;
using xt::range;
using matrix = xt::xtensor<double, 2>;

namespace {

using numbers = std::vector<double>;
using shape_2 = std::array<std::size_t, 2>;

constexpr double limit = 1e-12;

template <class E>
bool holds(const E& e, const numbers& expected) {
    return relative_error(rows_of(e).values, expected) <= limit;
}

numbers plus(numbers a, const numbers& b) {
    for (std::size_t i = 0; i < a.size(); ++i) a[i] += b[i];
    return a;
}

/// a (4 x 6), b (6 x 5) and their product by the oracle.
struct product {
    test::random r{51};
    matrix a = filled<matrix>(r, {4, 6}), b = filled<matrix>(r, {6, 5});
    numbers expected = test::oracle<"ij,jk">(a, b);
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(containers_are_resized, product) {
    matrix row_major;
    xt::xtensor<double, 2, xt::layout_type::column_major> column_major(shape_2{1, 9});
    xt::xarray<double> dynamic = xt::ones<double>({2, 2, 2});
    xt::xarray<double, xt::layout_type::column_major> dynamic_column;
    row_major = xtn::einsum<"ij,jk">(a, b);
    column_major = xtn::einsum<"ij,jk">(a, b);
    dynamic = xtn::einsum<"ij,jk">(a, b);
    dynamic_column = xtn::einsum<"ij,jk">(a, b);
    BOOST_TEST(holds(row_major, expected));
    BOOST_TEST(holds(column_major, expected));
    BOOST_TEST(holds(dynamic, expected));
    BOOST_TEST(holds(dynamic_column, expected));
    BOOST_TEST((row_major.shape() == shape_2{4, 5}));

    matrix second(shape_2{3, 3});
    xt::noalias(second) = xtn::einsum<"ij,jk">(a, b);
    BOOST_TEST(holds(second, expected));
    xt::xarray<double> third;
    xtn::assign(third, xtn::einsum<"ij,jk->ki">(a, b));
    BOOST_TEST(holds(third, test::oracle<"ij,jk->ki">(a, b)));
}

BOOST_FIXTURE_TEST_CASE(static_shapes_and_adaptors, product) {
    xt::xtensor_fixed<double, xt::xshape<4, 5>> fixed;
    fixed = xtn::einsum<"ij,jk">(a, b);
    BOOST_TEST(holds(fixed, expected));
    xtn::tensor<double, 4, 5> tensor = xtn::einsum<"ij,jk">(a, b);
    BOOST_TEST(holds(tensor, expected));
    tensor = xtn::einsum<"ij,jk">(a, 2.0 * b);
    tensor = xtn::einsum<"ij,jk">(a, b);
    BOOST_TEST(holds(tensor, expected));
    numbers memory(20);
    auto adaptor = xt::adapt(memory.data(), memory.size(), xt::no_ownership(), shape_2{4, 5});
    xtn::assign(adaptor, xtn::einsum<"ij,jk">(a, b));
    BOOST_TEST(relative_error(memory, expected) <= limit);
}

BOOST_FIXTURE_TEST_CASE(views_are_written_in_place, product) {
    xt::xtensor<double, 3> big = xt::ones<double>({3, 9, 12});
    const auto check = [&](auto&& view) {
        big.fill(1);
        view = xtn::einsum<"ij,jk">(a, b);
        BOOST_TEST(holds(view, expected));
        double outside = 0;
        for (const double x : big) outside += x == 1;
        BOOST_TEST(outside == 3 * 9 * 12 - 20);
        xtn::assign(view, xtn::einsum<"ij,jk">(a, 2.0 * b));
        BOOST_TEST(holds(view, plus(expected, expected)));
        xtn::accumulate(view, xtn::einsum<"ij,jk">(a, b));
        BOOST_TEST(holds(view, plus(expected, plus(expected, expected))));
    };
    check(xt::view(big, 1, range(2, 6), range(0, 10, 2)));
    check(xt::view(big, 2, range(8, 4, -1), range(3, 8)));
    check(xt::strided_view(big, {0, range(1, 9, 2), range(7, 12)}));
    check(xt::view(big, 1, xt::keep(0, 3, 4, 8), range(0, 5)));  // no strides: through a temporary
    auto transposed = xt::transpose(big);
    check(xt::view(transposed, range(0, 4), range(1, 6), 0));
}

BOOST_FIXTURE_TEST_CASE(accumulate_adds, product) {
    matrix y = filled<matrix>(r, {4, 5});
    const numbers start = rows_of(y).values;
    xtn::accumulate(y, xtn::einsum<"ij,jk">(a, b));
    BOOST_TEST(holds(y, plus(start, expected)));
    xt::xarray<double> z = xt::zeros<double>({5, 4});
    for (int i = 0; i < 2; ++i) xtn::accumulate(z, xtn::einsum<"ij,jk->ki">(a, b));
    BOOST_TEST(holds(z, test::oracle<",ij,jk->ki">(2.0, a, b)));
    xt::xtensor<double, 0> sum = 5.0;
    xtn::accumulate(sum, xtn::einsum<"ij->">(a));
    BOOST_TEST(holds(sum, plus({5.0}, test::oracle<"ij->">(a))));
}

BOOST_FIXTURE_TEST_CASE(wrong_destinations_are_refused, product) {
    xt::xtensor_fixed<double, xt::xshape<4, 4>> fixed;
    BOOST_CHECK_THROW((xtn::assign(fixed, xtn::einsum<"ij,jk">(a, b))), xtn::shape_error);
    matrix y(shape_2{4, 4}, 1.0);
    auto view = xt::view(y, all(), range(0, 3));
    BOOST_CHECK_THROW((xtn::assign(view, xtn::einsum<"ij,jk">(a, b))), xtn::shape_error);
    BOOST_CHECK_EXCEPTION((xtn::accumulate(y, xtn::einsum<"ij,jk">(a, b))), xtn::shape_error, [](const auto& e) {
        return std::string(e.what()) ==
               "einsum \"ij,jk->ik\": the destination has shape (4, 4), but the result has "
               "shape (4, 5)";
    });
    BOOST_CHECK_THROW((view = xtn::einsum<"ij,jk">(a, b)), xtn::shape_error);
    for (const double x : y) BOOST_TEST(x == 1);
}

BOOST_AUTO_TEST_CASE(operands_may_be_the_destination) {
    test::random r(52);
    const auto start = filled<matrix>(r, {6, 6});
    const numbers square = test::oracle<"ij,jk">(start, start), transposed = test::oracle<"ij->ji">(start);
    matrix q = start;
    q = xtn::einsum<"ij,jk">(q, q);
    BOOST_TEST(holds(q, square));
    q = start;
    xt::noalias(q) = xtn::einsum<"ij,jk">(q, q);
    BOOST_TEST(holds(q, square));
    q = start;
    xtn::assign(q, xtn::einsum<"ij,jk">(q, q));
    BOOST_TEST(holds(q, square));
    q = start;
    xtn::accumulate(q, xtn::einsum<"ij,jk">(q, q));
    BOOST_TEST(holds(q, plus(rows_of(start).values, square)));
    q = start;
    xtn::assign(q, xtn::einsum<"ij->ji">(q));
    BOOST_TEST(holds(q, transposed));
    q = start;
    xtn::accumulate(q, xtn::einsum<"ij->ji">(q));
    BOOST_TEST(holds(q, plus(rows_of(start).values, transposed)));
    q = start;
    xtn::assign(q, xtn::einsum<"ij,jk">(q + q, q));
    BOOST_TEST(holds(q, plus(square, square)));

    xt::xarray<double> d = start;
    xt::noalias(d) = xtn::einsum<"ij,jk->k">(d, d);  // and another shape
    BOOST_TEST(holds(d, test::oracle<"ij,jk->k">(start, start)));
    xtn::tensor<double, 6, 6> t = start;
    t = xtn::einsum<"ij,jk">(t, t);
    BOOST_TEST(holds(t, square));
    xt::xtensor_fixed<double, xt::xshape<6, 6>> f = start;
    xtn::assign(f, xtn::einsum<"ij,jk">(f, f));
    BOOST_TEST(holds(f, square));
}

BOOST_AUTO_TEST_CASE(views_of_the_destination) {
    test::random r(53);
    const auto start = filled<matrix>(r, {6, 8});
    const auto w = filled<matrix>(r, {4, 4});
    const auto expected = test::oracle<"ij,jk">(xt::view(start, all(), range(2, 6)), w);
    matrix q = start;
    auto left = xt::view(q, all(), range(0, 4));
    xtn::assign(left, xtn::einsum<"ij,jk">(xt::view(q, all(), range(2, 6)), w));  // overlaps by half
    BOOST_TEST(holds(left, expected));
    BOOST_TEST(holds(xt::view(q, all(), range(4, 8)), rows_of(xt::view(start, all(), range(4, 8))).values));
    q = start;
    left = xtn::einsum<"ij,jk">(xt::view(q, all(), range(2, 6)), w);
    BOOST_TEST(holds(left, expected));
    q = start;
    xtn::assign(q, xtn::einsum<"ij,ij->ij">(xt::flip(q, 0), xt::view(q, all(), range(7, xt::placeholders::_, -1))));
    BOOST_TEST(holds(
        q, test::oracle<"ij,ij->ij">(xt::flip(start, 0), xt::view(start, all(), range(7, xt::placeholders::_, -1)))));
    q = start;
    auto row = xt::view(q, 3, all());
    xtn::assign(row, xtn::einsum<"ij,i->j">(q, xt::view(q, all(), 0)));
    BOOST_TEST(holds(row, test::oracle<"ij,i->j">(start, xt::view(start, all(), 0))));
    xt::xtensor<double, 1> v = xt::view(start, 0);
    auto back = xt::adapt(v.data(), 8, xt::no_ownership(), shape_2{2, 4});
    xtn::assign(v, xtn::einsum<"ij,kj,->k">(back, xt::view(start, range(0, 6), range(0, 4)), 1.0));
    BOOST_TEST(v.size() == 6u);
    BOOST_TEST(holds(v, test::oracle<"ij,kj->k">(xt::reshape_view(xt::view(start, 0), {2, 4}),
                                                 xt::view(start, range(0, 6), range(0, 4)))));
}

BOOST_AUTO_TEST_CASE(another_scalar_type_at_the_destination) {
    const xt::xtensor<float, 2> a({2, 3}, 1.5F);
    const xt::xtensor<double, 2> wide = xtn::einsum<"ij,kj">(a, a);
    BOOST_TEST(wide(1, 0) == 6.75);
    xt::xtensor<double, 2> sum({2, 2}, 1.0);
    xtn::accumulate(sum, xtn::einsum<"ij,kj">(a, a));
    BOOST_TEST(sum(0, 1) == 7.75);
    xt::xarray<std::complex<double>> complex = xtn::einsum<"ij,kj">(a, a);
    xtn::accumulate(complex, xtn::einsum<"ij,kj">(2.0F * a, a));
    BOOST_TEST(complex(1, 1).real() == 20.25);
    BOOST_TEST(complex(1, 1).imag() == 0.0);
}

BOOST_AUTO_TEST_SUITE_END()
