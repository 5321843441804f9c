// SPDX-License-Identifier: BSD-3-Clause
// The one place that names xsimd: how a loop over n numbers runs on batches, and the exponential of the softmax.
//
// A loop body is written once, against a window: `lanes` neighbouring elements in the bulk, and one window for the
// n mod lanes elements that remain. That one still loads and stores whole batches where n >= lanes, but changes and
// sums its own elements only. Sums and maxima use four chains, combined in a fixed order.
//
// Names here hold the target's vectors (backend::avx2::sweep, found as backend::sweep): translation units of one program that
// are compiled for different targets have functions and types of their own, where otherwise the linker would take either.
//
// Everything here keeps its promise under -Ofast: no infinity serves as a mask, no rounding relies on (x + c) - c, and
// finiteness is read from the bits.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <type_traits>
#include <utility>

#include <xsimd/xsimd.hpp>

#include <xtn/backend/pairwise.hpp>

/// The inline namespace of what depends on the vectors of the target.
#if XSIMD_WITH_AVX512F
#define XTN_SIMD_TARGET avx512
#elif XSIMD_WITH_FMA3_AVX2 && XSIMD_WITH_AVX2
#define XTN_SIMD_TARGET avx2_fma
#elif XSIMD_WITH_AVX2
#define XTN_SIMD_TARGET avx2
#elif XSIMD_WITH_AVX
#define XTN_SIMD_TARGET avx
#elif XSIMD_WITH_SSE4_1
#define XTN_SIMD_TARGET sse4
#elif XSIMD_WITH_SSE2
#define XTN_SIMD_TARGET sse2
#elif XSIMD_WITH_NEON64
#define XTN_SIMD_TARGET neon64
#else
#define XTN_SIMD_TARGET other_target
#endif

namespace xtn::backend {

inline namespace XTN_SIMD_TARGET {

/// The vector register of the target the translation unit is compiled for.
template <std::floating_point T>
using batch = xsimd::batch<T>;

/// Elements in one batch.
template <std::floating_point T>
inline constexpr std::size_t lanes = batch<T>::size;

/// A register of 16 bytes, where there is one: in longer ones, interleaving goes by halves in some versions of xsimd.
#if XSIMD_WITH_SSE2
template <std::floating_point T>
using short_batch = xsimd::batch<T, xsimd::sse2>;
#else
template <std::floating_point T>
using short_batch = batch<T>;
#endif

}  // namespace XTN_SIMD_TARGET

namespace detail {

inline namespace XTN_SIMD_TARGET {

template <std::floating_point T>
inline constexpr std::array<T, lanes<T>> lane_numbers = [] {
    std::array<T, lanes<T>> numbers{};
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<T>(i);
    return numbers;
}();

}  // namespace XTN_SIMD_TARGET

}  // namespace detail

inline namespace XTN_SIMD_TARGET {

/// `lanes` elements from `first` on.
template <std::floating_point T>
class full_window {
public:
    explicit full_window(std::size_t first) : first_(first) {}

    batch<T> load(const T* p) const { return batch<T>::load_unaligned(p + first_); }
    void store(T* p, const batch<T>& v) const { v.store_unaligned(p + first_); }

    /// v where the window has elements of its own, `fill` elsewhere: what a reduction may take from it.
    batch<T> keep(const batch<T>& v, T /*fill*/) const { return v; }

private:
    std::size_t first_;
};

/// The last n mod lanes elements of n. They sit in the last lanes of a batch; the lanes before them hold the elements
/// before, or zeros where there are none. A store leaves those as they are, a reduction does not keep them.
template <std::floating_point T>
class tail_window {
public:
    explicit tail_window(std::size_t n) : n_(n) {}

    batch<T> load(const T* p) const {
        if (n_ >= lanes<T>) return batch<T>::load_unaligned(p + (n_ - lanes<T>));
        std::array<T, lanes<T>> buffer{};
        std::copy(p, p + n_, buffer.data() + unused());
        return batch<T>::load_unaligned(buffer.data());
    }

    void store(T* p, const batch<T>& v) const {
        if (n_ >= lanes<T>) {
            xsimd::select(is_unused(), load(p), v).store_unaligned(p + (n_ - lanes<T>));
        } else {
            std::array<T, lanes<T>> buffer;
            v.store_unaligned(buffer.data());
            std::copy(buffer.data() + unused(), buffer.data() + lanes<T>, p);
        }
    }

    batch<T> keep(const batch<T>& v, T fill) const { return xsimd::select(is_unused(), batch<T>(fill), v); }

private:
    std::size_t unused() const { return lanes<T> - n_ % lanes<T>; }
    auto is_unused() const {
        return batch<T>::load_unaligned(detail::lane_numbers<T>.data()) < batch<T>(static_cast<T>(unused()));
    }

    std::size_t n_;
};

/// Calls body(window) for all of n elements: the tail first, then the bulk in order. (The tail reads elements of the
/// bulk beside its own: at the end it would wait for their stores.) What the body writes may be what it reads at the
/// same elements; it must not be read at others.
template <std::floating_point T, class Body>
inline void sweep(std::size_t n, Body&& body) {
    const std::size_t bulk = n - n % lanes<T>;
    if (bulk < n) body(tail_window<T>(n));
    for (std::size_t i = 0; i < bulk; i += lanes<T>) body(full_window<T>(i));
}

/// y[i] = f(x[i]...) for n elements; y may be any of the x.
template <std::floating_point T, class F, class... Operands>
inline void transform(std::size_t n, T* y, F f, const Operands*... x) {
    static_assert((std::is_same_v<T, Operands> && ...), "transform works in one scalar type");
    sweep<T>(n, [&](auto w) { w.store(y, f(w.load(x)...)); });
}

/// Reduces the lanes of a batch by halves: lane i with lane i + lanes/2, and so on.
template <std::floating_point T, class Op>
inline T combine_lanes(const batch<T>& v, Op op) {
    std::array<T, lanes<T>> buffer;
    v.store_unaligned(buffer.data());
    for (std::size_t half = lanes<T> / 2; half > 0; half /= 2)
        for (std::size_t i = 0; i < half; ++i) buffer[i] = op(buffer[i], buffer[i + half]);
    return buffer[0];
}

template <std::floating_point T>
inline T horizontal_sum(const batch<T>& v) {
    return combine_lanes(v, [](T a, T b) { return a + b; });
}

/// Reduces value(window) over the elements from `first`, a multiple of four batches, to n by the associative,
/// commutative `op`, whose neutral element is `neutral`. Four chains hide the latency of op; the order is the same in
/// every run.
template <std::floating_point T, class Op, class Value>
inline T fold(std::size_t first, std::size_t n, T neutral, Op op, const Value& value) {
    constexpr std::size_t step = lanes<T>;
    const std::size_t bulk = n - n % step, fours = n - n % (4 * step);
    batch<T> a(neutral), b(neutral), c(neutral), d(neutral);
    for (std::size_t i = first; i < fours; i += 4 * step) {
        a = op(a, value(full_window<T>(i)));
        b = op(b, value(full_window<T>(i + step)));
        c = op(c, value(full_window<T>(i + 2 * step)));
        d = op(d, value(full_window<T>(i + 3 * step)));
    }
    for (std::size_t i = fours; i < bulk; i += step) a = op(a, value(full_window<T>(i)));
    if (bulk < n) {
        const tail_window<T> w(n);
        b = op(b, w.keep(value(w), neutral));
    }
    return combine_lanes(op(op(a, b), op(c, d)), op);
}

/// Sum of value(window) over n elements: a binary tree over blocks, of which each chain takes 32 batches.
template <std::floating_point T, class Value>
inline T sum(std::size_t n, const Value& value) {
    constexpr std::size_t block = 32 * 4 * lanes<T>;
    const auto add = [](const auto& a, const auto& b) { return a + b; };
    if (n <= block) return fold<T>(0, n, T(0), add, value);
    pairwise_sum<T> blocks;
    for (std::size_t first = 0; first < n; first += block)
        blocks.add(fold<T>(first, std::min(first + block, n), T(0), add, value));
    return blocks.total();
}

/// Greatest of x[0] to x[n - 1]; n >= 1. A NaN may or may not survive: ask all_finite.
template <std::floating_point T>
inline T maximum(std::size_t n, const T* x) {
    const auto greater = [](const auto& a, const auto& b) {
        if constexpr (std::is_same_v<std::decay_t<decltype(a)>, T>)
            return std::max(a, b);
        else
            return xsimd::max(a, b);
    };
    return fold<T>(0, n, x[0], greater, [x](auto w) { return w.load(x); });
}

}  // namespace XTN_SIMD_TARGET

namespace detail {

inline namespace XTN_SIMD_TARGET {

template <std::floating_point T, std::size_t N, std::size_t... I>
inline batch<T> horner(const batch<T>& x, const std::array<T, N>& c, std::index_sequence<I...>) {
    batch<T> p(c[0]);
    ((p = xsimd::fma(p, x, batch<T>(c[I + 1]))), ...);
    return p;
}

// 2^r for |r| <= 1/2: the polynomial with constant term 1 of least relative error (Remez exchange).
inline constexpr std::array<float, 6> exp2_float{1.3264727e-3f, 9.6715126e-3f, 5.5507337e-2f,
                                                 2.4022242e-1f, 6.9314698e-1f, 1.0f};  // 9.2e-8
inline constexpr std::array<double, 12> exp2_double{
    4.43477131006464818e-10, 7.07378325066927842e-9, 1.01781995717204307e-7, 1.32154352822941005e-6,
    1.52527334931279093e-5,  1.54035304571121243e-4, 1.33335581467746199e-3, 9.61812910759412006e-3,
    5.55041086648200832e-2,  2.40226506959101313e-1, 6.93147180559945326e-1, 1.0};  // 3.4e-18

}  // namespace XTN_SIMD_TARGET

}  // namespace detail

inline namespace XTN_SIMD_TARGET {

/// c[0] x^(N - 1) + ... + c[N - 1] by Horner's rule.
template <std::floating_point T, std::size_t N>
inline batch<T> polynomial(const batch<T>& x, const std::array<T, N>& c) {
    return detail::horner(x, c, std::make_index_sequence<N - 1>{});
}

/// 2^y for y <= 1/2, with a relative error below 3 units in the last place, and exactly 1 at 0. Below 2^-100 (float) or
/// 2^-1000 (double) the result is 0: nothing beside a 1, and no subnormal numbers reach the products that follow. A NaN
/// stays one (except under -ffinite-math-only).
///
/// y = n + r with |r| <= 1/2, 2^y = 2^n 2^r. xsimd::exp is not used: its rounding costs more than the polynomial where
/// SSE 4.1 is absent, and doubly so under -ffast-math.
inline batch<float> exp2_nonpositive(const batch<float>& y) {
    const auto n = xsimd::nearbyint_as_int(y);
    const batch<float> p = polynomial(y - xsimd::to_float(n), detail::exp2_float);
    return xsimd::select(y < batch<float>(-100.0f), batch<float>(0.0f), xsimd::ldexp(p, n));
}

inline batch<double> exp2_nonpositive(const batch<double>& y) {
    // Lane by lane: SSE2 has no conversion between double and int64, and xsimd's substitute relies on (x + c) - c.
    std::array<double, lanes<double>> whole, power;
    const batch<double> least(-1000.0);
    xsimd::select(y > least, y, least).store_unaligned(whole.data());
    for (std::size_t i = 0; i < lanes<double>; ++i) {
        const auto n = static_cast<std::int64_t>(whole[i] - 0.5);  // y <= 1/2, so towards 0 is to the nearest
        whole[i] = static_cast<double>(n);
        power[i] = std::bit_cast<double>((n + 1023) << 52);
    }
    const batch<double> p = polynomial(y - batch<double>::load_unaligned(whole.data()), detail::exp2_double);
    return xsimd::select(y < least, batch<double>(0.0), p * batch<double>::load_unaligned(power.data()));
}

/// e^x for x <= 0.3, as 2^(x log2 e). The rounding of the product makes the relative error |x| units in the last place,
/// which beside a 1 is nothing: |x| e^x <= 1/e.
template <std::floating_point T>
inline batch<T> exp_nonpositive(const batch<T>& x) {
    return exp2_nonpositive(x * batch<T>(std::numbers::log2e_v<T>));
}

/// Whether none of x[0] to x[n - 1] is infinite or NaN. An exponent of ones carries into the sign bit when one is added
/// to it; nothing here is floating-point arithmetic, so no compiler flag can argue it away.
template <std::floating_point T>
inline bool all_finite(std::size_t n, const T* x) {
    using bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    static_assert(sizeof(T) == sizeof(bits));
    constexpr bits exponent = sizeof(T) == 4 ? bits{0x7f800000} : static_cast<bits>(0x7ff0000000000000);
    constexpr bits one = exponent & (~exponent + 1);
    constexpr std::size_t width = 16;  // a fixed inner loop, so that every optimisation level takes vectors
    std::array<bits, width> carry{};
    const std::size_t bulk = n - n % width;
    for (std::size_t i = 0; i < bulk; i += width)
        for (std::size_t j = 0; j < width; ++j) carry[j] |= (std::bit_cast<bits>(x[i + j]) & exponent) + one;
    for (std::size_t i = bulk; i < n; ++i) carry[0] |= (std::bit_cast<bits>(x[i]) & exponent) + one;
    bits any = 0;
    for (const bits c : carry) any |= c;
    return (any & ~(~bits{0} >> 1)) == 0;
}

}  // namespace XTN_SIMD_TARGET

}  // namespace xtn::backend
