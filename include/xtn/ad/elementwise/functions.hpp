// SPDX-License-Identifier: BSD-3-Clause
// Functions of elements, each with its adjoint. They are called with elements of memory: batches of real numbers, or one complex
// number (backend/elementary.hpp). A user's own has the same form:
//
//     struct cube {
//         template <class V>
//         V operator()(const V& x) const { return x * x * x; }
//         template <class V>
//         std::array<V, 1> pull(const V& dy, const V& /*y*/, const V& x) const { return {dy * V(3) * x * x}; }
//     };
//     xtn::variable<float, 2> y = xtn::elementwise(cube{}, x + bias);
//
// pull(dy, y, x...) has the cotangents of the operands from that of the value y. For complex numbers that is the conjugate of
// the derivative times dy (see ad/contract.hpp). Members that a function may have besides: `real`, for no complex numbers;
// `from_value`, pull() does not read x; `hands_on`, pull() returns dy for every operand; `costly`, the value is kept for the
// pullback instead of being made again. A function of one number whose derivative is costly too, but cheap beside the value,
// has one member, with_slope(x), which returns both (value_and_slope).
#pragma once

#include <array>

#include <xtn/backend/elementary.hpp>
#include <xtn/backend/row.hpp>

namespace xtn {

/// f(x) and f'(x).
template <class V>
struct value_and_slope {
    V value, slope;
};

/// What elementwise() applies; see the head of this file.
namespace functions {

namespace detail {

/// x y, for complex numbers without their search for infinities.
template <class V>
V times(const V& x, const V& y) {
    if constexpr (scalar<V>)
        return backend::multiply(x, y);
    else
        return x * y;
}
/// conj(slope) dy.
template <class V>
std::array<V, 1> through(const V& slope, const V& dy) {
    return {times(V(backend::conj(slope)), dy)};
}

/// Elements with an order: real numbers.
struct of_real_numbers {
    static constexpr bool real = true;
};
/// The derivative follows from the value.
struct by_value {
    static constexpr bool from_value = true;
};
/// The value is kept.
struct kept {
    static constexpr bool costly = true;
};

}  // namespace detail
/// x + y.
struct plus {
    static constexpr const char* name = "+";
    static constexpr bool hands_on = true;
    template <class V>
    V operator()(const V& x, const V& y) const {
        return x + y;
    }
    template <class V>
    std::array<V, 2> pull(const V& dz, const V&, const V&, const V&) const {
        return {dz, dz};
    }
};
/// x - y.
struct minus {
    static constexpr const char* name = "-";
    template <class V>
    V operator()(const V& x, const V& y) const {
        return x - y;
    }
    template <class V>
    std::array<V, 2> pull(const V& dz, const V&, const V&, const V&) const {
        return {dz, V(0) - dz};
    }
};
/// x y.
struct product {
    static constexpr const char* name = "*";
    template <class V>
    V operator()(const V& x, const V& y) const {
        return detail::times(x, y);
    }
    template <class V>
    std::array<V, 2> pull(const V& dz, const V&, const V& x, const V& y) const {
        return {detail::through(y, dz)[0], detail::through(x, dz)[0]};
    }
};
/// x / y.
struct quotient {
    static constexpr const char* name = "/";
    template <class V>
    V operator()(const V& x, const V& y) const {
        return x / y;
    }
    template <class V>
    std::array<V, 2> pull(const V& dz, const V& z, const V&, const V& y) const {
        const V dx = dz / V(backend::conj(y));
        return {dx, V(0) - detail::through(z, dx)[0]};
    }
};
/// -x.
struct negative {
    template <class V>
    V operator()(const V& x) const {
        return V(0) - x;
    }
    template <class V>
    std::array<V, 1> pull(const V& dy, const V&, const V&) const {
        return {V(0) - dy};
    }
};
/// x x.
struct square {
    template <class V>
    V operator()(const V& x) const {
        return detail::times(x, x);
    }
    template <class V>
    std::array<V, 1> pull(const V& dy, const V&, const V& x) const {
        return detail::through(x + x, dy);
    }
};
/// The conjugate.
struct conj {
    template <class V>
    V operator()(const V& x) const {
        return backend::conj(x);
    }
    template <class V>
    std::array<V, 1> pull(const V& dy, const V&, const V&) const {
        return {V(backend::conj(dy))};
    }
};
/// e^x.
struct exp : detail::by_value, detail::kept {
    template <class V>
    V operator()(const V& x) const {
        return backend::exp(x);
    }
    template <class V>
    std::array<V, 1> pull(const V& dy, const V& y, const V&) const {
        return detail::through(y, dy);
    }
};
/// The natural logarithm.
struct log : detail::kept {
    template <class V>
    V operator()(const V& x) const {
        return backend::log(x);
    }
    template <class V>
    std::array<V, 1> pull(const V& dy, const V&, const V& x) const {
        return {dy / V(backend::conj(x))};
    }
};
/// The square root.
struct sqrt : detail::by_value {
    template <class V>
    V operator()(const V& x) const {
        return backend::sqrt(x);
    }
    template <class V>
    std::array<V, 1> pull(const V& dy, const V& y, const V&) const {
        return {dy / V(backend::conj(y + y))};
    }
};
/// The hyperbolic tangent.
struct tanh : detail::by_value, detail::kept {
    template <class V>
    V operator()(const V& x) const {
        return backend::tanh(x);
    }
    template <class V>
    std::array<V, 1> pull(const V& dy, const V& y, const V&) const {
        return detail::through(V(1) - detail::times(y, y), dy);
    }
};
/// The sine.
struct sin {
    template <class V>
    value_and_slope<V> with_slope(const V& x) const {
        return {backend::sin(x), backend::cos(x)};
    }
};
/// The cosine.
struct cos {
    template <class V>
    value_and_slope<V> with_slope(const V& x) const {
        return {backend::cos(x), V(0) - backend::sin(x)};
    }
};

/// 1 / (1 + e^(-x)).
struct sigmoid : detail::of_real_numbers, detail::by_value, detail::kept {
    template <class V>
    V operator()(const V& x) const {
        return backend::sigmoid(x);
    }
    template <class V>
    std::array<V, 1> pull(const V& dy, const V& y, const V&) const {
        return {dy * y * (V(1) - y)};
    }
};

/// log(1 + e^x).
struct softplus : detail::of_real_numbers {
    template <class V>
    value_and_slope<V> with_slope(const V& x) const {
        const V one(1), e = backend::exp_nonpositive(V(0) - xsimd::abs(x));
        return {xsimd::max(x, V(0)) + backend::log1p(e), xsimd::select(x > V(0), one, e) / (one + e)};
    }
};

/// |x|, of derivative 0 at 0.
struct abs : detail::of_real_numbers {
    template <class V>
    V operator()(const V& x) const {
        return xsimd::abs(x);
    }
    template <class V>
    std::array<V, 1> pull(const V& dy, const V&, const V& x) const {
        return {xsimd::select(x > V(0), dy, xsimd::select(x < V(0), V(0) - dy, V(0)))};
    }
};

/// x^p for a number p.
template <class T>
struct power : detail::of_real_numbers {
    T p;
    explicit power(T exponent) : p(exponent) {}

    template <class V>
    value_and_slope<V> with_slope(const V& x) const {
        return {backend::pow(x, V(p)), V(p) * backend::pow(x, V(p - 1))};
    }
};

namespace detail {

/// dz to what was chosen, half of it to each of equals.
template <class V, class Chosen>
std::array<V, 2> to_chosen(const V& dz, Chosen x, Chosen y) {
    const V half = dz * V(0.5), zero(0);
    return {xsimd::select(x, dz, xsimd::select(y, zero, half)), xsimd::select(y, dz, xsimd::select(x, zero, half))};
}

}  // namespace detail

/// The greater of two. Equals have half of the cotangent each.
struct maximum : detail::of_real_numbers {
    static constexpr const char* name = "maximum";
    template <class V>
    V operator()(const V& x, const V& y) const {
        return xsimd::max(x, y);
    }
    template <class V>
    std::array<V, 2> pull(const V& dz, const V&, const V& x, const V& y) const {
        return detail::to_chosen(dz, x > y, y > x);
    }
};

/// The smaller of two. Equals have half of the cotangent each.
struct minimum : detail::of_real_numbers {
    static constexpr const char* name = "minimum";
    template <class V>
    V operator()(const V& x, const V& y) const {
        return xsimd::min(x, y);
    }
    template <class V>
    std::array<V, 2> pull(const V& dz, const V&, const V& x, const V& y) const {
        return detail::to_chosen(dz, x < y, y < x);
    }
};

}  // namespace functions
}  // namespace xtn
