// SPDX-License-Identifier: BSD-3-Clause
// Softmax along rows, whole or in groups of neighbouring columns such as heads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>

#include <xtn/nn/kernels/bias.hpp>
#include <xtn/nn/kernels/softmax.hpp>
#include <xtn/nn/module.hpp>

namespace xtn::nn {

/// e^x_j / sum_k e^x_k in each group of `columns` columns. Throws shape_error where the columns of x are no such groups.
template <scalar T>
variable<T, 2> softmax(const variable<T, 2>& x, std::size_t columns) {
    if (columns == 0 || x.shape()[1] % columns != 0)
        throw shape_error("softmax: " + std::to_string(x.shape()[1]) + " columns in groups of " +
                          std::to_string(columns));
    const variable<T, 2> y = x.tape().result(x.shape(), x);
    std::copy_n(x.data(), x.size(), y.data());
    kernels::softmax(x.size() / columns, columns, T(1), y.data(), columns);
    x.tape().record(y, [x, y, columns](const T* dy) {
        const gradient_sink<T> dx = x.sink();
        if (!dx) return;
        backend::workspace_frame frame;
        T* const target = dx.accumulate ? frame.take<T>(x.size()) : dx.data;
        kernels::softmax_backward<T>(x.size() / columns, columns, T(1), y.data(), dy, target, columns);
        if (dx.accumulate) kernels::add<T>(x.size(), dx.data, target, dx.data);
    });
    return y;
}

/// Softmax of whole rows.
template <scalar T>
variable<T, 2> softmax(const variable<T, 2>& x) {
    return x.size() == 0 ? x : softmax(x, x.shape()[1]);
}

}  // namespace xtn::nn
