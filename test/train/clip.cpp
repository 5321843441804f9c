// SPDX-License-Identifier: BSD-3-Clause
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <xtn/backend/random.hpp>
#include <xtn/train/clip.hpp>

BOOST_AUTO_TEST_SUITE(clip)

template <class T>
void check_norm() {
    for (const std::size_t n : {0U, 1U, 15U, 16U, 17U, 33U, 1000U}) {
        std::vector<T> g(n);
        xtn::random_stream(n).fill_normal(std::span(g), 3);
        long double sum = 0;
        for (const T x : g) sum += static_cast<long double>(x) * static_cast<long double>(x);
        BOOST_TEST(xtn::global_norm(std::span(g)) == static_cast<double>(std::sqrt(sum)),
                   boost::test_tools::tolerance(1e-14));
    }
}

BOOST_AUTO_TEST_CASE(norm_is_the_norm) {
    check_norm<float>();
    check_norm<double>();
    const std::vector<float> large(100, 1e30F);  // squares do not fit into a float
    BOOST_TEST(xtn::global_norm(std::span(large)) == 1e31, boost::test_tools::tolerance(1e-6));
    const std::vector<double> many(4000000, 0.1);  // sixteen running totals lose four digits
    BOOST_TEST(xtn::global_norm(std::span(many)) == 200.0, boost::test_tools::tolerance(1e-15));
}

#if !defined(__FAST_MATH__)  // which allows the compiler to sum in another order
// The order of summation is part of the contract: this is the bit pattern that NumPy gives for sixteen partial
// sums of the first 512 numbers and of the rest.
BOOST_AUTO_TEST_CASE(norm_has_fixed_bits) {
    std::vector<float> g(1003);
    for (std::size_t i = 0; i < g.size(); ++i) g[i] = 1.0F / static_cast<float>(i + 1);
    BOOST_TEST(xtn::global_norm(std::span(g)) == 0x1.483bb8e29f24fp+0);
}
#endif

BOOST_AUTO_TEST_CASE(factor) {
    BOOST_TEST(xtn::clip_factor(0.0, 1.0) == 1.0);
    BOOST_TEST(xtn::clip_factor(0.5, 1.0) == 1.0);
    BOOST_TEST(xtn::clip_factor(4.0, 1.0) == 1.0 / (4.0 + 1e-6));
    BOOST_TEST(xtn::clip_factor(4.0, 2.0) == 2.0 / (4.0 + 1e-6));
    BOOST_CHECK_THROW(xtn::clip_factor(1.0, 0.0), xtn::error);
    BOOST_CHECK_THROW(xtn::clip_factor(1.0, -1.0), xtn::error);
    for (const std::uint64_t bits : {0x7ff8000000000000U, 0x7ff0000000000000U})
        BOOST_CHECK_THROW(xtn::clip_factor(std::bit_cast<double>(bits), 1.0), xtn::numeric_error);
}

template <class T, class Bits>
void check_finite(Bits infinity, Bits quiet_nan) {
    const T inf = std::bit_cast<T>(infinity), nan = std::bit_cast<T>(quiet_nan);
    for (const T x : {T(0), T(-1), std::numeric_limits<T>::max(), std::numeric_limits<T>::denorm_min()})
        BOOST_TEST(xtn::is_finite(x));
    for (const T x : {inf, nan}) {
        BOOST_TEST(!xtn::is_finite(x));
        BOOST_TEST(!xtn::is_finite(-x));
        for (const std::size_t place : {0U, 16U, 36U}) {
            std::vector<T> g(37, T(1));
            BOOST_TEST(xtn::is_finite(xtn::global_norm(std::span(g))));
            g[place] = x;
            BOOST_TEST(!xtn::is_finite(xtn::global_norm(std::span(g))));
        }
    }
}

BOOST_AUTO_TEST_CASE(finiteness_is_decided_on_bits) {
    check_finite<float>(std::uint32_t{0x7f800000}, std::uint32_t{0x7fc00000});
    check_finite<double>(std::uint64_t{0x7ff0000000000000}, std::uint64_t{0x7ff8000000000000});
    static_assert(xtn::is_finite(1.0F));
}

BOOST_AUTO_TEST_SUITE_END()
