// SPDX-License-Identifier: BSD-3-Clause
// Pointwise activations, as element-wise expressions (ad/elementwise/expression.hpp): they join what they are applied to, and
// what is applied to them.
#pragma once

#include <array>
#include <utility>

#include <xtn/ad/elementwise/operators.hpp>
#include <xtn/nn/kernels/gelu.hpp>

namespace xtn::nn {

inline namespace XTN_SIMD_TARGET {

/// The two forms of GELU in use: `tanh` is GPT-2's, `erf` is exact.
using gelu_form = kernels::gelu_form;

/// Of elements (ad/elementwise/functions.hpp).
namespace functions {

/// max(x, 0), of derivative 0 at 0.
struct relu {
    static constexpr bool real = true, from_value = true;
    template <class V>
    V operator()(const V& x) const {
        return xsimd::max(x, V(0));
    }
    template <class V>
    std::array<V, 1> pull(const V& dy, const V& y, const V&) const {
        return {xsimd::select(y > V(0), dy, V(0))};
    }
};

/// x Phi(x), Phi the normal distribution function, or its approximation with a hyperbolic tangent.
struct gelu {
    gelu_form form;
    static constexpr bool real = true;
    template <class V>
    value_and_slope<V> with_slope(const V& x) const {
        return form == gelu_form::tanh ? kernels::gelu_tanh(x) : kernels::gelu_erf(x);
    }
};

/// x / (1 + e^(-x)).
struct silu {
    static constexpr bool real = true;
    template <class V>
    value_and_slope<V> with_slope(const V& x) const {
        const V one(1), zero(0), e = backend::exp_nonpositive(zero - xsimd::abs(x)), r = one / (one + e);
        const V sigmoid = xsimd::select(x < zero, e * r, r);
        return {x * sigmoid, sigmoid + x * (e * r * r)};
    }
};

/// -log(1 + e^(-x)).
struct log_sigmoid {
    static constexpr bool real = true;
    template <class V>
    value_and_slope<V> with_slope(const V& x) const {
        const V one(1), zero(0), e = backend::exp_nonpositive(zero - xsimd::abs(x));
        return {xsimd::min(x, zero) - backend::log1p(e), xsimd::select(x > zero, e, one) / (one + e)};
    }
};

}  // namespace functions

/// max(x, 0).
template <class X>
requires xtn::detail::elementwise_operands<X>
auto relu(X&& x) { return elementwise(functions::relu{}, std::forward<X>(x)); }
/// x Phi(x), Phi the normal distribution function, or its approximation with a hyperbolic tangent.
template <class X>
requires xtn::detail::elementwise_operands<X>
auto gelu(X&& x, gelu_form form = gelu_form::erf) { return elementwise(functions::gelu{form}, std::forward<X>(x)); }
/// x / (1 + e^(-x)), also called swish.
template <class X>
requires xtn::detail::elementwise_operands<X>
auto silu(X&& x) { return elementwise(functions::silu{}, std::forward<X>(x)); }
/// -log(1 + e^(-x)), the logarithm of a gate.
template <class X>
requires xtn::detail::elementwise_operands<X>
auto log_sigmoid(X&& x) { return elementwise(functions::log_sigmoid{}, std::forward<X>(x)); }

/// Activations by name; `gelu_tanh` is GELU with the hyperbolic tangent.
enum class activation_kind { none, relu, gelu, gelu_tanh, silu };

}  // namespace XTN_SIMD_TARGET

namespace detail {

inline namespace XTN_SIMD_TARGET {

/// f(the function of that name); there is one.
template <class F>
auto with_activation(activation_kind kind, F f) {
    switch (kind) {
        case activation_kind::gelu: return f(functions::gelu{gelu_form::erf});
        case activation_kind::gelu_tanh: return f(functions::gelu{gelu_form::tanh});
        case activation_kind::silu: return f(functions::silu{});
        case activation_kind::relu:
        case activation_kind::none: break;
    }
    return f(functions::relu{});
}

}  // namespace XTN_SIMD_TARGET

}  // namespace detail

inline namespace XTN_SIMD_TARGET {

/// The activation of that name.
template <scalar T>
variable<T, 2> activated(const variable<T, 2>& x, activation_kind kind) {
    if (kind == activation_kind::none) return x;
    return detail::with_activation(kind, [&](auto f) -> variable<T, 2> { return elementwise(f, x); });
}

}  // namespace XTN_SIMD_TARGET

}  // namespace xtn::nn
