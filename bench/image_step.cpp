// SPDX-License-Identifier: BSD-3-Clause
// One training step of the full vision transformer of the minimal experiment on 256 CIFAR-10 images (generated ones),
// augmented, against the matrix products that any implementation must do (bare_products.hpp): 16 tokens an image, 60 wide,
// 256 hidden, six blocks; nothing recomputed; by the same workers. Both take turns in one process.
//
//     OPENBLAS_CORETYPE=... ./bench_image_step [threads]
#include <benchmark/benchmark.h>

#include <iostream>
#include <string>

#include <xtn/train/trainer.hpp>

#include "bare_products.hpp"
#include "common/image_data.hpp"
#include "picogpt/core/variant.hpp"
#include "threads_argument.hpp"
#include "timing.hpp"
#include "vit/image_task.hpp"

namespace {

std::size_t threads = 1;

constexpr std::size_t batch = 256, at_once = 32, tokens = 16, width = 60, hidden = 256, pixels = 192, classes = 10;

void products(bench::bare_products& of, xtn::thread_pool& pool) {
    pool.run(batch / at_once, [&](std::size_t, std::size_t worker) {
        constexpr std::size_t rows = at_once * tokens;
        of.linear(worker, rows, width, pixels, false);
        for (int layer = 0; layer < 6; ++layer) {
            for (int projection = 0; projection < 4; ++projection) of.linear(worker, rows, width, width);
            of.linear(worker, rows, hidden, width);
            of.linear(worker, rows, width, hidden);
            for (std::size_t image = 0; image < at_once; ++image) of.attention(worker, tokens, width, width);
        }
        of.linear(worker, at_once, classes, width);
    });
}

void image_step(benchmark::State& state, const std::string& name) {
    const xtn::image_source source({3, 32, 32});
    const xtn::image_set images = source.generate(1024, 1);
    xtn::thread_pool pool(threads);
    bench::bare_products reference(threads, at_once * tokens * hidden);
    const auto sigma = [](std::size_t, std::size_t) { return 0.1; };
    xtn::trainer<vit::image_task> trainer(vit::image_task(picogpt::variant(name).make(vit::spec_for(images), sigma, 1),
                                                          images, images, {.shift = 3, .flip = true, .crop = 0.8}),
                                          {.batch = batch, .learning_rate = 1e-3}, pool);
    const auto time = bench::by_turns(state, {[&] { products(reference, pool); }, [&] { trainer.step(); }});
    state.counters["images_per_second"] = batch / bench::median(time[1]);
    state.counters["gemm_reference_ratio"] = bench::median_ratio(time[0], time[1]);
}

}  // namespace

int main(int argc, char** argv) {
    examples::use_best_blas_kernels(argc, argv);
    benchmark::Initialize(&argc, argv);
    const auto given = bench::threads_argument(argc, argv);
    if (!given) return 1;
    threads = *given;
    benchmark::RegisterBenchmark("full", [](benchmark::State& s) { image_step(s, "full"); })
        ->UseManualTime()
        ->Iterations(30)
        ->Unit(benchmark::kMillisecond);
    benchmark::RunSpecifiedBenchmarks();
}
