// SPDX-License-Identifier: BSD-3-Clause
// Pointwise non-linearities and their pullbacks: GELU, and here relu(x) = max(x, 0), with derivative 0 at 0,
// silu(x) = x / (1 + e^(-x)), and log_sigmoid(x) = -log(1 + e^(-x)).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <xtn/backend/simd.hpp>
#include <xtn/nn/kernels/gelu.hpp>
#include <xtn/nn/kernels/update.hpp>

namespace xtn::nn::kernels {

/// y (n) = max(x, 0); y may be x.
template <class T>
inline void relu(std::size_t n, const T* x, T* y) {
    backend::transform(
        n, y, [](auto v) { return xsimd::max(v, backend::batch<T>(T(0))); }, x);
}

/// dx (n) (=, +=) dy where y > 0. `y` is the output of relu, or its input: the signs agree. dx may be dy.
template <class T>
inline void relu_backward(std::size_t n, const T* y, const T* dy, T* dx, update mode) {
    const auto gate = [](auto v, auto d) {
        const backend::batch<T> zero(T(0));
        return xsimd::select(v > zero, d, zero);
    };
    transform(n, mode, dx, gate, y, dy);
}

/// x (rows x cols) = max(x + bias, 0), bias (cols), in one pass.
template <class T>
inline void add_bias_relu(std::size_t rows, std::size_t cols, const T* bias, T* x) {
    const auto f = [](auto v, auto b) { return xsimd::max(v + b, backend::batch<T>(T(0))); };
    for (std::size_t r = 0; r < rows; ++r, x += cols) backend::transform(cols, x, f, static_cast<const T*>(x), bias);
}

/// dx (n) (=, +=) dy slope: the pullback of what has kept its slope. dx may be dy.
template <class T>
inline void through_slope(std::size_t n, const T* slope, const T* dy, T* dx, update mode) {
    transform(
        n, mode, dx, [](auto s, auto d) { return s * d; }, slope, dy);
}

/// y (n) = silu(x), slope (n) = silu'(x); y may be x.
template <class T>
inline void silu(std::size_t n, const T* x, T* y, T* slope) {
    backend::sweep<T>(n, [=](auto window) {
        using v = backend::batch<T>;
        const v one(T(1)), zero(T(0)), in = window.load(x);
        const v e = backend::exp_nonpositive(zero - xsimd::abs(in)), r = one / (one + e);
        const v sigmoid = xsimd::select(in < zero, e * r, r);
        window.store(slope, sigmoid + in * (e * r * r));
        window.store(y, in * sigmoid);
    });
}

/// y (n) = log_sigmoid(x), slope (n) its derivative 1 / (1 + e^x); y may be x.
template <class T>
inline void log_sigmoid(std::size_t n, const T* x, T* y, T* slope) {
    for (std::size_t i = 0; i < n; ++i) {
        const T in = x[i], e = std::exp(-std::abs(in));
        slope[i] = (in > T(0) ? e : T(1)) / (T(1) + e);
        y[i] = std::min(in, T(0)) - std::log1p(e);
    }
}

}  // namespace xtn::nn::kernels
