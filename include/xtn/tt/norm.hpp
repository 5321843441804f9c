// SPDX-License-Identifier: BSD-3-Clause
// The Frobenius norm, and tensors of any size: as one of norm 1 to 2 times a power of two. Such powers are exact, so that
// what is done to the one in between is what would be done to the other, had numbers no end.
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>

#include <xtn/backend/norm.hpp>
#include <xtn/backend/simd.hpp>
#include <xtn/backend/xtensor.hpp>
#include <xtn/core/error.hpp>

namespace xtn::tt {

/// The Frobenius norm of numbers, in double and without overflow or underflow of squares.
template <scalar T>
double frobenius_norm(std::span<const T> x) {
    return backend::norm(x);
}

/// The same of a tensor.
template <scalar T, std::size_t N>
double frobenius_norm(const xt::xtensor<T, N>& x) {
    return frobenius_norm(std::span<const T>(x.data(), x.size()));
}

namespace detail {

template <scalar T, std::size_t N>
backend::scaled_number scaled_norm(const xt::xtensor<T, N>& x) {
    return backend::scaled_norm(std::span<const T>(x.data(), x.size()));
}

/// "is of the order 1e400, beyond double precision"
template <scalar T>
std::string beyond(const backend::scaled_number& x) {
    const double decimal = std::log10(x.mantissa) + x.exponent * std::log10(2.0);
    return "is of the order 1e" + std::to_string(std::lround(std::floor(decimal))) + ", beyond " +
           (sizeof(real_of<T>) == 4 ? "single" : "double") + " precision";
}

/// Throws numeric_error, naming it as `what`, unless a norm is 0 or a normal number of T.
template <scalar T>
void require_held(const backend::scaled_number& norm, const std::string& what) {
    using limits = std::numeric_limits<real_of<T>>;
    if (!backend::all_finite(1, &norm.mantissa)) throw numeric_error(what + " is not finite");
    if (norm.mantissa == 0) return;
    if (norm.exponent >= limits::max_exponent || norm.exponent < limits::min_exponent - 1)
        throw numeric_error(what + " " + beyond<T>(norm));
}

/// Takes the power of two out of a tensor that makes its norm 1 to 2, and returns its exponent. Zero, and what is not
/// finite, stays as it is.
template <scalar T, std::size_t N>
int take_power(xt::xtensor<T, N>& x) {
    const int e = scaled_norm(x).exponent;
    backend::multiply_by_power(std::span<T>(x.data(), x.size()), -e);
    return e;
}

/// Multiplies a tensor by 2^e. Throws numeric_error, naming the norm as `what`, where that is neither 0 nor a normal
/// number of T.
template <scalar T, std::size_t N>
void put_power(xt::xtensor<T, N>& x, int e, const std::string& what) {
    backend::scaled_number norm = scaled_norm(x);
    norm.exponent += e;
    require_held<T>(norm, what);
    backend::multiply_by_power(std::span<T>(x.data(), x.size()), e);
}

/// Multiplies results by 2^e: one that is too small for T is 0. Throws numeric_error, naming them as `what`, where one is too
/// large.
template <scalar T, std::size_t N>
void give_power(xt::xtensor<T, N>& x, int e, const std::string& what) {
    backend::scaled_number norm = scaled_norm(x);
    norm.exponent += e;
    backend::multiply_by_power(std::span<T>(x.data(), x.size()), e);
    if (backend::all_finite(1, &norm.mantissa) && !backend::all_finite(std::span<const T>(x.data(), x.size())))
        throw numeric_error(what + " " + beyond<T>(norm));
}

}  // namespace detail
}  // namespace xtn::tt
