// SPDX-License-Identifier: BSD-3-Clause
// A contraction without indices stands for a number in arithmetic: 2 * einsum<"ii->">(a) > x. xtensor's operators would
// make a lazy expression of it, and ask it for elements.
#pragma once

#include <type_traits>
#include <utility>

#include <xtn/expr/contraction.hpp>

namespace xtn {

namespace detail {

template <class X>
inline constexpr bool is_contraction = false;
template <class Network, class T, class... Closures>
inline constexpr bool is_contraction<contraction<Network, T, Closures...>> = true;

/// What a scalar result meets: a number or a tensor.
template <class X>
concept beside_scalar = std::is_arithmetic_v<X> ||(plain_operand<X> && !is_contraction<X>);

}  // namespace detail

// Operands by value: as good a match as xtensor's own operators have for every kind of reference, and more special.

/// -value
template <class Network, class T, class... Closures>
requires(Network::rank == 0) T operator-(contraction<Network, T, Closures...> c) { return -static_cast<T>(c); }

#define XTN_SCALAR_RESULT(op)                                                                       \
    template <class X, class Network, class T, class... Closures>                                   \
    requires(Network::rank == 0 && detail::beside_scalar<std::remove_cvref_t<X>>) auto operator op( \
        X&& x, contraction<Network, T, Closures...> c) {                                            \
        return std::forward<X>(x) op static_cast<T>(c);                                             \
    }                                                                                               \
    template <class Network, class T, class... Closures, class X>                                   \
    requires(Network::rank == 0 && detail::beside_scalar<std::remove_cvref_t<X>>) auto operator op( \
        contraction<Network, T, Closures...> c, X&& x) {                                            \
        return static_cast<T>(c) op std::forward<X>(x);                                             \
    }                                                                                               \
    template <class N1, class T1, class... C1, class N2, class T2, class... C2>                     \
    requires(N1::rank == 0 && N2::rank == 0) auto operator op(contraction<N1, T1, C1...> a,         \
                                                              contraction<N2, T2, C2...> b) {       \
        return static_cast<T1>(a) op static_cast<T2>(b);                                            \
    }
XTN_SCALAR_RESULT(+)
XTN_SCALAR_RESULT(-)
XTN_SCALAR_RESULT(*)
XTN_SCALAR_RESULT(/)
XTN_SCALAR_RESULT(<)
XTN_SCALAR_RESULT(<=)
XTN_SCALAR_RESULT(>)
XTN_SCALAR_RESULT(>=)
XTN_SCALAR_RESULT(==)
XTN_SCALAR_RESULT(!=)
#undef XTN_SCALAR_RESULT

}  // namespace xtn
