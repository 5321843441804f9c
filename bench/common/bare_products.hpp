// SPDX-License-Identifier: BSD-3-Clause
// The matrix products that any implementation of a training step must do, by the same BLAS, and calls that take turns.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include <xtn/backend/gemm.hpp>

#include "timing.hpp"

namespace bench {

/// Products of what may be anything, in memory of each worker's own.
class bare_products {
public:
    /// Matrices have `largest` elements at most.
    bare_products(std::size_t workers, std::size_t largest)
        : largest_(largest), memory_(workers, std::vector<float>(3 * largest, 1.0f / 512)) {}

    /// A linear layer, forward and both gradients, or without that of its input.
    void linear(std::size_t worker, std::size_t rows, std::size_t out, std::size_t in, bool input_gradient = true) {
        multiply(worker, false, true, rows, out, in, in, in, out);                       // y = x W^T
        if (input_gradient) multiply(worker, false, false, rows, in, out, out, in, in);  // dx = dy W
        multiply(worker, true, false, out, in, rows, out, in, in);                       // dW = dy^T x
    }
    /// Attention of one head of d columns, in rows of `row`, over t positions, masked or not.
    void attention(std::size_t worker, std::size_t t, std::size_t d, std::size_t row) {
        multiply(worker, false, true, t, t, d, row, row, t);   // S = q k^T
        multiply(worker, false, false, t, d, t, t, row, row);  // y = P v
        multiply(worker, false, true, t, t, d, row, row, t);   // dP = dy v^T
        multiply(worker, true, false, t, d, t, t, row, row);   // dv = P^T dy
        multiply(worker, false, false, t, d, t, t, row, row);  // dq = dS k
        multiply(worker, true, false, t, d, t, t, row, row);   // dk = dS^T q
    }
    /// Linear attention of one head with m features and d values, in rows of `keys` and `values`, over t positions in chunks.
    void linear_attention(std::size_t worker, std::size_t t, std::size_t chunk, std::size_t m, std::size_t d,
                          std::size_t keys, std::size_t values) {
        for (; t > 0; t -= std::min(t, chunk)) {
            const std::size_t n = std::min(t, chunk);
            multiply(worker, false, true, n, n, m, keys, keys, n);       // A = q k^T
            multiply(worker, false, false, n, d, n, n, values, values);  // o = A v
            multiply(worker, false, false, n, d, m, keys, d, values);    // o += q S
            multiply(worker, true, false, m, d, n, keys, values, d);     // S += k^T v
            multiply(worker, false, true, n, m, d, values, d, m);        // dq = do S^T
            multiply(worker, false, true, n, m, d, values, d, m);        // dk = v dS^T
            multiply(worker, false, false, n, d, m, keys, d, values);    // dv = k dS
            multiply(worker, false, true, n, n, d, values, values, n);   // dA = do v^T
            multiply(worker, false, false, n, m, n, n, keys, m);         // dq += dA k
            multiply(worker, true, false, n, m, n, n, keys, m);          // dk += dA^T q
            multiply(worker, true, false, n, d, n, n, values, values);   // dv += A^T do
            multiply(worker, true, false, m, d, n, keys, values, d);     // dS += q^T do
        }
    }

private:
    void multiply(std::size_t worker, bool ta, bool tb, std::size_t m, std::size_t n, std::size_t k, std::size_t lda,
                  std::size_t ldb, std::size_t ldc) {
        float* a = memory_[worker].data();
        const auto i = [](std::size_t x) { return static_cast<std::int64_t>(x); };
        xtn::backend::gemm(ta, tb, i(m), i(n), i(k), 1.0f, a, i(lda), a + largest_, i(ldb), 0.0f, a + 2 * largest_,
                           i(ldc));
    }

    std::size_t largest_;
    std::vector<std::vector<float>> memory_;
};

/// Seconds of every call in every iteration. The calls take turns, so that drifts of the machine cancel in ratios; the last
/// one's time is the iteration's.
inline std::vector<std::vector<double>> by_turns(benchmark::State& state,
                                                 const std::vector<std::function<void()>>& calls) {
    std::vector<std::vector<double>> time(calls.size());
    for (const auto& call : calls) call();
    for (auto _ : state) {
        for (std::size_t i = 0; i < calls.size(); ++i) time[i].push_back(seconds_of(calls[i]));
        state.SetIterationTime(time.back().back());
    }
    return time;
}

/// The median of a[i] / b[i].
inline double median_ratio(const std::vector<double>& a, const std::vector<double>& b) {
    std::vector<double> r(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) r[i] = a[i] / b[i];
    return median(r);
}

}  // namespace bench
