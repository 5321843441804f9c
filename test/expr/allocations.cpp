// SPDX-License-Identifier: BSD-3-Clause
// A warm evaluation allocates nothing.
#include "../allocations.hpp"
#ifdef XTN_COUNTS_ALLOCATIONS

#include <vector>

#include <boost/test/unit_test.hpp>

#include <xtn/expr/assign.hpp>
#include <xtn/expr/einsum.hpp>
#include <xtn/expr/memory.hpp>
#include <xtn/expr/tensor.hpp>

BOOST_AUTO_TEST_SUITE(allocations_counted)

using test::allocated_by;

BOOST_AUTO_TEST_CASE(a_warm_evaluation_allocates_nothing) {
    const std::size_t before = test::allocations;
    static_cast<void>(std::vector<int>(7).data()[3]);
    BOOST_REQUIRE(test::allocations > before);  // the counter counts

    xt::xtensor<double, 4> x = xt::ones<double>({7, 4, 4, 8});
    xt::xtensor<double, 3> a = xt::ones<double>({8, 4, 5}), c = xt::ones<double>({5, 8, 8});
    xt::xtensor<double, 4> b = xt::ones<double>({5, 8, 4, 5}), y = xt::zeros<double>({7, 8, 8, 8});
    const auto chain = [&] { return xtn::einsum<"bijk,oir,rpjs,sqk->bopq">(x, a, b, c); };
    BOOST_TEST(allocated_by([&] { xt::noalias(y) = chain(); }) == 0u);
    BOOST_TEST(allocated_by([&] { xtn::assign(y, chain()); }) == 0u);
    BOOST_TEST(allocated_by([&] { xtn::accumulate(y, chain()); }) == 0u);
    BOOST_TEST(allocated_by([&] { xtn::assign(xtn::as_tensor(y.data(), {7, 8, 8, 8}), chain()); }) == 0u);
    BOOST_TEST(allocated_by([&] { xtn::assign(x, xtn::einsum<"bijk,bijk,bijk->bijk">(x, x, x)); }) == 0u);  // aliases
    BOOST_TEST(allocated_by([&] { xtn::assign(y, xtn::einsum<"bijk,oir,rpjs,sqk->bopq">(x + x, a, b, 2.0 * c)); }) ==
               0u);
    xtn::tensor<float, 32, 64> w(1);
    xt::xtensor<float, 2> in = xt::ones<float>({9, 64}), out = xt::zeros<float>({9, 32});
    BOOST_TEST(allocated_by([&] { xt::noalias(out) = xtn::einsum<"bi,oi->bo">(in, w); }) == 0u);
    double s = 0;
    BOOST_TEST(allocated_by([&] { s += xtn::einsum<"bijk,bijk->">(x, x); }) == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

#endif
