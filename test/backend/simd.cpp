// SPDX-License-Identifier: BSD-3-Clause
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <tuple>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <xtn/backend/simd.hpp>

BOOST_AUTO_TEST_SUITE(simd)

namespace {

namespace backend = xtn::backend;
using scalars = std::tuple<float, double>;

/// 2^y of one number, through the batch.
template <class T>
T exp2_of(T y) {
    T result[backend::lanes<T>];
    backend::exp2_nonpositive(backend::batch<T>(y)).store_unaligned(result);
    return result[0];
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(every_element_is_written_once_and_none_beyond, T, scalars) {
    for (std::size_t n = 0; n <= 70; ++n) {
        std::vector<T> x(n + 32, T(1)), y(n + 32, T(5));
        for (std::size_t i = 0; i < n; ++i) x[i] = static_cast<T>(i);
        backend::transform(
            n, y.data(), [](auto a, auto b) { return a + b + b; }, x.data(), x.data());
        for (std::size_t i = 0; i < y.size(); ++i) BOOST_TEST(y[i] == (i < n ? static_cast<T>(3 * i) : T(5)));
        // In place: applying the function twice to an element would show.
        backend::transform(
            n, x.data(), [](auto a) { return a + a; }, static_cast<const T*>(x.data()));
        for (std::size_t i = 0; i < x.size(); ++i) BOOST_TEST(x[i] == (i < n ? static_cast<T>(2 * i) : T(1)));
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(reductions_take_every_element_once, T, scalars) {
    for (std::size_t n = 0; n <= 140; ++n) {
        std::vector<T> x(n + 32, T(1000));
        for (std::size_t i = 0; i < n; ++i) x[i] = static_cast<T>((i * 37) % 101) - T(200);
        T expected = 0, greatest = T(-300);
        for (std::size_t i = 0; i < n; ++i) {
            expected += x[i] + T(1);
            greatest = std::max(greatest, x[i]);
        }
        const T* p = x.data();
        BOOST_TEST(backend::sum<T>(n, [p](auto w) { return w.load(p) + backend::batch<T>(T(1)); }) == expected);
        if (n > 0) BOOST_TEST(backend::maximum(n, p) == greatest);
    }
}

BOOST_AUTO_TEST_CASE(exp2_agrees_with_the_standard_library) {
    double worst = 0;
    for (float y = -99.9f; y <= 0.5f; y += 0.0137f)
        worst = std::max(worst, std::abs(static_cast<double>(exp2_of(y)) / std::exp2(static_cast<double>(y)) - 1));
    BOOST_TEST(worst < 3 * 1.2e-7 / 2);
    worst = 0;
    for (double y = -999.9; y <= 0.5; y += 0.0837)
        worst = std::max(worst, std::abs(static_cast<double>(exp2_of(y) / std::exp2(static_cast<long double>(y))) - 1));
    BOOST_TEST(worst < 3 * 2.3e-16 / 2);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(exp2_is_exact_at_0_and_0_far_below, T, scalars) {
    BOOST_TEST(exp2_of(T(0)) == T(1));
    BOOST_TEST(exp2_of(T(-3)) == T(0.125));
    BOOST_TEST(exp2_of(T(-1100)) == T(0));
    BOOST_TEST(exp2_of(T(-1e30)) == T(0));
    BOOST_TEST(exp2_of(std::numeric_limits<T>::lowest()) == T(0));
}

#if !defined(__FINITE_MATH_ONLY__) || __FINITE_MATH_ONLY__ == 0
BOOST_AUTO_TEST_CASE_TEMPLATE(exp2_hands_on_a_nan, T, scalars) {
    const T y = exp2_of(std::numeric_limits<T>::quiet_NaN());
    BOOST_TEST(!backend::all_finite(1, &y));
}
#endif

BOOST_AUTO_TEST_CASE(all_finite_sees_every_position) {
    // Built from bits, so that no flag lets the compiler assume them away.
    const std::uint32_t singles[] = {0x7f800000u, 0xff800000u, 0x7fc00000u, 0x7f800001u, 0xffffffffu};
    const std::uint64_t doubles[] = {0x7ff0000000000000u, 0xfff0000000000000u, 0x7ff8000000000000u,
                                     0x7ff0000000000001u};
    for (std::size_t n = 0; n <= 40; ++n) {
        std::vector<float> x(n, std::numeric_limits<float>::max());
        std::vector<double> y(n, std::numeric_limits<double>::lowest());
        BOOST_TEST(backend::all_finite(n, x.data()));
        BOOST_TEST(backend::all_finite(n, y.data()));
        for (std::size_t i = 0; i < n; ++i) {
            for (const auto bits : singles) {
                x[i] = std::bit_cast<float>(bits);
                BOOST_TEST(!backend::all_finite(n, x.data()));
            }
            for (const auto bits : doubles) {
                y[i] = std::bit_cast<double>(bits);
                BOOST_TEST(!backend::all_finite(n, y.data()));
            }
            x[i] = std::numeric_limits<float>::denorm_min();
            y[i] = 0;
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
