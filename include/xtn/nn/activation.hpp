// SPDX-License-Identifier: BSD-3-Clause
// Pointwise activations.
#pragma once

#include <xtn/nn/kernels/activation.hpp>
#include <xtn/nn/module.hpp>

namespace xtn::nn {

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

}  // namespace xtn::nn
