// SPDX-License-Identifier: BSD-3-Clause
// Products of float matrices as a training step of PicoGPT makes them, by the engine that xtn was built with and by the BLAS alone,
// on one thread. docs/guide/15-blas.md has the table of several engines; bench/products.sh measures it.
#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include <xtn/backend/engine.hpp>
#include <xtn/backend/gemm.hpp>

#include <common/blas_kernels.hpp>

namespace {

/// C (m x n) = A B^T or A B; k numbers in each sum.
struct shape {
    std::int64_t m, n, k;
    bool transposed;

    std::string name() const {
        return std::to_string(m) + "x" + std::to_string(n) + "x" + std::to_string(k) + (transposed ? "^T" : "");
    }
};

using product = void (*)(bool, bool, std::int64_t, std::int64_t, std::int64_t, float, const float*, std::int64_t,
                         const float*, std::int64_t, float, float*, std::int64_t);

void multiply(benchmark::State& state, const shape& s, product gemm) {
    std::vector<float> a(static_cast<std::size_t>(s.m * s.k), 0.5f), b(static_cast<std::size_t>(s.n * s.k), 0.25f);
    std::vector<float> c(static_cast<std::size_t>(s.m * s.n));
    for (auto _ : state) {
        gemm(false, s.transposed, s.m, s.n, s.k, 1, a.data(), s.k, b.data(), s.transposed ? s.k : s.n, 0, c.data(),
             s.n);
        benchmark::ClobberMemory();
    }
    state.counters["flop/s"] =
        benchmark::Counter(2.0 * static_cast<double>(s.m * s.n * s.k), benchmark::Counter::kIsIterationInvariantRate);
}

}  // namespace

int main(int argc, char** argv) {
    examples::use_best_blas_kernels(argc, argv);
    benchmark::Initialize(&argc, argv);
    benchmark::AddCustomContext("engine", xtn::product_engine<float>());
    benchmark::AddCustomContext("blas", xtn::blas_name());
    const xtn::blas_threads one(1);
    const std::vector<shape> shapes{{256, 128, 128, true},  {256, 512, 128, true},    {256, 128, 512, true},
                                    {256, 128, 512, false}, {512, 128, 256, false},   {256, 256, 32, true},
                                    {256, 32, 256, false},  {64, 64, 64, false},      {16, 64, 16, false},
                                    {8, 8, 8, false},       {1024, 1024, 1024, false}};
    for (const shape& s : shapes) {
        benchmark::RegisterBenchmark(("engine/" + s.name()).c_str(),
                                     [s](benchmark::State& state) { multiply(state, s, xtn::backend::gemm<float>); });
        benchmark::RegisterBenchmark(("blas/" + s.name()).c_str(), [s](benchmark::State& state) {
            multiply(state, s, xtn::backend::blas_gemm<float>);
        });
    }
    benchmark::RunSpecifiedBenchmarks();
}
