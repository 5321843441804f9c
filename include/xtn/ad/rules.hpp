// SPDX-License-Identifier: BSD-3-Clause
// Differentiable arithmetic beside the contraction. Each rule is a value and its pullback; a user's own rule is written
// the same way.
#pragma once

#include <algorithm>
#include <array>
#include <complex>
#include <cstddef>

#include <xtn/ad/tape.hpp>
#include <xtn/core/error.hpp>

namespace xtn {

namespace detail {

/// The adjoint of y = scale * x: sink (+)= conj(scale) * dy.
template <scalar T>
void hand_on(const gradient_sink<T>& sink, const T* dy, std::size_t size, T scale) {
    if (!sink) return;
    if constexpr (is_complex<T>) scale = std::conj(scale);
    if (sink.accumulate)
        for (std::size_t i = 0; i < size; ++i) sink.data[i] += scale * dy[i];
    else
        for (std::size_t i = 0; i < size; ++i) sink.data[i] = scale * dy[i];
}

}  // namespace detail

/// alpha x + beta y, element by element. Throws shape_error where the shapes differ.
template <scalar T, std::size_t Rank>
variable<T, Rank> linear_combination(T alpha, const variable<T, Rank>& x, T beta, const variable<T, Rank>& y) {
    if (x.shape() != y.shape())
        throw shape_error("linear_combination: the shapes " + to_string(geometry::row_major(x.shape())) + " and " +
                          to_string(geometry::row_major(y.shape())) + " differ");
    const variable<T, Rank> z = x.tape().result(x.shape(), x, y);
    for (std::size_t i = 0; i < z.size(); ++i) z.data()[i] = alpha * x.data()[i] + beta * y.data()[i];
    z.tape().record(z, [alpha, x, beta, y](const T* dz) {
        detail::hand_on(x.sink(), dz, x.size(), alpha);
        detail::hand_on(y.sink(), dz, y.size(), beta);
    });
    return z;
}

template <scalar T, std::size_t Rank>
variable<T, Rank> operator+(const variable<T, Rank>& x, const variable<T, Rank>& y) {
    return linear_combination(T(1), x, T(1), y);
}
template <scalar T, std::size_t Rank>
variable<T, Rank> operator-(const variable<T, Rank>& x, const variable<T, Rank>& y) {
    return linear_combination(T(1), x, T(-1), y);
}

/// alpha x.
template <scalar T, std::size_t Rank>
variable<T, Rank> operator*(T alpha, const variable<T, Rank>& x) {
    const variable<T, Rank> z = x.tape().result(x.shape(), x);
    for (std::size_t i = 0; i < z.size(); ++i) z.data()[i] = alpha * x.data()[i];
    z.tape().record(z, [alpha, x](const T* dz) { detail::hand_on(x.sink(), dz, x.size(), alpha); });
    return z;
}

/// A matrix cut or padded with zeros to another shape: what a padded operator does to its input and output.
template <scalar T>
variable<T, 2> resize(const variable<T, 2>& x, const std::array<std::size_t, 2>& shape) {
    const auto [rows, columns] = x.shape();
    const std::size_t shared_rows = std::min(rows, shape[0]), shared = std::min(columns, shape[1]);
    const variable<T, 2> y = x.tape().result(shape, x);
    std::fill_n(y.data(), y.size(), T{});
    for (std::size_t r = 0; r < shared_rows; ++r) std::copy_n(x.data() + r * columns, shared, y.data() + r * shape[1]);
    y.tape().record(y, [x, y, shared_rows, shared](const T* dy) {
        const gradient_sink<T> s = x.sink();
        if (!s) return;
        if (!s.accumulate) std::fill_n(s.data, x.size(), T{});
        for (std::size_t r = 0; r < shared_rows; ++r)
            for (std::size_t c = 0; c < shared; ++c) s.data[r * x.shape()[1] + c] += dy[r * y.shape()[1] + c];
    });
    return y;
}

}  // namespace xtn
