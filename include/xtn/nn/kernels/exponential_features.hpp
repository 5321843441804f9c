// SPDX-License-Identifier: BSD-3-Clause
// Positive features of one head, phi_f = e^(u_f - a |x|^2 - c), from projections u = W x. The shift c cancels in normalised
// attention, so it may be chosen to keep every exponent at 0 or below:
//     queries    c = max_f (u_f - a |x|^2), row by row
//     keys       c_t = the greatest exponent of the positions up to t, so that what was summed before is only ever made
//                smaller, by the gate e^(c_(t-1) - c_t) <= 1 (the running maximum of Milakov and Gimelshein, arXiv 1805.02867)
//   du = phi dphi,  dx = -2 a x sum_f phi_f dphi_f;  c is a constant
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <type_traits>

#include <xtn/backend/simd.hpp>
#include <xtn/nn/kernels/attention_shape.hpp>
#include <xtn/nn/kernels/update.hpp>

namespace xtn::nn::kernels {

/// Where a running maximum begins.
template <class T>
inline constexpr T no_shift = std::numeric_limits<T>::lowest();

/// features (time x count) of u (time x count) and x (time x dim), a >= 0. Keys give `shift`, the greatest exponent so far
/// (no_shift before the first), which is changed, and `log_gates` (`stride` apart); queries give null for both.
template <class T>
inline void exponential_features(std::size_t time, std::size_t count, std::size_t dim, T a,
                                 std::type_identity_t<strided_rows<const T>> u,
                                 std::type_identity_t<strided_rows<const T>> x,
                                 std::type_identity_t<strided_rows<T>> features, T* shift, T* log_gates,
                                 std::size_t stride) {
    for (std::size_t t = 0; t < time; ++t) {
        const T *p = u.row(t), *from = x.row(t);
        const T less =
            a > T(0) ? a * backend::sum<T>(dim, [from](auto w) { return w.load(from) * w.load(from); }) : T(0);
        T top = backend::maximum(count, p) - less;
        if (shift != nullptr) {
            top = std::max(top, *shift);
            log_gates[t * stride] = *shift == no_shift<T> ? T(0) : *shift - top;
            *shift = top;
        }
        const backend::batch<T> down(less + top);
        backend::transform(
            count, features.row(t), [&](auto e) { return backend::exp_nonpositive(e - down); }, p);
    }
}

/// The pullback: du (=, +=), and dx (+=) unless it is null, from dfeatures and the features.
template <class T>
inline void exponential_features_backward(std::size_t time, std::size_t count, std::size_t dim, T a,
                                          std::type_identity_t<strided_rows<const T>> x,
                                          std::type_identity_t<strided_rows<const T>> features,
                                          std::type_identity_t<strided_rows<const T>> dfeatures,
                                          std::type_identity_t<strided_rows<T>> du, update mode,
                                          std::type_identity_t<strided_rows<T>> dx) {
    for (std::size_t t = 0; t < time; ++t) {
        const T *f = features.row(t), *df = dfeatures.row(t);
        if (du.data != nullptr)
            transform(
                count, mode, du.row(t), [](auto p, auto d) { return p * d; }, f, df);
        if (dx.data == nullptr || a == T(0)) continue;
        const backend::batch<T> factor(T(-2) * a *
                                       backend::sum<T>(count, [f, df](auto w) { return w.load(f) * w.load(df); }));
        transform(
            dim, update::add, dx.row(t), [&](auto v) { return v * factor; }, x.row(t));
    }
}

}  // namespace xtn::nn::kernels
