// SPDX-License-Identifier: BSD-3-Clause
// What the strided kernels do along one loop: rows of terms written, added or summed. A term is an element of A or a
// product of elements of A and B; a row of it is an index into one of few readers, chosen by the strides, so that each
// loop below is one that a compiler can vectorise.
#pragma once

#include <algorithm>
#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>

#include <xtn/backend/loop_nest.hpp>
#include <xtn/backend/scalar.hpp>

namespace xtn::backend {

/// x y. For complex numbers the four products alone: operator* looks for infinities too, which no BLAS does.
template <scalar T>
inline T multiply(T x, T y) {
    if constexpr (is_complex<T>)
        return {x.real() * y.real() - x.imag() * y.imag(), x.real() * y.imag() + x.imag() * y.real()};
    else
        return x * y;
}

/// Elements one after the other.
template <class T>
struct unit_reader {
    const T* p;
    T operator[](std::int64_t i) const { return p[i]; }
};

/// Elements `stride` apart.
template <class T>
struct strided_reader {
    const T* p;
    std::int64_t stride;
    T operator[](std::int64_t i) const { return p[i * stride]; }
};

/// The same element again and again.
template <class T>
struct constant_reader {
    T value;
    T operator[](std::int64_t) const { return value; }
};

/// Products of what two readers read.
template <class X, class Y>
struct product_reader {
    X x;
    Y y;
    auto operator[](std::int64_t i) const { return multiply(x[i], y[i]); }
};

/// Nothing: 0 everywhere.
template <scalar T>
struct zero_term {
    static constexpr std::size_t factors = 0;
    zero_term at(std::int64_t, std::int64_t) const { return *this; }
    T value() const { return T{}; }
    static bool is_dense(const loop&) { return true; }
    template <class F>
    static void along(const loop&, const F& f) {
        f([](zero_term) { return constant_reader<T>{T{}}; });
    }
};

/// An element of A.
template <scalar T>
struct element_term {
    static constexpr std::size_t factors = 1;
    std::array<const T*, factors> from;

    element_term at(std::int64_t a, std::int64_t) const { return {{from[0] + a}}; }
    T value() const { return *from[0]; }

    /// Whether a row along the loop is read without gaps.
    static bool is_dense(const loop& l) { return l.a == 1; }

    /// Calls f(reader_of), where reader_of(term) reads the row along the loop that begins at the term.
    template <class F>
    static void along(const loop& l, const F& f) {
        if (l.a == 1)
            f([](element_term t) { return unit_reader<T>{t.from[0]}; });
        else
            f([stride = l.a](element_term t) { return strided_reader<T>{t.from[0], stride}; });
    }
};

/// An element of A times one of B.
template <scalar T>
struct product_term {
    static constexpr std::size_t factors = 2;
    std::array<const T*, factors> from;

    product_term at(std::int64_t a, std::int64_t b) const { return {{from[0] + a, from[1] + b}}; }
    T value() const { return multiply(*from[0], *from[1]); }

    static bool is_dense(const loop& l) { return (l.a == 1 && (l.b == 1 || l.b == 0)) || (l.a == 0 && l.b == 1); }

    template <class F>
    static void along(const loop& l, const F& f) {
        using unit = unit_reader<T>;
        using strided = strided_reader<T>;
        using constant = constant_reader<T>;
        if (l.a == 1 && l.b == 1)
            f([](product_term t) { return product_reader<unit, unit>{{t.from[0]}, {t.from[1]}}; });
        else if (l.a == 1 && l.b == 0)
            f([](product_term t) { return product_reader<unit, constant>{{t.from[0]}, {*t.from[1]}}; });
        else if (l.a == 0 && l.b == 1)
            f([](product_term t) { return product_reader<unit, constant>{{t.from[1]}, {*t.from[0]}}; });
        else
            f([a = l.a, b = l.b](product_term t) {
                return product_reader<strided, strided>{{t.from[0], a}, {t.from[1], b}};
            });
    }
};

/// The term i iterations on.
template <class Term>
inline Term advanced(const Term& t, const loop& l, std::int64_t i) {
    return t.at(i * l.a, i * l.b);
}

/// c (n elements, `stride` apart) = the sum of the rows, or += with Add.
template <bool Add, class T, class... Reader>
inline void write_row(std::int64_t n, T* __restrict c, std::int64_t stride, const Reader... rows) {
    const auto write = [&](T& to, std::int64_t i) {
        if constexpr (Add)
            to += (rows[i] + ...);
        else
            to = (rows[i] + ...);
    };
    if (stride == 1)
        for (std::int64_t i = 0; i < n; ++i) write(c[i], i);
    else
        for (std::int64_t i = 0; i < n; ++i) write(c[i * stride], i);
}

/// The sum of n elements of a row: in running totals enough to hide the latency of an addition where the row is long, then
/// in four. (These by name: of arrays that short, g++ makes loads and stores.)
template <class T, class Reader>
inline T sum_row(std::int64_t n, const Reader row) {
    constexpr std::int64_t totals = 128 / sizeof(T);
    T sum{};
    std::int64_t i = 0;
    if (n >= 4 * totals) {
        T part[128 / sizeof(T)] = {};
        for (; n - i >= totals; i += totals)
            for (std::int64_t k = 0; k < totals; ++k) part[k] += row[i + k];
        for (std::int64_t half = totals / 2; half > 0; half /= 2)
            for (std::int64_t k = 0; k < half; ++k) part[k] += part[k + half];
        sum = part[0];
    }
    T p{}, q{}, r{}, s{};
    for (; n - i >= 4; i += 4) {
        p += row[i];
        q += row[i + 1];
        r += row[i + 2];
        s += row[i + 3];
    }
    for (; i < n; ++i) p += row[i];
    return sum + ((p + r) + (q + s));
}

}  // namespace xtn::backend
