// SPDX-License-Identifier: BSD-3-Clause
// y = x W^T for rows x: dense and MPO operators (three sites), n x n, by batch. Counters: `against_dense`, the speed-up
// over cblas_sgemm on the reconstructed matrix in the same run; `flop_ratio`, the plan's flops over the dense ones.
#include <benchmark/benchmark.h>

#include <vector>

#include <xtn/xtn.hpp>

#include "timing.hpp"

namespace {

using bench::median;
using bench::seconds;

template <std::size_t N>
void apply_mpo(benchmark::State& state) {
    const auto bond = static_cast<std::size_t>(state.range(0)), rows = static_cast<std::size_t>(state.range(1));
    const xtn::mpo<float, xtn::balanced<N, N, 3>> op(bond);
    xtn::random_stream random(1);
    xtn::init_normal(op, 0.02, random);
    xt::xtensor<float, 2> x(std::array<std::size_t, 2>{rows, N}), y(std::array<std::size_t, 2>{rows, N});
    random.fill_normal(std::span<float>(x.data(), x.size()), 1.0);
    const xt::xtensor<float, 2> w = op.to_dense();
    const auto i = [](std::size_t n) { return static_cast<std::int64_t>(n); };
    std::vector<double> dense, factorised;
    for (auto _ : state) {
        const double start = seconds();
        xtn::backend::gemm(false, true, i(rows), i(N), i(N), 1.0f, x.data(), i(N), w.data(), i(N), 0.0f, y.data(),
                           i(N));
        const double middle = seconds();
        benchmark::DoNotOptimize(xtn::apply(op, x));
        const double end = seconds();
        dense.push_back(middle - start);
        factorised.push_back(end - middle);
        state.SetIterationTime(end - middle);
    }
    state.counters["against_dense"] = median(dense) / median(factorised);
    state.counters["dense_us"] = 1e6 * median(dense);
    state.counters["flop_ratio"] = [&] {
        std::vector<xtn::geometry> shapes{xtn::geometry::row_major(
            std::array{rows, op.network().in_sites()[0], op.network().in_sites()[1], op.network().in_sites()[2]})};
        for (const auto& c : op.cores()) shapes.push_back(xtn::geometry::row_major(c.shape()));
        const auto tree =
            xtn::contraction_order(op.network().apply(), xtn::infer_extents(op.network().apply(), shapes.data()));
        return tree.flops / (2.0 * static_cast<double>(rows) * N * N);
    }();
}

void arguments(benchmark::internal::Benchmark* b) {
    b->ArgNames({"bond", "rows"})->UseManualTime()->Unit(benchmark::kMicrosecond)->MinTime(0.1);
    for (const int bond : {4, 16})
        for (const int rows : {1, 8, 64, 512}) b->Args({bond, rows});
}
BENCHMARK(apply_mpo<128>)->Apply(arguments);
BENCHMARK(apply_mpo<512>)->Apply(arguments);
BENCHMARK(apply_mpo<2048>)->Apply(arguments);
BENCHMARK(apply_mpo<4096>)->Apply(arguments);

}  // namespace

int main(int argc, char** argv) { return bench::run_on_one_thread(argc, argv); }
