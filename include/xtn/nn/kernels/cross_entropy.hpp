// SPDX-License-Identifier: BSD-3-Clause
// Cross-entropy of softmax(logits) against integer targets, without forming the probabilities.
//   loss_r = L_r - x_{r, target},  L_r = log sum_j e^(x_rj),  dx_rj = (e^(x_rj - L_r) - [j = target]) factor
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>

#include <xtn/backend/simd.hpp>
#include <xtn/nn/kernels/indices.hpp>

namespace xtn::kernels {

/// Over all rows: the sum of the losses in nats, and the number of rows whose first greatest logit is the target.
struct cross_entropy_result {
    double loss_sum = 0;
    std::size_t correct = 0;
};

/// logits (rows x classes), targets (rows); log_sum_exp (rows) is written for the pullback. Losses are summed in
/// double, rows in order; a logit that is not finite makes the sum a NaN, whatever the compiler flags. Throws
/// shape_error for a target outside 0 to classes - 1.
template <class T, std::integral Index>
inline cross_entropy_result cross_entropy(std::size_t rows, std::size_t classes, const T* logits, const Index* targets,
                                          T* log_sum_exp) {
    using v = backend::batch<T>;
    require_below(classes, rows, targets, "cross_entropy", "target");
    cross_entropy_result result;
    const bool finite = backend::all_finite(rows * classes, logits);
    for (std::size_t r = 0; r < rows; ++r) {
        const T* x = logits + r * classes;
        const auto target = static_cast<std::size_t>(targets[r]);
        const T maximum = backend::maximum(classes, x);
        const v top(maximum);
        const T sum = backend::sum<T>(classes, [&](auto w) { return backend::exp_nonpositive(w.load(x) - top); });
        const double log_sum = std::log(static_cast<double>(sum));
        log_sum_exp[r] = static_cast<T>(static_cast<double>(maximum) + log_sum);
        result.loss_sum += static_cast<double>(maximum) - static_cast<double>(x[target]) + log_sum;
        std::size_t first = 0;
        while (first < target && x[first] < maximum) ++first;
        if (first == target && !(x[target] < maximum)) ++result.correct;
    }
    if (!finite) result.loss_sum = std::numeric_limits<double>::quiet_NaN();
    return result;
}

/// dlogits (rows x classes) = (softmax(logits) - one-hot(targets)) factor; factor = 1 / rows for the mean loss.
/// log_sum_exp (rows) and the targets are those of cross_entropy. dlogits may be logits.
template <class T, std::integral Index>
inline void cross_entropy_backward(std::size_t rows, std::size_t classes, const T* logits, const Index* targets,
                                   const T* log_sum_exp, T factor, T* dlogits) {
    using v = backend::batch<T>;
    require_below(classes, rows, targets, "cross_entropy_backward", "target");
    const v f(factor);
    for (std::size_t r = 0; r < rows; ++r, logits += classes, dlogits += classes) {
        const v norm(log_sum_exp[r]);
        backend::transform(
            classes, dlogits, [&](auto x) { return backend::exp_nonpositive(x - norm) * f; }, logits);
        dlogits[static_cast<std::size_t>(targets[r])] -= factor;
    }
}

}  // namespace xtn::kernels
