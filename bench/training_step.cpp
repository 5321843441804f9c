// SPDX-License-Identifier: BSD-3-Clause
// One training step of PicoGPT on 32 windows of 256 characters, dense and chi = 16, against the matrix products that any
// implementation must do. The three alternate in one process, so that drifts of the machine cancel in the ratios.
//
// GEMM reference (51.95 GFLOP): the linear layers at a lane's 1,024 rows, forward, input and weight gradient; full
// 256 x 256 attention of every head with 2 + 4 products; nothing recomputed; run by all workers at once.
//
//     OPENBLAS_CORETYPE=... ./bench_training_step [threads]
#include <benchmark/benchmark.h>

#include <algorithm>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <sys/resource.h>

#include <xtn/backend/engine.hpp>

#include "bare_products.hpp"
#include "picogpt/core/operators.hpp"
#include "picogpt/core/training.hpp"
#include "threads_argument.hpp"
#include "timing.hpp"

namespace {

std::size_t threads = 1;

constexpr std::size_t lanes = 8, windows = 32, context = 256;
constexpr double reference_flops = 51.95e9;

using trainer = xtn::trainer<picogpt::text_task>;

/// The products of a step of PicoGPT.
void products(bench::bare_products& of, xtn::thread_pool& pool) {
    pool.run(lanes, [&](std::size_t, std::size_t worker) {
        const std::size_t rows = windows / lanes * context;
        for (int layer = 0; layer < 4; ++layer) {
            for (int projection = 0; projection < 4; ++projection) of.linear(worker, rows, 128, 128);
            of.linear(worker, rows, 512, 128);
            of.linear(worker, rows, 128, 512);
            for (std::size_t head = 0; head < 4 * windows / lanes; ++head) of.attention(worker, context, 32, 128);
        }
        of.linear(worker, rows, 65, 128);
    });
}

picogpt::model<float> model_of(std::size_t bond) {
    return picogpt::make_model({}, bond == 0 ? "dense" : "mpo-" + std::to_string(bond), {.sigma = 0.04}, 1);
}

/// A step of the models with these bonds (0: dense), each beside the reference.
void step_against_reference(benchmark::State& state, std::vector<std::size_t> bonds) {
    xtn::thread_pool pool(threads);
    bench::bare_products reference(threads, 1024 * 512);
    const xtn::text_corpus text = picogpt::random_text();
    std::vector<std::unique_ptr<trainer>> models;
    for (const std::size_t b : bonds)
        models.push_back(std::make_unique<trainer>(picogpt::text_task(model_of(b), text),
                                                   xtn::training_plan{.batch = windows, .learning_rate = 1e-4}, pool));
    std::vector<std::function<void()>> calls{[&] { products(reference, pool); }};
    for (auto& m : models) calls.push_back([&m] { m->step(); });
    const auto time = bench::by_turns(state, calls);
    state.counters["tokens_per_second"] = windows * context / bench::median(time[1]);
    state.counters["gemm_reference_ratio"] = bench::median_ratio(time[0], time[1]);
    state.counters["reference_GFLOP/s"] = reference_flops / bench::median(time[0]) * 1e-9;
    if (bonds.size() > 1) {
        state.counters["mpo_tokens_per_second"] = windows * context / bench::median(time[2]);
        state.counters["mpo_against_dense"] = bench::median_ratio(time[1], time[2]);
    }
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    state.counters["peak_MiB"] = static_cast<double>(usage.ru_maxrss) / 1024;
}

}  // namespace

int main(int argc, char** argv) {
    examples::use_best_blas_kernels(argc, argv);
    benchmark::Initialize(&argc, argv);
    const auto given = bench::threads_argument(argc, argv);
    if (!given) return 1;
    threads = *given;
    std::cout << "threads " << threads << ", products by " << xtn::product_engine<float>() << "\n";
    const auto add = [](const char* name, std::vector<std::size_t> bonds) {
        benchmark::RegisterBenchmark(name, [bonds](benchmark::State& s) { step_against_reference(s, bonds); })
            ->UseManualTime()
            ->Iterations(20)
            ->Unit(benchmark::kMillisecond);
    };
    add("dense", {0});  // first: peak_MiB is that of the dense run alone
    add("dense_and_mpo_16", {0, 16});
    benchmark::RunSpecifiedBenchmarks();
}
