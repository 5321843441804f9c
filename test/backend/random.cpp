// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstdint>
#include <numeric>
#include <set>
#include <span>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <xtn/backend/random.hpp>

BOOST_AUTO_TEST_SUITE(random_numbers)

// The published output of SplitMix64 for the seed 1234567, and the streams recomputed by an implementation of MT19937-64
// and SplitMix64 in Python.
BOOST_AUTO_TEST_CASE(engine_and_keys_are_the_published_ones) {
    BOOST_TEST(xtn::detail::splitmix64_mix(1234567 + xtn::detail::splitmix64_gamma) == 6457827717110365317U);
    BOOST_TEST(xtn::random_stream::key(42, 0) == 0x57e1faba65107204U);
    BOOST_TEST(xtn::random_stream::key(42, 1) == 0xf4abd143feb24055U);
    xtn::random_stream first(42), second(42, 1), zero(0, 0);
    BOOST_TEST(first() == 13313432628450287006U);
    BOOST_TEST(first() == 12180966807704768556U);
    BOOST_TEST(second() == 3322664688649761674U);
    BOOST_TEST(zero() == 8892643065069030078U);
    BOOST_TEST(xtn::random_stream(42).uniform() == 0x1.7185a0e03fbfbp-1);
}

// Golden numbers: every compiler and platform must give these.
BOOST_AUTO_TEST_CASE(distributions_are_reproducible) {
    std::array<double, 4> normal{};
    xtn::random_stream(42, 7).fill_normal(std::span(normal), 1);
    const std::array<double, 4> expected{-0x1.f27dbd2c6c5a8p-2, 0x1.0bbab36c634d2p+0, 0x1.6dcd817e83bb3p+0,
                                         -0x1.14ab1a5f97eb6p+0};
    for (std::size_t i = 0; i < normal.size(); ++i) BOOST_TEST(normal[i] == expected[i]);

    xtn::random_stream stream(42, 8);
    std::array<std::uint64_t, 8> indices{};
    for (auto& i : indices) i = stream.uniform_index(1000);
    const std::array<std::uint64_t, 8> expected_indices{752, 389, 397, 383, 614, 716, 118, 972};
    BOOST_TEST(indices == expected_indices, boost::test_tools::per_element());

    std::array<int, 8> order{0, 1, 2, 3, 4, 5, 6, 7};
    xtn::random_stream(42, 9).shuffle(std::span(order));
    const std::array<int, 8> expected_order{6, 7, 0, 5, 4, 2, 1, 3};
    BOOST_TEST(order == expected_order, boost::test_tools::per_element());

    double sum = 0;  // 10^5 numbers pass through the ziggurat's wedges and its tail
    xtn::random_stream long_stream(42, 10);
    for (int i = 0; i < 100000; ++i) sum += long_stream.normal();
    BOOST_TEST(std::abs(sum - -297.34289853812044) < 1e-9);
}

BOOST_AUTO_TEST_CASE(floats_are_the_rounded_doubles) {
    std::vector<double> d(1000);
    std::vector<float> f(1000);
    xtn::random_stream(3, 1).fill_normal(std::span(d), 0.02);
    xtn::random_stream(3, 1).fill_normal(std::span(f), 0.02);
    for (std::size_t i = 0; i < d.size(); ++i) BOOST_TEST(f[i] == static_cast<float>(d[i]));
    xtn::random_stream(3, 2).fill_uniform(std::span(d), -2, 3);
    xtn::random_stream(3, 2).fill_uniform(std::span(f), -2, 3);
    for (std::size_t i = 0; i < d.size(); ++i) {
        BOOST_TEST(f[i] == static_cast<float>(d[i]));
        BOOST_TEST((d[i] >= -2 && d[i] <= 3));
    }
}

// Moments within five standard errors, and the distance of Kolmogorov and Smirnov from the normal distribution.
BOOST_AUTO_TEST_CASE(normal_numbers_are_normal) {
    constexpr std::size_t n = 400000;
    const double sigma = 1.5, count = n;
    std::vector<double> x(n);
    xtn::random_stream(1, 2).fill_normal(std::span(x), sigma);
    std::array<double, 5> moment{};
    for (const double v : x)
        for (std::size_t k = 1; k < 5; ++k) moment[k] += std::pow(v / sigma, static_cast<double>(k)) / count;
    BOOST_TEST(std::abs(moment[1]) < 5 * std::sqrt(1 / count));
    BOOST_TEST(std::abs(moment[2] - 1) < 5 * std::sqrt(2 / count));
    BOOST_TEST(std::abs(moment[3]) < 5 * std::sqrt(15 / count));
    BOOST_TEST(std::abs(moment[4] - 3) < 5 * std::sqrt(96 / count));

    std::sort(x.begin(), x.end());
    double distance = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const double cdf = 0.5 * std::erfc(-x[i] / (sigma * std::sqrt(2.0)));
        distance = std::max(distance, std::abs(cdf - (static_cast<double>(i) + 0.5) / count));
    }
    BOOST_TEST(distance * std::sqrt(count) < 1.95);  // exceeded by chance once in a thousand seeds
}

BOOST_AUTO_TEST_CASE(complex_numbers_have_the_asked_for_variance) {
    constexpr std::size_t n = 100000;
    std::vector<std::complex<float>> z(n);
    xtn::random_stream(5).fill_normal(std::span(z), 2);
    double power = 0, cross = 0, real = 0;
    for (const auto& v : z) {
        power += static_cast<double>(std::norm(v)) / n;
        cross += static_cast<double>(v.real() * v.imag()) / n;
        real += static_cast<double>(v.real() * v.real()) / n;
    }
    BOOST_TEST(std::abs(power - 4) < 0.07);
    BOOST_TEST(std::abs(real - 2) < 0.05);
    BOOST_TEST(std::abs(cross) < 0.04);
}

BOOST_AUTO_TEST_CASE(indices_are_uniform_and_in_range) {
    xtn::random_stream stream(9);
    for (const std::uint64_t n : {1U, 2U, 3U, 7U, 10U}) {
        const std::uint64_t draws = 20000 * n;
        std::vector<std::uint64_t> count(n);
        for (std::uint64_t i = 0; i < draws; ++i) ++count.at(stream.uniform_index(n));
        for (const std::uint64_t c : count)
            BOOST_TEST(std::abs(static_cast<double>(c) - 20000) < 5 * std::sqrt(20000.0));
    }
    BOOST_CHECK_THROW(stream.uniform_index(0), xtn::error);
}

BOOST_AUTO_TEST_CASE(streams_are_independent_and_copies_repeat) {
    std::set<std::uint64_t> keys;
    for (std::uint64_t seed = 0; seed < 100; ++seed)
        for (std::uint64_t id = 0; id < 100; ++id) keys.insert(xtn::random_stream::key(seed, id));
    BOOST_TEST(keys.size() == 10000U);

    // neighbouring seeds and streams are uncorrelated
    constexpr std::size_t n = 50000;
    const auto numbers = [](std::uint64_t seed, std::uint64_t id) {
        std::vector<double> x(n);
        xtn::random_stream(seed, id).fill_normal(std::span(x), 1);
        return x;
    };
    const auto a = numbers(0, 0);
    for (const auto& b : {numbers(0, 1), numbers(1, 0), numbers(1, 1)})
        BOOST_TEST(std::abs(std::inner_product(a.begin(), a.end(), b.begin(), 0.0)) / n < 5 / std::sqrt(double{n}));

    xtn::random_stream stream(4);
    stream.normal();
    xtn::random_stream copy = stream;
    BOOST_TEST(stream() == copy());
}

BOOST_AUTO_TEST_CASE(shuffle_is_uniform) {
    std::array<int, 6> count{};  // of the six orders of three
    xtn::random_stream stream(11);
    for (int i = 0; i < 60000; ++i) {
        std::array<int, 3> v{0, 1, 2};
        stream.shuffle(std::span(v));
        ++count.at(static_cast<std::size_t>(2 * v[0] + (v[1] > v[2] ? 1 : 0)));
    }
    for (const int c : count) BOOST_TEST(std::abs(c - 10000) < 500);
}

BOOST_AUTO_TEST_SUITE_END()
