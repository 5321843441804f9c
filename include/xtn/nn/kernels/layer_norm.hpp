// SPDX-License-Identifier: BSD-3-Clause
// Layer normalisation of the rows of a matrix (Ba, Kiros and Hinton, arXiv 1607.06450).
//   h  = (x - mean x) rstd,  rstd = 1 / sqrt(mean (x - mean x)^2 + eps),  y = gamma h + beta
//   dx = rstd (g - mean g - h mean(g h)),  g = gamma dy;  dgamma = sum over rows of dy h;  dbeta = sum over rows of dy
#pragma once

#include <array>
#include <cmath>
#include <cstddef>

#include <xtn/backend/simd.hpp>
#include <xtn/nn/kernels/row_sums.hpp>
#include <xtn/nn/kernels/update.hpp>

namespace xtn::nn::kernels {

/// y (rows x cols) from x (rows x cols), gamma and beta (cols); mean and rstd (rows) are kept for the pullback. y may
/// be x if no pullback follows.
template <class T>
inline void layer_norm(std::size_t rows, std::size_t cols, const T* x, const T* gamma, const T* beta, T eps, T* y,
                       T* mean, T* rstd) {
    using v = backend::batch<T>;
    const T share = T(1) / static_cast<T>(cols);
    for (std::size_t r = 0; r < rows; ++r, x += cols, y += cols) {
        mean[r] = share * backend::sum<T>(cols, [x](auto w) { return w.load(x); });
        const v centre(mean[r]);
        const T variance = share * backend::sum<T>(cols, [x, centre](auto w) {
                               const v d = w.load(x) - centre;
                               return d * d;
                           });
        rstd[r] = T(1) / std::sqrt(variance + eps);
        const v scale(rstd[r]);
        backend::transform(
            cols, y, [=](auto u, auto g, auto b) { return (u - centre) * scale * g + b; }, x, gamma, beta);
    }
}

/// dx (rows x cols) (=, +=), dgamma and dbeta (cols) +=. dx may be dy.
template <class T>
inline void layer_norm_backward(std::size_t rows, std::size_t cols, const T* x, const T* gamma, const T* mean,
                                const T* rstd, const T* dy, T* dx, update mode, T* dgamma, T* dbeta) {
    using v = backend::batch<T>;
    const T share = T(1) / static_cast<T>(cols);
    sum_over_rows(rows, cols, std::array{dgamma, dbeta}, [=](std::size_t r, const std::array<T*, 2>& sums) {
        const T *xr = x + r * cols, *dyr = dy + r * cols;
        T* dxr = dx + r * cols;
        const v centre(mean[r]), scale(rstd[r]);
        const v shift(share * backend::sum<T>(cols, [=](auto w) { return w.load(dyr) * w.load(gamma); }));
        const v slope(share * backend::sum<T>(cols, [=](auto w) {
                          return w.load(dyr) * w.load(gamma) * ((w.load(xr) - centre) * scale);
                      }));
        backend::sweep<T>(cols, [=, dgamma = sums[0], dbeta = sums[1]](auto w) {
            const v d = w.load(dyr), h = (w.load(xr) - centre) * scale;
            w.store(dgamma, w.load(dgamma) + d * h);
            w.store(dbeta, w.load(dbeta) + d);
            const v u = (d * w.load(gamma) - shift - h * slope) * scale;
            w.store(dxr, mode == update::replace ? u : w.load(dxr) + u);
        });
    });
}

}  // namespace xtn::nn::kernels
