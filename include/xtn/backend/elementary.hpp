// SPDX-License-Identifier: BSD-3-Clause
// Elementary functions of batches and of complex numbers, and loops over whichever of the two a scalar type has.
//
// xsimd's functions round by (x + c) - c and mask by infinities, which -ffast-math takes apart: clang's -Ofast then gives an
// exp without one correct digit. There the standard library does the work, lane by lane.
#pragma once

#include <array>
#include <cmath>
#include <complex>
#include <concepts>
#include <cstddef>
#include <type_traits>

#include <xtn/backend/scalar.hpp>
#include <xtn/backend/simd.hpp>

namespace xtn::backend {

inline namespace XTN_SIMD_TARGET {

/// f of every lane.
template <std::floating_point T, class F, class... Batches>
inline batch<T> by_lane(F f, const batch<T>& x, const Batches&... others) {
    const auto lanes_of = [](const batch<T>& b) {
        std::array<T, lanes<T>> a;
        b.store_unaligned(a.data());
        return a;
    };
    auto y = lanes_of(x);
    [&](const auto&... all) {
        for (std::size_t i = 0; i < lanes<T>; ++i) y[i] = f(y[i], all[i]...);
    }(lanes_of(others)...);
    return batch<T>::load_unaligned(y.data());
}

// Errors against the exact value: 2 units in the last place, relative, of sin and cos for arguments up to 100.
#ifdef __FAST_MATH__
#define XTN_ELEMENTARY(function)                                          \
    template <std::floating_point T>                                      \
    inline batch<T> function(const batch<T>& x) {                         \
        return by_lane<T>([](T each) { return std::function(each); }, x); \
    }
#else
#define XTN_ELEMENTARY(function)                  \
    template <std::floating_point T>              \
    inline batch<T> function(const batch<T>& x) { \
        return xsimd::function(x);                \
    }
#endif
XTN_ELEMENTARY(exp)
XTN_ELEMENTARY(log)
XTN_ELEMENTARY(log1p)
XTN_ELEMENTARY(tanh)
XTN_ELEMENTARY(sin)
XTN_ELEMENTARY(cos)
#undef XTN_ELEMENTARY

template <std::floating_point T>
inline batch<T> sqrt(const batch<T>& x) {
    return xsimd::sqrt(x);
}
/// x^p; xsimd's has an error of 5 units in the last place.
template <std::floating_point T>
inline batch<T> pow(const batch<T>& x, const batch<T>& p) {
    return by_lane<T>([](T a, T b) { return std::pow(a, b); }, x, p);
}
/// x: what is real is its own conjugate.
template <std::floating_point T>
inline batch<T> conj(const batch<T>& x) {
    return x;
}
/// 1 / (1 + e^(-x)), without overflow; the relative error is |x| units in the last place where x < 0.
template <std::floating_point T>
inline batch<T> sigmoid(const batch<T>& x) {
    const batch<T> one(T(1)), zero(T(0));
    const batch<T> e = exp_nonpositive(zero - xsimd::abs(x)), r = one / (one + e);
    return xsimd::select(x < zero, e * r, r);
}

/// One element of what has no batches: complex numbers.
class single_window {
public:
    explicit single_window(std::size_t place) : place_(place) {}
    template <class T>
    T load(const T* p) const {
        return p[place_];
    }
    template <class T>
    void store(T* p, const T& v) const {
        p[place_] = v;
    }

private:
    std::size_t place_;
};

}  // namespace XTN_SIMD_TARGET

namespace detail {

inline namespace XTN_SIMD_TARGET {

template <class T>
struct element {
    using type = T;
};
template <std::floating_point T>
struct element<T> {
    using type = batch<T>;
};

}  // namespace XTN_SIMD_TARGET

}  // namespace detail

inline namespace XTN_SIMD_TARGET {

/// What a window of T loads: a batch of real numbers, or one complex number.
template <scalar T>
using element = typename detail::element<T>::type;

/// sweep() for every scalar type.
template <scalar T, class Body>
inline void sweep_elements(std::size_t n, Body&& body) {
    if constexpr (is_complex<T>)
        for (std::size_t i = 0; i < n; ++i) body(single_window(i));
    else
        sweep<T>(n, body);
}

}  // namespace XTN_SIMD_TARGET

using std::conj;
using std::cos;
using std::exp;
using std::log;
using std::sin;
using std::sqrt;
using std::tanh;

}  // namespace xtn::backend
