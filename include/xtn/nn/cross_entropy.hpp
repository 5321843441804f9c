// SPDX-License-Identifier: BSD-3-Clause
// Softmax cross-entropy of rows of logits against integer targets: loss = mean over rows of -log softmax(logits)[target].
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string>

#include <xtn/nn/kernels/cross_entropy.hpp>
#include <xtn/nn/module.hpp>

namespace xtn::nn {

/// What cross_entropy() gives.
template <scalar T>
struct classification_loss {
    variable<T, 0> mean;      ///< nats per row
    std::size_t correct = 0;  ///< rows whose greatest logit is the target
};

/// logits (rows x classes), one target a row, which must live unchanged until backward(). Throws shape_error where the numbers
/// differ or a target is no class.
template <scalar T, std::integral Index>
classification_loss<T> cross_entropy(const variable<T, 2>& logits, std::span<const Index> targets) {
    tape<T>& t = logits.tape();
    const auto [rows, classes] = logits.shape();
    if (rows == 0 || targets.size() != rows)
        throw shape_error("cross_entropy: " + std::to_string(rows) +
                          " rows of logits need as many targets, at least 1, not " + std::to_string(targets.size()));
    const variable<T, 0> loss = t.result(std::array<std::size_t, 0>{}, logits);
    backend::workspace_frame scratch;
    T* log_sum_exp = t.template keep_for<T>(loss, rows, scratch);
    const kernels::cross_entropy_result r =
        kernels::cross_entropy(rows, classes, logits.data(), targets.data(), log_sum_exp);
    t.watch(targets, "the targets of cross_entropy");
    *loss.data() = static_cast<T>(r.loss_sum / static_cast<double>(rows));
    t.record(loss, [logits, targets, log_sum_exp](const T* dloss) {
        const gradient_sink<T> s = logits.sink();
        if (!s) return;
        const auto [n, width] = logits.shape();
        backend::workspace_frame frame;
        T* d = s.accumulate ? frame.take<T>(logits.size()) : s.data;
        kernels::cross_entropy_backward(n, width, logits.data(), targets.data(), log_sum_exp,
                                        *dloss / static_cast<T>(n), d);
        if (s.accumulate)
            for (std::size_t i = 0; i < logits.size(); ++i) s.data[i] += d[i];
    });
    return {loss, r.correct};
}

}  // namespace xtn::nn
