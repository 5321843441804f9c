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

/// x Phi(x), Phi the normal distribution function, or its approximation with a hyperbolic tangent.
template <scalar T>
variable<T, 2> gelu(const variable<T, 2>& x, gelu_form form = gelu_form::erf) {
    const variable<T, 2> y = x.tape().result(x.shape(), x);
    kernels::gelu(form, x.size(), x.data(), y.data());
    y.tape().record(y, [x, form](const T* dy) {
        const gradient_sink<T> dx = x.sink();
        if (dx) kernels::gelu_backward(form, x.size(), x.data(), dy, dx.data, detail::mode(dx.accumulate));
    });
    return y;
}

}  // namespace xtn::nn
