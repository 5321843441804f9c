// SPDX-License-Identifier: BSD-3-Clause
// 35 everyday operations on xarray. xtensor up to 0.25 under g++ in C++20 gets a dozen of them wrong, some silently,
// unless backend/xtensor.hpp repairs it; every expected value is written out or computed by hand.
#include <cmath>
#include <cstddef>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <xtn/backend/xtensor.hpp>

#if __has_include(<xtensor/views/xview.hpp>)
#include <xtensor/generators/xbuilder.hpp>
#include <xtensor/misc/xmanipulation.hpp>
#include <xtensor/misc/xpad.hpp>
#include <xtensor/misc/xsort.hpp>
#include <xtensor/reducers/xaccumulator.hpp>
#include <xtensor/reducers/xnorm.hpp>
#include <xtensor/views/xindex_view.hpp>
#include <xtensor/views/xstrided_view.hpp>
#include <xtensor/views/xview.hpp>
#else
#include <xtensor/xaccumulator.hpp>
#include <xtensor/xbuilder.hpp>
#include <xtensor/xindex_view.hpp>
#include <xtensor/xmanipulation.hpp>
#include <xtensor/xnorm.hpp>
#include <xtensor/xpad.hpp>
#include <xtensor/xsort.hpp>
#include <xtensor/xstrided_view.hpp>
#include <xtensor/xview.hpp>
#endif

namespace {

using array = xt::xarray<double>;
using numbers = std::vector<double>;
using shape = std::vector<std::size_t>;
using xt::all;
using xt::range;

/// Shape and elements, read one by one in row-major order.
template <class E>
bool holds(const E& e, const shape& expected_shape, const numbers& expected) {
    if (shape(e.shape().begin(), e.shape().end()) != expected_shape) return false;
    std::vector<std::size_t> index(expected_shape.size());
    for (const double x : expected) {
        const auto found = static_cast<double>(e.element(index.begin(), index.end()));
        if (!(std::abs(found - x) <= 1e-12 * (1 + std::abs(x)))) return false;
        for (std::size_t axis = index.size(); axis-- > 0 && ++index[axis] == expected_shape[axis];) index[axis] = 0;
    }
    return true;
}

struct fixture {
    array a{{1, 2, 3}, {4, 5, 6}};
    array b{{6, 5, 4}, {3, 2, 1}};
    array v{10, 20, 30};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(xtensor_shim, fixture)

BOOST_AUTO_TEST_CASE(arithmetic_and_functions) {
    const array sum = a + b, product = a * b, scaled = 2.0 * a - 1.0, row = a + v;
    BOOST_TEST(holds(sum, {2, 3}, {7, 7, 7, 7, 7, 7}));                                // 1
    BOOST_TEST(holds(product, {2, 3}, {6, 10, 12, 12, 10, 6}));                        // 2
    BOOST_TEST(holds(scaled, {2, 3}, {1, 3, 5, 7, 9, 11}));                            // 3
    BOOST_TEST(holds(row, {2, 3}, {11, 22, 33, 14, 25, 36}));                          // 4: broadcast
    BOOST_TEST(holds(array(xt::sqrt(a * a)), {2, 3}, {1, 2, 3, 4, 5, 6}));             // 5
    BOOST_TEST(holds(array(xt::where(a > 3.0, a, 0.0)), {2, 3}, {0, 0, 0, 4, 5, 6}));  // 6
    BOOST_TEST(holds(xt::eval(a + b), {2, 3}, {7, 7, 7, 7, 7, 7}));                    // 7
    array c = a;
    c += b;
    BOOST_TEST(holds(c, {2, 3}, {7, 7, 7, 7, 7, 7}));  // 8
    c = c - a;
    BOOST_TEST(holds(c, {2, 3}, {6, 5, 4, 3, 2, 1}));                         // 9: the destination among the operands
    BOOST_TEST(holds(array(xt::maximum(a, b)), {2, 3}, {6, 5, 4, 4, 5, 6}));  // 10
}

BOOST_AUTO_TEST_CASE(reducers) {
    constexpr auto now = xt::evaluation_strategy::immediate;
    BOOST_TEST(xt::sum(a)() == 21);                                           // 11
    BOOST_TEST(holds(array(xt::sum(a, {0})), {3}, {5, 7, 9}));                // 12
    BOOST_TEST(holds(xt::sum(a, {1}, now), {2}, {6, 15}));                    // 13
    BOOST_TEST(holds(xt::sum(a, now), {}, {21}));                             // 14
    BOOST_TEST(holds(xt::prod(a, {0}, now), {3}, {4, 10, 18}));               // 15
    BOOST_TEST(holds(array(xt::mean(a, {1})), {2}, {2, 5}));                  // 16
    BOOST_TEST(holds(xt::mean(a, {0}, now), {3}, {2.5, 3.5, 4.5}));           // 17
    BOOST_TEST(holds(array(xt::variance(a, {1})), {2}, {2.0 / 3, 2.0 / 3}));  // 18
    BOOST_TEST(holds(array(xt::stddev(a, {0})), {3}, {1.5, 1.5, 1.5}));       // 19
    BOOST_TEST(std::abs(xt::stddev(a)() - std::sqrt(35.0 / 12)) < 1e-12);     // 20
    BOOST_TEST(holds(xt::amax(a, {0}, now), {3}, {4, 5, 6}));                 // 21
    BOOST_TEST(holds(array(xt::amin(a, {1})), {2}, {1, 4}));                  // 22
    BOOST_TEST(std::abs(xt::norm_l2(a)() - std::sqrt(91.0)) < 1e-12);         // 23
    BOOST_TEST(holds(array(xt::cumsum(a, 1)), {2, 3}, {1, 3, 6, 4, 9, 15}));  // 24
    BOOST_TEST(holds(xt::argmax(a * b, 1), {2}, {2, 0}));                     // 25
}

BOOST_AUTO_TEST_CASE(shapes) {
    BOOST_TEST(holds(array(xt::transpose(a)), {3, 2}, {1, 4, 2, 5, 3, 6}));                                        // 26
    BOOST_TEST(holds(xt::tile(v, {2}), {6}, {10, 20, 30, 10, 20, 30}));                                            // 27
    BOOST_TEST(holds(xt::pad(v, {{1, 2}}), {6}, {0, 10, 20, 30, 0, 0}));                                           // 28
    BOOST_TEST(holds(array(xt::concatenate(xt::xtuple(a, b), 0)), {4, 3}, {1, 2, 3, 4, 5, 6, 6, 5, 4, 3, 2, 1}));  // 29
    BOOST_TEST(holds(array(xt::stack(xt::xtuple(v, v), 1)), {3, 2}, {10, 10, 20, 20, 30, 30}));                    // 30
    array c = a;
    c.reshape({3, 2});
    BOOST_TEST(holds(c, {3, 2}, {1, 2, 3, 4, 5, 6}));               // 31
    BOOST_TEST(holds(xt::sort(b, 1), {2, 3}, {4, 5, 6, 1, 2, 3}));  // 32
}

BOOST_AUTO_TEST_CASE(views) {
    array c = a;
    xt::view(c, all(), range(0, 2)) = xt::view(b, all(), range(1, 3)) + 0.0;
    BOOST_TEST(holds(c, {2, 3}, {5, 4, 3, 2, 1, 6}));  // 33
    array d = xt::zeros<double>({3, 4});
    xt::strided_view(d, {range(0, 2), range(0, 3)}) = a;
    xt::strided_view(d, {range(0, 2), range(0, 3)}) += b * 2.0;
    BOOST_TEST(holds(d, {3, 4}, {13, 12, 11, 0, 10, 9, 8, 0, 0, 0, 0, 0}));  // 34
    array e = xt::zeros<double>({3, 2});
    auto transposed = xt::transpose(e);
    transposed = a + b * 10.0;
    BOOST_TEST(holds(e, {3, 2}, {61, 34, 52, 25, 43, 16}));  // 35
}

BOOST_AUTO_TEST_SUITE_END()
