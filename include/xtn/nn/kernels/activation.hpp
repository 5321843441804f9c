// SPDX-License-Identifier: BSD-3-Clause
// Pointwise non-linearities and their derivatives.
//   relu(x) = max(x, 0), with derivative 0 at 0
//   gelu(x) = x Phi(x), Phi the normal distribution function (Hendrycks and Gimpel, arXiv 1606.08415)
//   its tanh form takes Phi(x) = (1 + tanh u) / 2 = 1 / (1 + e^(-2u)), u = sqrt(2/pi) (x + 0.044715 x^3)
#pragma once

#include <cstddef>
#include <numbers>

#include <xtn/backend/simd.hpp>
#include <xtn/nn/kernels/write.hpp>

namespace xtn::kernels {

/// The two forms of GELU in use: `tanh` is GPT-2's, `erf` is exact.
enum class gelu_form { tanh, erf };

namespace detail {

/// dx (=, +=) f(operands): the shape of every pointwise pullback.
template <class T, class F, class... Operands>
inline void pointwise_pullback(std::size_t n, write mode, T* dx, F f, const Operands*... x) {
    if (mode == write::replace)
        backend::transform(n, dx, f, x...);
    else
        backend::transform(n, dx, [&](auto old, auto... v) { return old + f(v...); }, static_cast<const T*>(dx), x...);
}

/// gelu(x) and its derivative.
template <class T>
struct value_and_slope {
    backend::batch<T> value, slope;
};

template <class T>
inline value_and_slope<T> gelu_tanh(const backend::batch<T>& x) {
    using v = backend::batch<T>;
    const v twice_root(static_cast<T>(2) * std::numbers::sqrt2_v<T> * std::numbers::inv_sqrtpi_v<T>);
    const v cubic(static_cast<T>(0.044715)), one(static_cast<T>(1)), three(static_cast<T>(3)), zero(static_cast<T>(0));
    const v x2 = x * x;
    const v z = twice_root * x * (one + cubic * x2);  // 2u
    const v e = backend::exp_nonpositive(zero - xsimd::abs(z));
    const v phi = xsimd::select(z < zero, e, one) / (one + e);
    const v spread = e / ((one + e) * (one + e));  // phi (1 - phi)
    return {x * phi, phi + x * spread * twice_root * (one + three * cubic * x2)};
}

template <class T>
inline value_and_slope<T> gelu_erf(const backend::batch<T>& x) {
    using v = backend::batch<T>;
    const v half(static_cast<T>(0.5)), one(static_cast<T>(1)), root_half(std::numbers::sqrt2_v<T> / 2);
    const v density_at_0(root_half * v(std::numbers::inv_sqrtpi_v<T>));
    const v phi = half * (one + xsimd::erf(x * root_half));
    return {x * phi, phi + x * density_at_0 * backend::exp_nonpositive(v(static_cast<T>(-0.5)) * x * x)};
}

}  // namespace detail

/// y (n) = max(x, 0); y may be x.
template <class T>
inline void relu(std::size_t n, const T* x, T* y) {
    backend::transform(n, y, [](auto v) { return xsimd::max(v, backend::batch<T>(T(0))); }, x);
}

/// dx (n) (=, +=) dy where y > 0. `y` is the output of relu, or its input: the signs agree. dx may be dy.
template <class T>
inline void relu_backward(std::size_t n, const T* y, const T* dy, T* dx, write mode) {
    const auto gate = [](auto v, auto d) {
        const backend::batch<T> zero(T(0));
        return xsimd::select(v > zero, d, zero);
    };
    detail::pointwise_pullback(n, mode, dx, gate, y, dy);
}

/// x (rows x cols) = max(x + bias, 0), bias (cols), in one pass.
template <class T>
inline void add_bias_relu(std::size_t rows, std::size_t cols, const T* bias, T* x) {
    const auto f = [](auto v, auto b) { return xsimd::max(v + b, backend::batch<T>(T(0))); };
    for (std::size_t r = 0; r < rows; ++r, x += cols) backend::transform(cols, x, f, static_cast<const T*>(x), bias);
}

/// y (n) = gelu(x); y may be x.
template <class T>
inline void gelu(gelu_form form, std::size_t n, const T* x, T* y) {
    if (form == gelu_form::tanh)
        backend::transform(n, y, [](auto v) { return detail::gelu_tanh<T>(v).value; }, x);
    else
        backend::transform(n, y, [](auto v) { return detail::gelu_erf<T>(v).value; }, x);
}

/// dx (n) (=, +=) dy gelu'(x); dx may be dy or x.
template <class T>
inline void gelu_backward(gelu_form form, std::size_t n, const T* x, const T* dy, T* dx, write mode) {
    if (form == gelu_form::tanh)
        detail::pointwise_pullback(
            n, mode, dx, [](auto v, auto d) { return d * detail::gelu_tanh<T>(v).slope; }, x, dy);
    else
        detail::pointwise_pullback(
            n, mode, dx, [](auto v, auto d) { return d * detail::gelu_erf<T>(v).slope; }, x, dy);
}

}  // namespace xtn::kernels
