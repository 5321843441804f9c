// SPDX-License-Identifier: BSD-3-Clause
// Element-wise expressions of variables, forward and backward, against the loops that somebody would write by hand for the
// same formula and gradients, and against the same expression with a name for every part (not fused). Rows of a transformer: 256 x 512.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <benchmark/benchmark.h>

#include <xtn/ad/elementwise/reductions.hpp>
#include <xtn/ad/rules.hpp>
#include <xtn/nn/activation.hpp>

#include "normal.hpp"

namespace {

constexpr std::size_t rows = 256, columns = 512, size = rows * columns;
using matrix = xtn::variable<float, 2>;
using vector = xtn::variable<float, 1>;

using bench::normal;

/// Two matrices, a row, and the cotangent of the result.
struct operands {
    std::vector<float> x = normal(size, 1), y = normal(size, 2), bias = normal(columns, 3), cotangent = normal(size, 4);
};

/// f(x, y, bias) recorded and pulled back once for an iteration.
template <class F>
void differentiated(benchmark::State& state, F f) {
    const operands o;
    xtn::tape<float> t;
    const auto leaf = [&]<std::size_t Rank>(const std::vector<float>& values,
                                            const std::array<std::size_t, Rank>& shape) {
        auto v = t.result<Rank>(shape, true);
        std::copy(values.begin(), values.end(), v.data());
        return v;
    };
    for (auto _ : state) {
        t.clear();
        const auto x = leaf(o.x, std::array{rows, columns}), y = leaf(o.y, std::array{rows, columns});
        const auto bias = leaf(o.bias, std::array{columns});
        t.seed(f(x, y, bias), o.cotangent.data());
        t.backward();
        benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(size));
}

/// loops(x, y, bias, cotangent, result, dx, dy, dbias), with the copies that differentiated() makes too.
template <class Loops>
void by_hand(benchmark::State& state, Loops loops) {
    const operands o;
    std::vector<float> x(size), y(size), bias(columns), d(size), result(size), dx(size), dy(size), dbias(columns);
    for (auto _ : state) {
        std::copy(o.x.begin(), o.x.end(), x.begin());
        std::copy(o.y.begin(), o.y.end(), y.begin());
        std::copy(o.bias.begin(), o.bias.end(), bias.begin());
        std::copy(o.cotangent.begin(), o.cotangent.end(), d.begin());
        loops(x.data(), y.data(), bias.data(), d.data(), result.data(), dx.data(), dy.data(), dbias.data());
        benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(size));
}

void residual(benchmark::State& state) {
    differentiated(state, [](const matrix& x, const matrix& y, const vector&) { return x + y; });
}
void residual_by_hand(benchmark::State& state) {
    by_hand(state,
            [](const float* x, const float* y, const float*, const float* d, float* z, float* dx, float* dy, float*) {
                for (std::size_t i = 0; i < size; ++i) z[i] = x[i] + y[i];
                for (std::size_t i = 0; i < size; ++i) dx[i] = d[i], dy[i] = d[i];
            });
}
BENCHMARK(residual)->Name("residual/fused");
BENCHMARK(residual_by_hand)->Name("residual/by_hand");

void relu_of_biased(benchmark::State& state) {
    differentiated(state, [](const matrix& x, const matrix&, const vector& b) { return xtn::nn::relu(x + b); });
}
void relu_of_biased_by_hand(benchmark::State& state) {
    by_hand(state,
            [](const float* x, const float*, const float* b, const float* d, float* z, float* dx, float*, float* db) {
                for (std::size_t r = 0; r < rows; ++r)
                    for (std::size_t c = 0; c < columns; ++c) {
                        const float sum = x[r * columns + c] + b[c];
                        z[r * columns + c] = sum > 0 ? sum : 0;
                    }
                std::fill_n(db, columns, 0.0f);
                for (std::size_t r = 0; r < rows; ++r)
                    for (std::size_t c = 0; c < columns; ++c) {
                        const std::size_t i = r * columns + c;
                        dx[i] = z[i] > 0 ? d[i] : 0;
                        db[c] += dx[i];
                    }
            });
}
BENCHMARK(relu_of_biased)->Name("relu/fused");
BENCHMARK(relu_of_biased_by_hand)->Name("relu/by_hand");

void gated(benchmark::State& state) {
    differentiated(state, [](const matrix& x, const matrix& y, const vector& b) { return sigmoid(x + b) * y; });
}
void gated_named(benchmark::State& state) {
    differentiated(state, [](const matrix& x, const matrix& y, const vector& b) {
        const matrix sum = x + b, gate = sigmoid(sum);
        return gate * y;
    });
}
void gated_by_hand(benchmark::State& state) {
    by_hand(state, [](const float* x, const float* y, const float* b, const float* d, float* z, float* dx, float* dy,
                      float* db) {
        const auto gate = [&](std::size_t r, std::size_t c) {
            return 1 / (1 + std::exp(-(x[r * columns + c] + b[c])));
        };
        for (std::size_t r = 0; r < rows; ++r)
            for (std::size_t c = 0; c < columns; ++c) z[r * columns + c] = gate(r, c) * y[r * columns + c];
        std::fill_n(db, columns, 0.0f);
        for (std::size_t r = 0; r < rows; ++r)
            for (std::size_t c = 0; c < columns; ++c) {
                const std::size_t i = r * columns + c;
                const float g = gate(r, c);
                dy[i] = d[i] * g;
                dx[i] = d[i] * y[i] * g * (1 - g);
                db[c] += dx[i];
            }
    });
}
BENCHMARK(gated)->Name("sigmoid_gate/fused");
BENCHMARK(gated_named)->Name("sigmoid_gate/named");
BENCHMARK(gated_by_hand)->Name("sigmoid_gate/by_hand");

void gelu_gated(benchmark::State& state) {
    differentiated(state, [](const matrix& x, const matrix& y, const vector& b) { return xtn::nn::gelu(x + b) * y; });
}
void gelu_gated_named(benchmark::State& state) {
    differentiated(state, [](const matrix& x, const matrix& y, const vector& b) {
        const matrix sum = x + b, gate = xtn::nn::gelu(sum);
        return gate * y;
    });
}
BENCHMARK(gelu_gated)->Name("gelu_gate/fused");
BENCHMARK(gelu_gated_named)->Name("gelu_gate/named");

void gelu_of_biased(benchmark::State& state) {
    differentiated(state, [](const matrix& x, const matrix&, const vector& b) { return xtn::nn::gelu(x + b); });
}
BENCHMARK(gelu_of_biased)->Name("gelu/fused");

void softmax_of_rows(benchmark::State& state) {
    differentiated(
        state, [](const matrix& x, const matrix&, const vector&) { return exp(x - xtn::log_sum_exp<"bo->b1">(x)); });
}
BENCHMARK(softmax_of_rows)->Name("softmax/fused");

void squared_rows(benchmark::State& state) {
    differentiated(state,
                   [](const matrix& x, const matrix& y, const vector&) { return y * xtn::sum<"bo->b1">(square(x)); });
}
BENCHMARK(squared_rows)->Name("squared_rows/fused");

}  // namespace

BENCHMARK_MAIN();
