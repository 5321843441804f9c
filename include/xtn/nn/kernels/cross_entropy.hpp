// SPDX-License-Identifier: BSD-3-Clause
// Cross-entropy of softmax(logits) against integer targets, without forming the probabilities.
//   loss_r = L_r - x_{r, target},  L_r = log sum_j e^(x_rj),  dx_rj = (e^(x_rj - L_r) - [j = target]) factor
#pragma once

#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <xtn/backend/pairwise.hpp>
#include <xtn/backend/simd.hpp>
#include <xtn/nn/kernels/indices.hpp>

namespace xtn::nn::kernels {

/// Over all rows: the sum of the losses in nats, and the number of rows whose first greatest logit is the target.
struct cross_entropy_result {
    double loss_sum = 0;
    std::size_t correct = 0;
};

/// Whether these are logits: finite, or -infinity, which takes a class out. Decided on the bits, as all_finite is.
template <class T>
inline bool all_logits(std::size_t n, const T* x) {
    if (backend::all_finite(n, x)) return true;
    using bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    constexpr bits infinity = sizeof(T) == 4 ? bits{0x7f800000} : static_cast<bits>(0x7ff0000000000000);
    for (std::size_t i = 0; i < n; ++i) {
        const bits b = std::bit_cast<bits>(x[i]);
        if ((b & infinity) == infinity && b != (infinity | ~(~bits{0} >> 1))) return false;
    }
    return true;
}

/// logits (rows x classes), targets (rows); log_sum_exp (rows) is written for the pullback. Losses are summed
/// pairwise in double. A logit of -infinity takes its class out: its probability and its gradient are 0, and as a
/// target it costs infinity. Any other logit that is not finite, or a row with no class left, makes the sum a NaN,
/// whatever the compiler flags. Throws shape_error for a target outside 0 to classes - 1.
template <class T, std::integral Index>
inline cross_entropy_result cross_entropy(std::size_t rows, std::size_t classes, const T* logits, const Index* targets,
                                          T* log_sum_exp) {
    using v = backend::batch<T>;
    require_below(classes, rows, targets, "cross_entropy", "target");
    cross_entropy_result result;
    backend::pairwise_sum<double> losses;
    bool defined = all_logits(rows * classes, logits);
    for (std::size_t r = 0; r < rows; ++r) {
        const T* x = logits + r * classes;
        const auto target = static_cast<std::size_t>(targets[r]);
        const T maximum = backend::maximum(classes, x);
        defined = defined && backend::all_finite(1, &maximum);
        const v top(maximum);
        const T sum = backend::sum<T>(classes, [&](auto w) { return backend::exp_nonpositive(w.load(x) - top); });
        const double log_sum = std::log(static_cast<double>(sum));
        log_sum_exp[r] = static_cast<T>(static_cast<double>(maximum) + log_sum);
        losses.add(static_cast<double>(maximum) - static_cast<double>(x[target]) + log_sum);
        std::size_t first = 0;
        while (first < target && x[first] < maximum) ++first;
        if (first == target && !(x[target] < maximum)) ++result.correct;
    }
    result.loss_sum = defined ? losses.total() : std::numeric_limits<double>::quiet_NaN();
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

}  // namespace xtn::nn::kernels
