// SPDX-License-Identifier: BSD-3-Clause
// Pointwise activations.
#pragma once

#include <xtn/nn/kernels/activation.hpp>
#include <xtn/nn/kernels/gelu.hpp>
#include <xtn/nn/module.hpp>

namespace xtn::nn {

/// The two forms of GELU in use: `tanh` is GPT-2's, `erf` is exact.
using gelu_form = kernels::gelu_form;

/// max(x, 0).
template <scalar T>
variable<T, 2> relu(const variable<T, 2>& x) {
    const variable<T, 2> y = x.tape().result(x.shape(), x);
    kernels::relu(x.size(), x.data(), y.data());
    y.tape().record(y, [x, y](const T* dy) {
        const gradient_sink<T> dx = x.sink();
        if (dx) kernels::relu_backward(y.size(), y.data(), dy, dx.data, detail::mode(dx.accumulate));
    });
    return y;
}

namespace detail {

/// y = gelu(x); where y has a gradient, the slope, kept for the pullback.
template <scalar T>
const T* gelu_over(gelu_form form, const T* x, const variable<T, 2>& y) {
    if (!y.needs_gradient()) {
        kernels::gelu(form, y.size(), x, y.data());
        return nullptr;
    }
    T* const slope = y.tape().template keep<T>(y.size());
    kernels::gelu(form, y.size(), x, y.data(), slope);
    return slope;
}

/// The pullback from y to x, of the same size, by a slope that was kept.
template <scalar T>
void record_slope(const variable<T, 2>& x, const variable<T, 2>& y, const T* slope) {
    y.tape().record(y, [x, slope](const T* dy) {
        const gradient_sink<T> dx = x.sink();
        if (dx) kernels::through_slope(x.size(), slope, dy, dx.data, mode(dx.accumulate));
    });
}

}  // namespace detail

/// x Phi(x), Phi the normal distribution function, or its approximation with a hyperbolic tangent.
template <scalar T>
variable<T, 2> gelu(const variable<T, 2>& x, gelu_form form = gelu_form::erf) {
    const variable<T, 2> y = x.tape().result(x.shape(), x);
    detail::record_slope(x, y, detail::gelu_over(form, x.data(), y));
    return y;
}

namespace detail {

/// f(n, x, y, slope) of every element.
template <scalar T, class F>
variable<T, 2> with_slope(const variable<T, 2>& x, F f) {
    const variable<T, 2> y = x.tape().result(x.shape(), x);
    backend::workspace_frame frame;
    T* const slope = x.tape().template keep_for<T>(y, y.size(), frame);
    f(x.size(), x.data(), y.data(), slope);
    record_slope(x, y, static_cast<const T*>(slope));
    return y;
}

}  // namespace detail

/// x / (1 + e^(-x)), also called swish.
template <scalar T>
variable<T, 2> silu(const variable<T, 2>& x) {
    return detail::with_slope(x, [](auto... arguments) { kernels::silu<T>(arguments...); });
}

/// -log(1 + e^(-x)), the logarithm of a gate.
template <scalar T>
variable<T, 2> log_sigmoid(const variable<T, 2>& x) {
    return detail::with_slope(x, [](auto... arguments) { kernels::log_sigmoid<T>(arguments...); });
}

/// Activations by name; `gelu_tanh` is GELU with the hyperbolic tangent.
enum class activation_kind { none, relu, gelu, gelu_tanh, silu };

/// The activation of that name.
template <scalar T>
variable<T, 2> activated(const variable<T, 2>& x, activation_kind kind) {
    switch (kind) {
        case activation_kind::relu: return relu(x);
        case activation_kind::gelu: return gelu(x);
        case activation_kind::gelu_tanh: return gelu(x, gelu_form::tanh);
        case activation_kind::silu: return silu(x);
        case activation_kind::none: break;
    }
    return x;
}

}  // namespace xtn::nn
