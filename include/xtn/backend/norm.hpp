// SPDX-License-Identifier: BSD-3-Clause
// The norm of numbers, in double precision and whatever their size:
//
//     |x| = 2^e sqrt(sum |2^-e x_i|^2),   e = 0, or the exponent of the largest where squares leave the range of a double.
//
// Sums of squares are taken in a fixed order: sixteen running sums for each block, whose results are added in pairs.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <concepts>
#include <cstddef>
#include <span>

#include <xtn/backend/scalar.hpp>
#include <xtn/backend/simd.hpp>

namespace xtn::backend {

/// A number m 2^e that may be too large or too small for a double: m in [1, 2), or 0, or not finite.
struct scaled_number {
    double mantissa;
    int exponent;

    explicit scaled_number(double x, int more = 0) : mantissa(x), exponent(more) {
        if (x == 0 || !all_finite(1, &x)) return;
        const int e = std::ilogb(x);
        mantissa = std::ldexp(x, -e);
        exponent += e;
    }
    /// As a double: infinite or 0 where it cannot be held.
    double value() const { return std::ldexp(mantissa, exponent); }
};

/// The real numbers of which x consists: a complex number is an array of two.
template <scalar T>
std::span<const real_of<T>> real_numbers(std::span<const T> x) {
    using real = real_of<T>;
    return {reinterpret_cast<const real*>(x.data()), x.size() * (sizeof(T) / sizeof(real))};
}

/// Whether all numbers are finite.
template <scalar T>
bool all_finite(std::span<const T> x) {
    const auto numbers = real_numbers(x);
    return all_finite(numbers.size(), numbers.data());
}

namespace detail {

template <std::floating_point R>
double sum_of_squares(std::span<const R> x, double scale) {
    constexpr std::size_t lanes = 16, block = 256 * lanes;
    if (x.size() > block) {
        const std::size_t half = (x.size() / 2 + lanes - 1) / lanes * lanes;
        return sum_of_squares(x.first(half), scale) + sum_of_squares(x.subspan(half), scale);
    }
    std::array<double, lanes> sums{};
    const auto add = [&](std::size_t i, std::size_t lane) {
        const double v = scale * static_cast<double>(x[i]);
        sums[lane] += v * v;
    };
    const std::size_t whole = x.size() - x.size() % lanes;
    for (std::size_t i = 0; i < whole; i += lanes)
        for (std::size_t lane = 0; lane < lanes; ++lane) add(i + lane, lane);
    for (std::size_t i = whole; i < x.size(); ++i) add(i, i - whole);
    for (std::size_t half = lanes / 2; half > 0; half /= 2)
        for (std::size_t lane = 0; lane < half; ++lane) sums[lane] += sums[lane + half];
    return sums[0];
}

}  // namespace detail

/// The norm, of any size. Not finite where a number is not.
template <scalar T>
scaled_number scaled_norm(std::span<const T> x) {
    const auto numbers = real_numbers(x);
    const double squares = detail::sum_of_squares(numbers, 1);
    // Beside a sum that is not tiny, the squares that underflow do not count.
    if (all_finite(1, &squares) && squares > 1e-280) return scaled_number(std::sqrt(squares));
    double largest = 0;
    for (const real_of<T> v : numbers) largest = std::max(largest, std::abs(static_cast<double>(v)));
    if (largest == 0 || !all_finite(1, &largest)) return scaled_number(squares);  // 0, infinite, or NaN
    const int exponent = std::clamp(std::ilogb(largest), -1000, 1000);
    return scaled_number(std::sqrt(detail::sum_of_squares(numbers, std::ldexp(1.0, -exponent))), exponent);
}

/// The norm as a double.
template <scalar T>
double norm(std::span<const T> x) {
    return scaled_norm(x).value();
}

/// Multiplies by 2^e, exactly where the results are normal numbers.
template <scalar T>
void multiply_by_power(std::span<T> x, int e) {
    if (e == 0) return;
    const int half = e / 2;  // a factor of 2^e may be out of range where the results are not
    const auto first = static_cast<real_of<T>>(std::ldexp(1.0, half));
    const auto second = static_cast<real_of<T>>(std::ldexp(1.0, e - half));
    for (T& v : x) v = v * first * second;
}

}  // namespace xtn::backend
