// SPDX-License-Identifier: BSD-3-Clause
// Differentiable arithmetic beside the contraction. Each rule is a value and its pullback; a user's own rule is written
// the same way.
#pragma once

#include <algorithm>
#include <array>
#include <complex>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>

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
/// The adjoint of y = factor x, element by element: sink (+)= conj(factor) dy.
template <scalar T>
void hand_on_product(const gradient_sink<T>& sink, const T* dy, std::size_t size, const T* factor) {
    if (!sink) return;
    for (std::size_t i = 0; i < size; ++i) {
        T f = factor[i];
        if constexpr (is_complex<T>) f = std::conj(f);
        sink.data[i] = sink.accumulate ? sink.data[i] + f * dy[i] : f * dy[i];
    }
}

template <scalar T, std::size_t Rank>
void require_equal_shapes(const char* who, const variable<T, Rank>& x, const variable<T, Rank>& y) {
    if (x.shape() != y.shape())
        throw shape_error(std::string(who) + ": the shapes " + to_string(geometry::row_major(x.shape())) + " and " +
                          to_string(geometry::row_major(y.shape())) + " differ");
}

/// Numbers beside variables of T.
template <class Number, class T>
concept number_beside = std::is_arithmetic_v<Number> ||(scalar<Number>&& is_complex<T>);
template <scalar T, class Number>
T number_as(const Number& alpha) {
    if constexpr (std::is_arithmetic_v<Number>)
        return static_cast<T>(static_cast<real_of<T>>(alpha));
    else
        return static_cast<T>(alpha);
}

/// As forwarding references, which xtensor's operators would beat otherwise.
template <class V, class E>
concept variable_and_tensor =
    is_variable<std::remove_cvref_t<V>> && plain_operand<std::remove_cvref_t<E>> && !scalar<std::remove_cvref_t<E>>;

/// A plain tensor as a constant beside a variable. (auto, so that clang names the user's line.)
template <scalar T, std::size_t Rank, class E>
auto beside(const variable<T, Rank>& v, const E& tensor) {
    using traits = operand_traits<E>;
    constexpr bool fits = traits::rank == Rank && std::is_same_v<typename traits::value_type, T>;
    static_assert(
        fits,
        "a tensor beside a variable has its scalar type and its rank, known at compile time (an xt::xtensor), "
        "and is not repeated: einsum<\"bo,o->bo\"> multiplies every row, xtn::nn::linear adds a bias to each");
    if constexpr (fits)
        return v.tape().constant(tensor);
    else  // the mistake has been reported; do not add to it
        return v;
}

template <class T, std::size_t Rank, class U, std::size_t Other>
concept unequal = !std::is_same_v<T, U> || Rank != Other;
template <class U, std::size_t Other, class T, std::size_t Rank>
const variable<T, Rank>& refuse_unequal(const variable<T, Rank>& x) {
    static_assert(!unequal<T, Rank, U, Other>,
                  "operators of two variables work element by element, on one rank and one scalar type, and repeat "
                  "nothing: xtn::nn::linear adds a bias to every row, einsum<\"bo,o->bo\"> multiplies every row");
    return x;
}

}  // namespace detail

/// alpha x + beta y, element by element. Throws shape_error where the shapes differ.
template <scalar T, std::size_t Rank>
variable<T, Rank> linear_combination(std::type_identity_t<T> alpha, const variable<T, Rank>& x,
                                     std::type_identity_t<T> beta, const variable<T, Rank>& y) {
    detail::require_equal_shapes("linear_combination", x, y);
    const variable<T, Rank> z = x.tape().result(x.shape(), x, y);
    T* out = z.data();
    const T *a = x.data(), *b = y.data();
    for (std::size_t i = 0, n = z.size(); i < n; ++i) out[i] = alpha * a[i] + beta * b[i];
    z.tape().record(z, [alpha, x, beta, y](const T* dz) {
        detail::hand_on(x.sink(), dz, x.size(), alpha);
        detail::hand_on(y.sink(), dz, y.size(), beta);
    });
    return z;
}

/// x + y. Throws shape_error where the shapes differ.
template <scalar T, std::size_t Rank>
variable<T, Rank> operator+(const variable<T, Rank>& x, const variable<T, Rank>& y) {
    return linear_combination(T(1), x, T(1), y);
}
/// x - y. Throws shape_error where the shapes differ.
template <scalar T, std::size_t Rank>
variable<T, Rank> operator-(const variable<T, Rank>& x, const variable<T, Rank>& y) {
    return linear_combination(T(1), x, T(-1), y);
}
/// x y, element by element. Throws shape_error where the shapes differ.
template <scalar T, std::size_t Rank>
variable<T, Rank> operator*(const variable<T, Rank>& x, const variable<T, Rank>& y) {
    detail::require_equal_shapes("element-wise product", x, y);
    const variable<T, Rank> z = x.tape().result(x.shape(), x, y);
    T* out = z.data();
    const T *a = x.data(), *b = y.data();
    for (std::size_t i = 0, n = z.size(); i < n; ++i) out[i] = a[i] * b[i];
    z.tape().record(z, [x, y](const T* dz) {
        detail::hand_on_product(x.sink(), dz, x.size(), y.data());
        detail::hand_on_product(y.sink(), dz, y.size(), x.data());
    });
    return z;
}

/// alpha x, for any number alpha; a complex one needs a complex x.
template <class Number, scalar T, std::size_t Rank>
requires detail::number_beside<Number, T> variable<T, Rank>
operator*(const Number& alpha, const variable<T, Rank>& x) {
    const T scale = detail::number_as<T>(alpha);
    const variable<T, Rank> z = x.tape().result(x.shape(), x);
    T* out = z.data();
    const T* a = x.data();
    for (std::size_t i = 0, n = z.size(); i < n; ++i) out[i] = scale * a[i];
    z.tape().record(z, [scale, x](const T* dz) { detail::hand_on(x.sink(), dz, x.size(), scale); });
    return z;
}
/// alpha x.
template <class Number, scalar T, std::size_t Rank>
requires detail::number_beside<Number, T> variable<T, Rank>
operator*(const variable<T, Rank>& x, const Number& alpha) { return alpha * x; }
/// x / alpha, as x times 1 / alpha.
template <class Number, scalar T, std::size_t Rank>
requires detail::number_beside<Number, T> variable<T, Rank>
operator/(const variable<T, Rank>& x, const Number& alpha) { return T(1) / detail::number_as<T>(alpha) * x; }
/// -x.
template <scalar T, std::size_t Rank>
variable<T, Rank> operator-(const variable<T, Rank>& x) {
    return T(-1) * x;
}

/// alpha + x in every element.
template <class Number, scalar T, std::size_t Rank>
requires detail::number_beside<Number, T> variable<T, Rank>
operator+(const Number& alpha, const variable<T, Rank>& x) {
    const T shift = detail::number_as<T>(alpha);
    const variable<T, Rank> z = x.tape().result(x.shape(), x);
    T* out = z.data();
    const T* a = x.data();
    for (std::size_t i = 0, n = z.size(); i < n; ++i) out[i] = shift + a[i];
    z.tape().record(z, [x](const T* dz) { detail::hand_on(x.sink(), dz, x.size(), T(1)); });
    return z;
}
/// x + alpha.
template <class Number, scalar T, std::size_t Rank>
requires detail::number_beside<Number, T> variable<T, Rank>
operator+(const variable<T, Rank>& x, const Number& alpha) { return alpha + x; }
/// x - alpha.
template <class Number, scalar T, std::size_t Rank>
requires detail::number_beside<Number, T> variable<T, Rank>
operator-(const variable<T, Rank>& x, const Number& alpha) { return -detail::number_as<T>(alpha) + x; }
/// alpha - x.
template <class Number, scalar T, std::size_t Rank>
requires detail::number_beside<Number, T> variable<T, Rank>
operator-(const Number& alpha, const variable<T, Rank>& x) { return alpha + -x; }

// A plain tensor beside a variable is a constant: its elements are copied.
/// v + tensor.
template <class V, class E>
requires detail::variable_and_tensor<V, E>
auto operator+(V&& v, E&& tensor) { return v + detail::beside(v, tensor); }
/// tensor + v.
template <class E, class V>
requires detail::variable_and_tensor<V, E>
auto operator+(E&& tensor, V&& v) { return detail::beside(v, tensor) + v; }
/// v - tensor.
template <class V, class E>
requires detail::variable_and_tensor<V, E>
auto operator-(V&& v, E&& tensor) { return v - detail::beside(v, tensor); }
/// tensor - v.
template <class E, class V>
requires detail::variable_and_tensor<V, E>
auto operator-(E&& tensor, V&& v) { return detail::beside(v, tensor) - v; }
/// v tensor, element by element.
template <class V, class E>
requires detail::variable_and_tensor<V, E>
auto operator*(V&& v, E&& tensor) { return v * detail::beside(v, tensor); }
/// tensor v, element by element.
template <class E, class V>
requires detail::variable_and_tensor<V, E>
auto operator*(E&& tensor, V&& v) { return detail::beside(v, tensor) * v; }

/// Variables of two ranks or scalar types are refused.
template <scalar T, std::size_t Rank, scalar U, std::size_t Other>
requires detail::unequal<T, Rank, U, Other>
const variable<T, Rank>& operator+(const variable<T, Rank>& x, const variable<U, Other>&) {
    return detail::refuse_unequal<U, Other>(x);
}
/// Refused, as above.
template <scalar T, std::size_t Rank, scalar U, std::size_t Other>
requires detail::unequal<T, Rank, U, Other>
const variable<T, Rank>& operator-(const variable<T, Rank>& x, const variable<U, Other>&) {
    return detail::refuse_unequal<U, Other>(x);
}
/// Refused, as above.
template <scalar T, std::size_t Rank, scalar U, std::size_t Other>
requires detail::unequal<T, Rank, U, Other>
const variable<T, Rank>& operator*(const variable<T, Rank>& x, const variable<U, Other>&) {
    return detail::refuse_unequal<U, Other>(x);
}

/// The window of a matrix that has this shape and whose first element is (row, column) of the matrix; what lies outside
/// of the matrix is 0. So it cuts, pads and moves.
template <scalar T>
variable<T, 2> window(const variable<T, 2>& x, const std::array<std::size_t, 2>& shape,
                      const std::array<std::ptrdiff_t, 2>& first = {}) {
    struct range {  // of the window's indices that lie inside the matrix
        std::ptrdiff_t begin, end;
    };
    const auto inside = [&](std::size_t axis) {
        const auto extent = static_cast<std::ptrdiff_t>(shape[axis]), of = static_cast<std::ptrdiff_t>(x.shape()[axis]);
        const std::ptrdiff_t begin = std::clamp<std::ptrdiff_t>(-first[axis], 0, extent);
        return range{begin, std::clamp(of - first[axis], begin, extent)};
    };
    const range rows = inside(0), columns = inside(1);
    const auto each_row = [rows, columns, first, wide = x.shape()[1], narrow = shape[1]](auto f) {
        for (std::ptrdiff_t r = rows.begin; r < rows.end; ++r)
            f((r + first[0]) * static_cast<std::ptrdiff_t>(wide) + columns.begin + first[1],
              r * static_cast<std::ptrdiff_t>(narrow) + columns.begin, columns.end - columns.begin);
    };
    const variable<T, 2> y = x.tape().result(shape, x);
    std::fill_n(y.data(), y.size(), T{});
    each_row([&](std::ptrdiff_t from, std::ptrdiff_t to, std::ptrdiff_t n) {
        std::copy_n(x.data() + from, n, y.data() + to);
    });
    y.tape().record(y, [x, each_row](const T* dy) {
        const gradient_sink<T> s = x.sink();
        if (!s) return;
        if (!s.accumulate) std::fill_n(s.data, x.size(), T{});
        each_row([&](std::ptrdiff_t from, std::ptrdiff_t to, std::ptrdiff_t n) {
            for (std::ptrdiff_t c = 0; c < n; ++c) s.data[from + c] += dy[to + c];
        });
    });
    return y;
}

}  // namespace xtn
