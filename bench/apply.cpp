// SPDX-License-Identifier: BSD-3-Clause
// y = x W^T for rows x: dense and MPO operators (three sites), n x n, by batch. Counters: `against_dense`, the speed-up
// over cblas_sgemm on the reconstructed matrix in the same run; `against_hand`, that over a chain of matrix products
// written by hand; `flop_ratio`, the plan's flops over the dense ones.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include <xtn/xtn.hpp>

#include "timing.hpp"

namespace {

using bench::median;

std::int64_t count(std::size_t n) { return static_cast<std::int64_t>(n); }

/// The chain of three matrix products that one would write by hand for cores (o i r), (r p j s), (s q k), without copies:
///     t1[b i j, s q] = x[b i j, k] C[s q, k]^T,    t2[b i] (r p, q) = B[r p, j s] t1[b i] (j s, q),
///     y[b] (o, p q) = A[o, i r] t2[b] (i r, p q)
struct by_hand {
    std::size_t rows;
    const xtn::parameter<float>&a, &b, &c;
    std::vector<float> t1, t2;

    by_hand(std::size_t batch, const std::vector<xtn::parameter<float>>& cores)
        : rows(batch), a(cores[0]), b(cores[1]), c(cores[2]) {
        t1.resize(rows * i() * j() * s() * q());
        t2.resize(rows * i() * r() * p() * q());
    }
    std::size_t o() const { return a.shape()[a.shape().size() - 3]; }
    std::size_t i() const { return a.shape()[a.shape().size() - 2]; }
    std::size_t r() const { return b.shape()[0]; }
    std::size_t p() const { return b.shape()[1]; }
    std::size_t j() const { return b.shape()[2]; }
    std::size_t s() const { return b.shape()[3]; }
    std::size_t q() const { return c.shape()[1]; }
    std::size_t k() const { return c.shape()[2]; }

    void operator()(const float* x, float* y) {
        const auto product = [](bool transpose, std::size_t m, std::size_t n, std::size_t inner, const float* left,
                                const float* right, float* result) {
            xtn::backend::gemm(false, transpose, count(m), count(n), count(inner), 1.0f, left, count(inner), right,
                               count(transpose ? inner : n), 0.0f, result, count(n));
        };
        product(true, rows * i() * j(), s() * q(), k(), x, c.data(), t1.data());
        for (std::size_t bi = 0; bi < rows * i(); ++bi)
            product(false, r() * p(), q(), j() * s(), b.data(), t1.data() + bi * j() * s() * q(),
                    t2.data() + bi * r() * p() * q());
        for (std::size_t row = 0; row < rows; ++row)
            product(false, o(), p() * q(), i() * r(), a.data(), t2.data() + row * i() * r() * p() * q(),
                    y + row * o() * p() * q());
    }
};

template <std::size_t N>
void apply_mpo(benchmark::State& state) {
    const auto bond = static_cast<std::size_t>(state.range(0)), rows = static_cast<std::size_t>(state.range(1));
    const xtn::mpo<float, xtn::balanced<N, N, 3>> op(bond);
    xtn::random_stream random(1);
    xtn::init_normal(op, 0.02, random);
    xt::xtensor<float, 2> x(std::array<std::size_t, 2>{rows, N}), y(std::array<std::size_t, 2>{rows, N});
    random.fill_normal(std::span<float>(x.data(), x.size()), 1.0);
    const xt::xtensor<float, 2> w = op.to_dense();
    by_hand chain(rows, op.cores());
    std::vector<double> dense, hand, factorised;
    const auto multiply = [&] {
        xtn::backend::gemm(false, true, count(rows), count(N), count(N), 1.0f, x.data(), count(N), w.data(), count(N),
                           0.0f, y.data(), count(N));
    };
    for (auto _ : state) {
        dense.push_back(bench::seconds_of(multiply));
        hand.push_back(bench::seconds_of([&] { chain(x.data(), y.data()); }));
        factorised.push_back(bench::seconds_of([&] { benchmark::DoNotOptimize(xtn::apply(op, x)); }));
        state.SetIterationTime(factorised.back());
    }
    if (const double error = xt::amax(xt::abs(xtn::apply(op, x) - y))(); error > 1e-3 * xt::amax(xt::abs(y))())
        state.SkipWithError("the chain by hand differs");
    state.counters["against_dense"] = median(dense) / median(factorised);
    state.counters["against_hand"] = median(hand) / median(factorised);
    state.counters["dense_us"] = 1e6 * median(dense);
    state.counters["flop_ratio"] = xtn::cost_of_apply(op, rows).flops / (2.0 * static_cast<double>(rows) * N * N);
}

template <std::size_t N>
void arguments(benchmark::internal::Benchmark* b) {
    b->ArgNames({"bond", "rows"})->UseManualTime()->Unit(benchmark::kMicrosecond)->MinTime(0.1);
    for (const int bond : {2, 4, 16, 64})
        for (const int rows : {1, 8, 64, 512, 8192}) {
            const double n = N, dense = rows * n * n, chain = rows * std::pow(n, 4. / 3) * bond * bond;
            if (std::max(dense, chain) < 4e10) b->Args({bond, rows});  // the longest take a second
        }
}
BENCHMARK(apply_mpo<128>)->Apply(arguments<128>);
BENCHMARK(apply_mpo<512>)->Apply(arguments<512>);
BENCHMARK(apply_mpo<2048>)->Apply(arguments<2048>);
BENCHMARK(apply_mpo<4096>)->Apply(arguments<4096>);
BENCHMARK(apply_mpo<8192>)->Apply(arguments<8192>);

}  // namespace

int main(int argc, char** argv) { return bench::run_on_one_thread(argc, argv); }
