// SPDX-License-Identifier: BSD-3-Clause
// Root-mean-square normalisation of the rows of a matrix (Zhang and Sennrich, arXiv 1910.07467).
//   h  = x rstd,  rstd = 1 / sqrt(sum x^2 / n + eps),  y = gamma h
//   dx = rstd (g - h sum(g h) / n),  g = gamma dy;  dgamma = sum over rows of dy h
// n is the number of columns, or that of a wider row whose other columns are 0.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>

#include <xtn/backend/simd.hpp>
#include <xtn/nn/kernels/row_sums.hpp>
#include <xtn/nn/kernels/update.hpp>

namespace xtn::nn::kernels {

/// y (rows x cols) from x (rows x cols) and gamma (cols); rstd (rows) is kept for the pullback. `n` is mostly cols. y may
/// be x if no pullback follows.
template <class T>
inline void rms_norm(std::size_t rows, std::size_t cols, std::size_t n, const T* x, const T* gamma, T eps, T* y,
                     T* rstd) {
    const T share = T(1) / static_cast<T>(n);
    for (std::size_t r = 0; r < rows; ++r, x += cols, y += cols) {
        const T square = share * backend::sum<T>(cols, [x](auto w) {
                             const auto u = w.load(x);
                             return u * u;
                         });
        rstd[r] = T(1) / std::sqrt(square + eps);
        const backend::batch<T> scale(rstd[r]);
        backend::transform(
            cols, y, [=](auto u, auto g) { return u * scale * g; }, x, gamma);
    }
}

/// dx (rows x cols) (=, +=) and dgamma (cols) +=. dx may be dy.
template <class T>
inline void rms_norm_backward(std::size_t rows, std::size_t cols, std::size_t n, const T* x, const T* gamma,
                              const T* rstd, const T* dy, T* dx, update mode, T* dgamma) {
    using v = backend::batch<T>;
    const T share = T(1) / static_cast<T>(n);
    sum_over_rows(rows, cols, std::array{dgamma}, [=](std::size_t r, const std::array<T*, 1>& sums) {
        const T *xr = x + r * cols, *dyr = dy + r * cols;
        T* dxr = dx + r * cols;
        const v scale(rstd[r]);
        const v slope(
            share * backend::sum<T>(cols, [=](auto w) { return w.load(dyr) * w.load(gamma) * (w.load(xr) * scale); }));
        backend::sweep<T>(cols, [=, dgamma = sums[0]](auto w) {
            const v d = w.load(dyr), h = w.load(xr) * scale;
            w.store(dgamma, w.load(dgamma) + d * h);
            const v u = (d * w.load(gamma) - h * slope) * scale;
            w.store(dxr, mode == update::replace ? u : w.load(dxr) + u);
        });
    });
}

}  // namespace xtn::nn::kernels
