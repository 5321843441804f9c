// SPDX-License-Identifier: BSD-3-Clause
// GELU (Hendrycks and Gimpel, arXiv 1606.08415), gelu(x) = x Phi(x) with Phi the normal distribution function, and its
// tanh form, where Phi(x) = (1 + tanh u) / 2 = 1 / (1 + e^(-2u)), u = sqrt(2/pi) (x + 0.044715 x^3).
//
// Phi comes from its tail, Phi(-a) = e^(-a^2/2) t P(2t - 1), t = 1 / (1 + a/4), a = |x|, P a Chebyshev interpolant: the
// exponential serves the density in the derivative as well. (xsimd::erf is wrong in the second digit under clang's
// -ffast-math.)
#pragma once

#include <array>
#include <cstddef>
#include <numbers>
#include <type_traits>

#include <xtn/ad/elementwise/functions.hpp>
#include <xtn/backend/simd.hpp>

namespace xtn::nn::kernels {

/// The two forms of GELU in use: `tanh` is GPT-2's, `erf` is exact.
enum class gelu_form { tanh, erf };

namespace detail {

// P above; relative error 2.4e-7 in float, 2.5e-15 in double, both of a tail that is added to 1/2 or more.
inline constexpr std::array<float, 10> normal_tail_float{
    3.93301424e-5f, 3.23314203e-5f, -3.90946725e-4f, -8.69041974e-4f, 1.87805785e-3f,
    1.50988240e-2f, 4.66316777e-2f, 9.67843907e-2f,  1.51974101e-1f,  1.88821282e-1f};
inline constexpr std::array<double, 21> normal_tail_double{
    1.69494240639917440e-9, -3.21603110941781138e-9, -1.41813780660178013e-8, 3.67860729887938498e-8,
    5.87823619882721970e-8, -2.51996299346667084e-7, -1.50071218554775698e-7, 1.47705638254828519e-6,
    1.75349080558297184e-7, -8.78461289711549524e-6, -4.75784131587359445e-7, 5.77732382074028349e-5,
    3.33358091023028593e-5, -4.07704521038707135e-4, -8.69923058764408894e-4, 1.88504723209346496e-3,
    1.50991437206416099e-2, 4.66304644903636345e-2,  9.67843501856053659e-2,  1.51974160492966845e-1,
    1.88821282603937662e-1};

/// c[0] x^(N - 1) + ... + c[N - 1] as odd and even powers, which do not wait for each other.
template <class T, std::size_t N>
inline backend::batch<T> two_chains(const backend::batch<T>& x, const std::array<T, N>& c) {
    std::array<T, N / 2> odd;
    std::array<T, N - N / 2> even;
    for (std::size_t i = 0; i < N; ++i) ((N - i) % 2 == 0 ? odd[i / 2] : even[i / 2]) = c[i];
    const backend::batch<T> square = x * x;
    return xsimd::fma(backend::polynomial(square, odd), x, backend::polynomial(square, even));
}

}  // namespace detail

/// gelu(x) and its derivative, in the tanh form.
template <class T>
inline value_and_slope<backend::batch<T>> gelu_tanh(const backend::batch<T>& x) {
    using v = backend::batch<T>;
    const v rate(T(2) * std::numbers::sqrt2_v<T> * std::numbers::inv_sqrtpi_v<T>), cubic(static_cast<T>(0.044715));
    const v one(T(1)), three(T(3)), zero(T(0));
    const v bend = cubic * x * x;
    const v z = rate * x * (one + bend);  // 2u
    const v e = backend::exp_nonpositive(zero - xsimd::abs(z)), r = one / (one + e);
    const v phi = xsimd::select(z < zero, e * r, r);
    return {x * phi, phi + x * (e * r * r) * rate * (one + three * bend)};
}

/// gelu(x) and its derivative.
template <class T>
inline value_and_slope<backend::batch<T>> gelu_erf(const backend::batch<T>& x) {
    using v = backend::batch<T>;
    const v one(T(1)), two(T(2)), zero(T(0)), quarter(static_cast<T>(0.25)), minus_half(static_cast<T>(-0.5));
    const v density_at_0(std::numbers::inv_sqrtpi_v<T> / std::numbers::sqrt2_v<T>);
    const v e = backend::exp_nonpositive(minus_half * x * x), t = one / (one + quarter * xsimd::abs(x));
    v p;
    if constexpr (std::is_same_v<T, float>)
        p = detail::two_chains(two * t - one, detail::normal_tail_float);
    else
        p = detail::two_chains(two * t - one, detail::normal_tail_double);
    const v tail = e * t * p;
    const v phi = xsimd::select(x < zero, tail, one - tail);
    return {x * phi, phi + x * e * density_at_0};
}

}  // namespace xtn::nn::kernels
