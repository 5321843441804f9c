// SPDX-License-Identifier: BSD-3-Clause
// Products of float matrices as a training step of PicoGPT makes them, by the engine that xtn was built with, by the BLAS alone, and
// of factors that are rounded to bfloat16 already, on one thread. docs/guide/15-blas.md has the table of several engines; bench/products.sh measures it.
#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include <xtn/backend/engine.hpp>
#include <xtn/backend/gemm_bfloat16.hpp>

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

template <class Factor>
using product = void (*)(bool, bool, std::int64_t, std::int64_t, std::int64_t, float, const Factor*, std::int64_t,
                         const Factor*, std::int64_t, float, float*, std::int64_t);

template <class Factor>
void multiply(benchmark::State& state, const shape& s, product<Factor> gemm, Factor half, Factor quarter) {
    const std::vector<Factor> a(static_cast<std::size_t>(s.m * s.k), half),
        b(static_cast<std::size_t>(s.n * s.k), quarter);
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
    benchmark::AddCustomContext("bfloat16", xtn::product_engine<float>(xtn::precision::bfloat16));
    benchmark::AddCustomContext("blas", xtn::blas_name());
    const xtn::blas_threads one(1);
    const std::vector<shape> shapes{{256, 128, 128, true},  {256, 512, 128, true},    {256, 128, 512, true},
                                    {256, 128, 512, false}, {512, 128, 256, false},   {256, 256, 32, true},
                                    {256, 32, 256, false},  {64, 64, 64, false},      {16, 64, 16, false},
                                    {8, 8, 8, false},       {1024, 1024, 1024, false}};
    for (const shape& s : shapes) {
        const auto measure = [&](const char* by, auto gemm, auto half, auto quarter) {
            benchmark::RegisterBenchmark((by + s.name()).c_str(), [=](benchmark::State& state) {
                multiply<decltype(half)>(state, s, gemm, half, quarter);
            });
        };
        measure("engine/", xtn::backend::gemm<float>, 0.5f, 0.25f);
        measure("blas/", xtn::backend::blas_gemm<float>, 0.5f, 0.25f);
        measure("bfloat16/", static_cast<product<xtn::bfloat16>>(xtn::backend::gemm), xtn::bfloat16::nearest(0.5f),
                xtn::bfloat16::nearest(0.25f));
    }
    benchmark::RunSpecifiedBenchmarks();
}
