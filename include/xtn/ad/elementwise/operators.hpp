// SPDX-License-Identifier: BSD-3-Clause
// Arithmetic and elementary functions of variables, numbers and plain tensors: element by element, fused (expression.hpp),
// operands repeated as in NumPy. Each throws as elementwise() does.
#pragma once

#include <type_traits>
#include <utility>

#include <xtn/ad/elementwise/expression.hpp>
#include <xtn/ad/elementwise/functions.hpp>

namespace xtn {

inline namespace XTN_SIMD_TARGET {

// Templates of both operands' types, which xtensor's operators would beat otherwise.
/// x + y.
template <class X, class Y>
requires detail::elementwise_operands<X, Y>
auto operator+(X&& x, Y&& y) { return elementwise(functions::plus{}, std::forward<X>(x), std::forward<Y>(y)); }
/// x - y.
template <class X, class Y>
requires detail::elementwise_operands<X, Y>
auto operator-(X&& x, Y&& y) { return elementwise(functions::minus{}, std::forward<X>(x), std::forward<Y>(y)); }
/// x y.
template <class X, class Y>
requires detail::elementwise_operands<X, Y>
auto operator*(X&& x, Y&& y) { return elementwise(functions::product{}, std::forward<X>(x), std::forward<Y>(y)); }
/// x / y; by a number, as x times 1 / y.
template <class X, class Y>
requires detail::elementwise_operands<X, Y>
auto operator/(X&& x, Y&& y) {
    if constexpr (std::is_arithmetic_v<std::remove_cvref_t<Y>>)
        return std::forward<X>(x) * (1 / static_cast<double>(y));
    else if constexpr (scalar<std::remove_cvref_t<Y>>)
        return std::forward<X>(x) * (std::remove_cvref_t<Y>(1) / y);
    else
        return elementwise(functions::quotient{}, std::forward<X>(x), std::forward<Y>(y));
}
/// -x.
template <class X>
requires detail::elementwise_operands<X>
auto operator-(X&& x) { return elementwise(functions::negative{}, std::forward<X>(x)); }

/// The greater of x and y.
template <class X, class Y>
requires detail::elementwise_operands<X, Y>
auto maximum(X&& x, Y&& y) { return elementwise(functions::maximum{}, std::forward<X>(x), std::forward<Y>(y)); }
/// The smaller of x and y.
template <class X, class Y>
requires detail::elementwise_operands<X, Y>
auto minimum(X&& x, Y&& y) { return elementwise(functions::minimum{}, std::forward<X>(x), std::forward<Y>(y)); }

/// x x.
template <class X>
requires detail::elementwise_operands<X>
auto square(X&& x) { return elementwise(functions::square{}, std::forward<X>(x)); }
/// The conjugate of x.
template <class X>
requires detail::elementwise_operands<X>
auto conj(X&& x) { return elementwise(functions::conj{}, std::forward<X>(x)); }
/// e^x.
template <class X>
requires detail::elementwise_operands<X>
auto exp(X&& x) { return elementwise(functions::exp{}, std::forward<X>(x)); }
/// The natural logarithm.
template <class X>
requires detail::elementwise_operands<X>
auto log(X&& x) { return elementwise(functions::log{}, std::forward<X>(x)); }
/// The square root.
template <class X>
requires detail::elementwise_operands<X>
auto sqrt(X&& x) { return elementwise(functions::sqrt{}, std::forward<X>(x)); }
/// The hyperbolic tangent.
template <class X>
requires detail::elementwise_operands<X>
auto tanh(X&& x) { return elementwise(functions::tanh{}, std::forward<X>(x)); }
/// The sine.
template <class X>
requires detail::elementwise_operands<X>
auto sin(X&& x) { return elementwise(functions::sin{}, std::forward<X>(x)); }
/// The cosine.
template <class X>
requires detail::elementwise_operands<X>
auto cos(X&& x) { return elementwise(functions::cos{}, std::forward<X>(x)); }
/// 1 / (1 + e^(-x)), of real numbers.
template <class X>
requires detail::elementwise_operands<X>
auto sigmoid(X&& x) { return elementwise(functions::sigmoid{}, std::forward<X>(x)); }
/// log(1 + e^x), of real numbers.
template <class X>
requires detail::elementwise_operands<X>
auto softplus(X&& x) { return elementwise(functions::softplus{}, std::forward<X>(x)); }
/// |x|, of real numbers.
template <class X>
requires detail::elementwise_operands<X>
auto abs(X&& x) { return elementwise(functions::abs{}, std::forward<X>(x)); }
/// x^p for a number p, of real numbers.
template <class X>
requires detail::elementwise_operands<X>
auto pow(X&& x, std::type_identity_t<typename std::remove_cvref_t<X>::value_type> p) {
    return elementwise(functions::power(p), std::forward<X>(x));
}

}  // namespace XTN_SIMD_TARGET

}  // namespace xtn
