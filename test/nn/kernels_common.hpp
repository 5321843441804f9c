// SPDX-License-Identifier: BSD-3-Clause
// What the kernel tests share: numbers, tolerances, and gradients by central differences.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <random>
#include <tuple>
#include <type_traits>
#include <vector>

#include <boost/test/unit_test.hpp>

namespace xtn_test {

using scalars = std::tuple<float, double>;

inline constexpr std::size_t sizes[] = {1, 3, 7, 64, 65, 130};

/// Uniform in [-bound, bound].
template <class T>
std::vector<T> uniform(std::size_t n, unsigned seed, double bound = 1.0) {
    std::mt19937 generator(seed);
    std::vector<T> x(n);
    for (T& v : x) v = static_cast<T>(bound * (static_cast<double>(generator()) / 2147483648.0 - 1.0));
    return x;
}

/// max |a - b| / max |b|, or max |a - b| where b is 0 throughout.
template <class A, class B>
double difference(const std::vector<A>& a, const std::vector<B>& b) {
    BOOST_REQUIRE_EQUAL(a.size(), b.size());
    double worst = 0, scale = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        worst = std::max(worst, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
        scale = std::max(scale, std::abs(static_cast<double>(b[i])));
    }
    return scale > 0 ? worst / scale : worst;
}

template <class T>
constexpr double tolerance = std::is_same_v<T, float> ? 1e-4 : 1e-10;

/// The reference has to be right to the kernel's own precision, so it is always computed in double.
template <class T, class Reference>
void check_close(const std::vector<T>& value, const std::vector<Reference>& reference) {
    BOOST_TEST(difference(value, reference) <= tolerance<T>);
}

inline double inner(const std::vector<double>& a, const std::vector<double>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
}

/// d f / d x by central differences; f() reads x, which is put back.
template <class F>
std::vector<double> numerical_gradient(std::vector<double>& x, F f) {
    constexpr double h = 1e-5;
    std::vector<double> gradient(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double kept = x[i];
        x[i] = kept + h;
        const double above = f();
        x[i] = kept - h;
        const double below = f();
        x[i] = kept;
        gradient[i] = (above - below) / (2 * h);
    }
    return gradient;
}

inline void check_gradient(const std::vector<double>& gradient, const std::vector<double>& numerical) {
    BOOST_TEST(difference(gradient, numerical) <= 1e-7);
}

/// a + b: what an accumulating kernel must leave in a buffer that held a.
template <class T>
std::vector<T> plus(std::vector<T> a, const std::vector<T>& b) {
    for (std::size_t i = 0; i < a.size(); ++i) a[i] += b[i];
    return a;
}

}  // namespace xtn_test
