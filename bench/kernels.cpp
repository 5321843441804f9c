// SPDX-License-Identifier: BSD-3-Clause
// The kernels between the matrix products, at the sizes of PicoGPT: 4 layers, 4 heads, model dimension 128, 256
// positions, feed-forward 512, vocabulary 65. `window` is the time times the number of calls in a forward and backward
// pass over one window of 256 tokens; its matrix products are 1.62 GFLOP. Run with OPENBLAS_NUM_THREADS=1.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>

#include <xtn/nn/kernels/bias.hpp>
#include <xtn/nn/kernels/cross_entropy.hpp>
#include <xtn/nn/kernels/embedding.hpp>
#include <xtn/nn/kernels/layer_norm.hpp>
#include <xtn/nn/kernels/multi_head_attention.hpp>
#include <xtn/nn/kernels/positions.hpp>
#include <xtn/nn/kernels/softmax.hpp>

#include "normal.hpp"

namespace {

namespace kernels = xtn::nn::kernels;
using bench::normal;

constexpr std::size_t layers = 4, heads = 4, dim = 128, time_steps = 256, hidden = 512, vocabulary = 65;
constexpr std::size_t head_dim = dim / heads;
constexpr float head_scale = 0.17677669f;
constexpr float eps = 1e-5f;

std::vector<std::int32_t> tokens() {
    std::mt19937 generator(2);
    std::vector<std::int32_t> ids(time_steps);
    for (auto& id : ids) id = static_cast<std::int32_t>(generator() % vocabulary);
    return ids;
}

/// Bytes moved and calls per window, both for one call.
void report(benchmark::State& state, double bytes, double calls) {
    using benchmark::Counter;
    state.counters["bytes/s"] = Counter(bytes, Counter::kIsIterationInvariantRate, Counter::OneK::kIs1000);
    state.counters["window"] = Counter(1 / calls, Counter::kIsIterationInvariantRate | Counter::kInvert);
}

constexpr double bytes_of(std::size_t numbers) { return static_cast<double>(numbers * sizeof(float)); }

void softmax_rows(benchmark::State& state) {
    auto x = normal(time_steps * time_steps);
    for (auto _ : state) {
        kernels::softmax(time_steps, time_steps, head_scale, x.data(), time_steps);
        benchmark::ClobberMemory();
    }
    using benchmark::Counter;
    state.counters["bytes/s"] = Counter(bytes_of(2 * x.size()), Counter::kIsIterationInvariantRate);
    state.counters["exp/s"] = Counter(static_cast<double>(x.size()), Counter::kIsIterationInvariantRate);
}
BENCHMARK(softmax_rows);

/// The rows of one causal head: what attention does between its products.
void causal_rows_forward(float* p) {
    for (std::size_t r = 0; r < time_steps; ++r) kernels::softmax_row(r + 1, head_scale, p + r * time_steps);
}

void causal_rows_backward(const float* out, const float* dout, const float* p, float* dp) {
    for (std::size_t r = 0; r < time_steps; ++r) {
        const float *o = out + r * dim, *g = dout + r * dim;
        const float delta = xtn::backend::sum<float>(head_dim, [o, g](auto w) { return w.load(o) * w.load(g); });
        float* row = dp + (r % kernels::attention_block) * time_steps;
        kernels::softmax_row_backward(r + 1, head_scale, delta, p + r * time_steps, static_cast<const float*>(row),
                                      row);
    }
}

void causal_softmax_forward(benchmark::State& state) {
    auto p = normal(time_steps * time_steps);
    for (auto _ : state) {
        causal_rows_forward(p.data());
        benchmark::ClobberMemory();
    }
    report(state, bytes_of(p.size()), layers * heads);
}
BENCHMARK(causal_softmax_forward);

void causal_softmax_backward(benchmark::State& state) {
    const auto p = normal(time_steps * time_steps), out = normal(time_steps * dim), dout = normal(time_steps * dim, 3);
    auto dp = normal(kernels::attention_block * time_steps, 4);
    for (auto _ : state) {
        causal_rows_backward(out.data(), dout.data(), p.data(), dp.data());
        for (std::size_t i = 0; i < dp.size(); i += 1024) dp[i] = 1.0f;  // keeps the repeated product from dying out
        benchmark::ClobberMemory();
    }
    report(state, bytes_of(p.size() * 3 / 2), layers * heads);
}
BENCHMARK(causal_softmax_backward);

void layer_norm_forward(benchmark::State& state) {
    const auto x = normal(time_steps * dim), gamma = normal(dim, 3), beta = normal(dim, 4);
    std::vector<float> y(x.size()), mean(time_steps), rstd(time_steps);
    for (auto _ : state) {
        kernels::layer_norm(time_steps, dim, x.data(), gamma.data(), beta.data(), eps, y.data(), mean.data(),
                            rstd.data());
        benchmark::ClobberMemory();
    }
    report(state, bytes_of(2 * x.size()), 2 * layers + 1);
}
BENCHMARK(layer_norm_forward);

void layer_norm_backward(benchmark::State& state) {
    const auto x = normal(time_steps * dim), gamma = normal(dim, 3), dy = normal(time_steps * dim, 4);
    std::vector<float> y(x.size()), mean(time_steps), rstd(time_steps), dx(x.size()), dgamma(dim), dbeta(dim);
    kernels::layer_norm(time_steps, dim, x.data(), gamma.data(), gamma.data(), eps, y.data(), mean.data(), rstd.data());
    for (auto _ : state) {
        kernels::layer_norm_backward(time_steps, dim, x.data(), gamma.data(), mean.data(), rstd.data(), dy.data(),
                                     dx.data(), kernels::update::add, dgamma.data(), dbeta.data());
        benchmark::ClobberMemory();
    }
    report(state, bytes_of(4 * x.size()), 2 * layers + 1);
}
BENCHMARK(layer_norm_backward);

void cross_entropy(benchmark::State& state) {
    const auto logits = normal(time_steps * vocabulary);
    const auto targets = tokens();
    std::vector<float> norm(time_steps), dlogits(logits.size());
    for (auto _ : state) {
        benchmark::DoNotOptimize(
            kernels::cross_entropy(time_steps, vocabulary, logits.data(), targets.data(), norm.data()));
        kernels::cross_entropy_backward(time_steps, vocabulary, logits.data(), targets.data(), norm.data(),
                                        1.0f / time_steps, dlogits.data());
        benchmark::ClobberMemory();
    }
    report(state, bytes_of(3 * logits.size()), 1);
}
BENCHMARK(cross_entropy);

void bias_and_residual(benchmark::State& state) {
    auto x = normal(time_steps * dim), stream = normal(time_steps * dim, 3);
    const auto bias = normal(dim, 4);
    std::vector<float> dbias(dim);
    for (auto _ : state) {
        kernels::add_bias(time_steps, dim, bias.data(), x.data());
        kernels::add(x.size(), stream.data(), x.data(), stream.data());
        kernels::add_bias_gradient(time_steps, dim, x.data(), dbias.data());
        benchmark::ClobberMemory();
    }
    report(state, bytes_of(6 * x.size()), 2 * layers);
}
BENCHMARK(bias_and_residual);

void finite(benchmark::State& state) {
    const auto x = normal(808448);
    for (auto _ : state) benchmark::DoNotOptimize(xtn::backend::all_finite(x.size(), x.data()));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(x.size() * sizeof(float)));
}
BENCHMARK(finite);

/// Everything above in the order and number of one window, each layer on memory of its own. (Activations: bench/elementwise.cpp.)
void window_without_products(benchmark::State& state) {
    const std::size_t n = time_steps * dim, wide = time_steps * hidden, square = time_steps * time_steps;
    const auto ids = tokens();
    const auto gamma = normal(dim, 5), bias = normal(hidden, 6), table = normal(vocabulary * dim, 7);
    std::vector<float> positions(n), dtable(table.size()), dgamma(dim), dbeta(dim), dbias(hidden);
    kernels::sinusoidal_positions(time_steps, dim, positions.data());
    auto stream = normal((2 * layers + 1) * n, 8), branch = normal(2 * layers * n, 9),
         wider = normal(layers * wide, 10);
    auto p = normal(layers * heads * square, 11), dp = normal(kernels::attention_block * time_steps, 12);
    auto logits = normal(time_steps * vocabulary, 13), dwide = normal(wide, 14), dx = normal(n, 15), dy = normal(n, 16);
    std::vector<float> normed(n), mean(time_steps * (2 * layers + 1)), rstd(mean.size()), norm(time_steps);
    for (auto _ : state) {
        kernels::embedding(time_steps, dim, vocabulary, ids.data(), table.data(), stream.data());
        kernels::add(n, stream.data(), positions.data(), stream.data());
        for (std::size_t l = 0; l <= 2 * layers; ++l) {
            float* x = stream.data() + l * n;
            kernels::layer_norm(time_steps, dim, x, gamma.data(), gamma.data(), eps, normed.data(),
                                mean.data() + l * time_steps, rstd.data() + l * time_steps);
            if (l == 2 * layers) break;
            if (l % 2 == 0)
                for (std::size_t h = 0; h < heads; ++h) causal_rows_forward(p.data() + (l / 2 * heads + h) * square);
            else
                kernels::add_bias(time_steps, hidden, bias.data(), wider.data() + l / 2 * wide);
            kernels::add_bias(time_steps, dim, bias.data(), branch.data() + l * n);
            kernels::add(n, x, branch.data() + l * n, x + n);
        }
        benchmark::DoNotOptimize(
            kernels::cross_entropy(time_steps, vocabulary, logits.data(), ids.data(), norm.data()));
        kernels::cross_entropy_backward(time_steps, vocabulary, logits.data(), ids.data(), norm.data(),
                                        1.0f / time_steps, normed.data());
        for (std::size_t l = 2 * layers + 1; l-- > 0;) {
            if (l < 2 * layers) {
                kernels::add_bias_gradient(time_steps, dim, dx.data(), dbias.data());
                if (l % 2 == 0) {
                    for (std::size_t h = 0; h < heads; ++h)
                        causal_rows_backward(stream.data() + h * head_dim, dx.data() + h * head_dim,
                                             p.data() + (l / 2 * heads + h) * square, dp.data());
                } else {
                    kernels::add_bias_gradient(time_steps, hidden, dwide.data(), dbias.data());
                }
            }
            kernels::layer_norm_backward(time_steps, dim, stream.data() + l * n, gamma.data(),
                                         mean.data() + l * time_steps, rstd.data() + l * time_steps, dy.data(),
                                         dx.data(), kernels::update::add, dgamma.data(), dbeta.data());
        }
        kernels::embedding_backward(time_steps, dim, vocabulary, ids.data(), dy.data(), dtable.data());
        std::fill(dx.begin(), dx.end(), 1e-3f);
        std::fill(dp.begin(), dp.end(), 1e-3f);
        benchmark::ClobberMemory();
    }
    using benchmark::Counter;
    state.counters["window"] = Counter(1, Counter::kIsIterationInvariantRate | Counter::kInvert);
}
BENCHMARK(window_without_products)->Unit(benchmark::kMicrosecond);

/// One layer's attention. Argument: 0 stores the probabilities, 1 computes them again in the pullback.
void attention_forward_backward(benchmark::State& state) {
    const kernels::attention_shape shape{1,        heads, time_steps,
                                         head_dim, true,  static_cast<kernels::attention_residual>(state.range(0))};
    const auto q = normal(time_steps * dim), k = normal(time_steps * dim, 3), v = normal(time_steps * dim, 4);
    const auto dout = normal(time_steps * dim, 5);
    std::vector<float> out(q.size()), dq(q.size()), dk(q.size()), dv(q.size()), residual(shape.residual_size());
    std::vector<float> workspace(shape.backward_workspace_size());
    for (auto _ : state) {
        kernels::multi_head_attention<float>(shape, head_scale, {q.data(), dim}, {k.data(), dim}, {v.data(), dim},
                                             {out.data(), dim}, residual.data(), workspace.data());
        kernels::multi_head_attention_backward<float>(shape, head_scale, {q.data(), dim}, {k.data(), dim},
                                                      {v.data(), dim}, {out.data(), dim}, residual.data(),
                                                      {dout.data(), dim}, {dq.data(), dim}, {dk.data(), dim},
                                                      {dv.data(), dim}, kernels::update::replace, workspace.data());
        benchmark::ClobberMemory();
    }
    double pairs = 0;  // query-key pairs that the blocks multiply
    for (std::size_t row = 0; row < time_steps; row += kernels::attention_block)
        pairs += static_cast<double>(kernels::attention_block * (row + kernels::attention_block));
    const double products = state.range(0) == 0 ? 6 : 7;
    using benchmark::Counter;
    state.counters["flop/s"] = Counter(products * 2 * pairs * dim, Counter::kIsIterationInvariantRate);
    state.counters["window"] = Counter(1.0 / layers, Counter::kIsIterationInvariantRate | Counter::kInvert);
}
BENCHMARK(attention_forward_backward)->ArgName("again")->Arg(0)->Arg(1);

void attention_decode(benchmark::State& state) {
    const auto q = normal(dim), keys = normal(time_steps * dim, 3), values = normal(time_steps * dim, 4);
    const kernels::attention_shape shape{.batch = 1,
                                         .heads = heads,
                                         .time = 1,
                                         .head_dim = head_dim,
                                         .residual = kernels::attention_residual::nothing,
                                         .past = time_steps - 1};
    std::vector<float> out(dim), workspace(shape.forward_workspace_size());
    for (auto _ : state) {
        kernels::multi_head_attention<float>(shape, head_scale, {q.data(), dim}, {keys.data(), dim},
                                             {values.data(), dim}, {out.data(), dim}, nullptr, workspace.data());
        benchmark::ClobberMemory();
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(2 * keys.size() * sizeof(float)));
}
BENCHMARK(attention_decode);

}  // namespace

BENCHMARK_MAIN();
