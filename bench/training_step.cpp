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
#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <sys/resource.h>

#include <xtn/backend/threads.hpp>
#include <xtn/core/number.hpp>

#include "picogpt/core/operators.hpp"
#include "picogpt/core/training.hpp"
#include "timing.hpp"

namespace {

std::size_t threads = std::max(1u, std::thread::hardware_concurrency());

constexpr std::size_t lanes = 8, windows = 32, context = 256;
constexpr double reference_flops = 51.95e9;

using trainer = xtn::trainer<picogpt::text_task>;
using bench::median;
using bench::seconds;

class gemm_reference {
public:
    gemm_reference() : memory_(threads, std::vector<float>(3 * largest, 1.0f / 512)) {}

    void run(xtn::thread_pool& pool) {
        pool.run(lanes, [&](std::size_t, std::size_t worker) {
            const std::size_t rows = windows / lanes * context;
            for (int layer = 0; layer < 4; ++layer) {
                for (int projection = 0; projection < 4; ++projection) linear(worker, rows, 128, 128);
                linear(worker, rows, 512, 128);
                linear(worker, rows, 128, 512);
                for (std::size_t head = 0; head < 4 * windows / lanes; ++head) attention(worker);
            }
            linear(worker, rows, 65, 128);
        });
    }

private:
    static constexpr std::size_t largest = 1024 * 512;
    void multiply(std::size_t worker, bool ta, bool tb, std::size_t m, std::size_t n, std::size_t k, std::size_t lda,
                  std::size_t ldb, std::size_t ldc) {
        float* a = memory_[worker].data();
        const auto i = [](std::size_t x) { return static_cast<std::int64_t>(x); };
        xtn::backend::gemm(ta, tb, i(m), i(n), i(k), 1.0f, a, i(lda), a + largest, i(ldb), 0.0f, a + 2 * largest,
                           i(ldc));
    }
    void linear(std::size_t w, std::size_t rows, std::size_t out, std::size_t in) {
        multiply(w, false, true, rows, out, in, in, in, out);   // y = x W^T
        multiply(w, false, false, rows, in, out, out, in, in);  // dx = dy W
        multiply(w, true, false, out, in, rows, out, in, in);   // dW = dy^T x
    }
    void attention(std::size_t w) {
        constexpr std::size_t t = context, d = 32, row = 128;
        multiply(w, false, true, t, t, d, row, row, t);   // S = q k^T
        multiply(w, false, false, t, d, t, t, row, row);  // y = P v
        multiply(w, false, true, t, t, d, row, row, t);   // dP = dy v^T
        multiply(w, true, false, t, d, t, t, row, row);   // dv = P^T dy
        multiply(w, false, false, t, d, t, t, row, row);  // dq = dS k
        multiply(w, true, false, t, d, t, t, row, row);   // dk = dS^T q
    }

    std::vector<std::vector<float>> memory_;
};

picogpt::model<float> model_of(std::size_t bond) {
    return picogpt::make_model({}, bond == 0 ? "dense" : "mpo-" + std::to_string(bond), {.sigma = 0.04}, 1);
}

/// A step of the models with these bonds (0: dense), each beside the reference.
void step_against_reference(benchmark::State& state, std::vector<std::size_t> bonds) {
    xtn::thread_pool pool(threads);
    gemm_reference reference;
    const xtn::text_corpus text = picogpt::random_text();
    std::vector<std::unique_ptr<trainer>> models;
    for (const std::size_t b : bonds)
        models.push_back(std::make_unique<trainer>(picogpt::text_task(model_of(b), text),
                                                   xtn::training_plan{.batch = windows, .learning_rate = 1e-4}, pool));
    std::vector<double> gemm_time;
    std::vector<std::vector<double>> time(bonds.size());
    const auto timed = [](auto&& f) {
        const double start = seconds();
        f();
        return seconds() - start;
    };
    reference.run(pool);
    for (auto& m : models) m->step();
    for (auto _ : state) {
        gemm_time.push_back(timed([&] { reference.run(pool); }));
        for (std::size_t i = 0; i < models.size(); ++i) time[i].push_back(timed([&] { models[i]->step(); }));
        state.SetIterationTime(time[0].back());
    }
    const auto ratio = [](const std::vector<double>& a, const std::vector<double>& b) {
        std::vector<double> r(a.size());
        for (std::size_t i = 0; i < a.size(); ++i) r[i] = a[i] / b[i];
        return median(r);
    };
    state.counters["tokens_per_second"] = windows * context / median(time[0]);
    state.counters["gemm_reference_ratio"] = ratio(gemm_time, time[0]);
    state.counters["reference_GFLOP/s"] = reference_flops / median(gemm_time) * 1e-9;
    if (bonds.size() > 1) {
        state.counters["mpo_tokens_per_second"] = windows * context / median(time[1]);
        state.counters["mpo_against_dense"] = ratio(time[0], time[1]);
    }
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    state.counters["peak_MiB"] = static_cast<double>(usage.ru_maxrss) / 1024;
}

}  // namespace

int main(int argc, char** argv) {
    examples::use_best_blas_kernels(argc, argv);
    benchmark::Initialize(&argc, argv);
    if (argc > 1) {
        threads = xtn::parse_number<std::size_t>(argv[1]).value_or(0);
        if (threads == 0) {
            std::cerr << "a number of threads is expected, found " << argv[1] << '\n';
            return 1;
        }
    }
    std::cout << "threads " << threads << ", BLAS " << xtn::blas_config() << ", kernels " << xtn::blas_core_name()
              << "\n";
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
