// SPDX-License-Identifier: BSD-3-Clause
// A training step of PicoGPT, 32 windows of 256 characters, shared by the processes that mpirun starts: how long it takes, what a
// process sends for it, and how long the sum of the gradients takes of it. And what MPI takes for messages between two processes.
// Every process makes the same calls; process 0 measures and tells.
//
//     mpirun -n 2 bench_shared_step 1 --benchmark_out=docs/results/processes/two-1.json    two processes of one thread
//     bench_shared_step 2 --benchmark_out=docs/results/processes/one-1.json                one process of two threads, beside it
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <xtn/op/cost.hpp>

#include "common/blas_kernels.hpp"
#include "common/team.hpp"
#include "picogpt/core/operators.hpp"
#include "picogpt/core/training.hpp"
#include "threads_argument.hpp"
#include "timing.hpp"

namespace {

std::size_t threads = 1;

constexpr std::size_t windows = 32, context = 256;

/// The team, and how many bytes this process has sent.
class counted_team : public examples::team {
public:
    void exchange(std::span<const std::byte> send, std::size_t to, std::span<std::byte> receive,
                  std::size_t from) const {
        sent += send.size();
        team::exchange(send, to, receive, from);
    }
    static inline std::size_t sent = 0;
};

/// Returns when all processes are here.
void meet() {
    std::vector<char> here(examples::team().size());
    xtn::gather(examples::team(), std::span(here));
}

void step(benchmark::State& state, const std::string& model, bool reconstruct) {
    xtn::thread_pool pool(threads);
    const xtn::training_plan plan{.batch = windows, .learning_rate = 1e-4, .reconstruct = reconstruct};
    const xtn::text_corpus text = picogpt::random_text();
    xtn::trainer<picogpt::text_task, counted_team> run(
        picogpt::text_task(picogpt::make_model({}, model, {.sigma = 0.04}, 1), text), plan, pool);
    run.step();
    const std::size_t before = counted_team::sent;
    std::vector<double> seconds;
    for (auto _ : state) {
        meet();
        seconds.push_back(bench::seconds_of([&] { run.step(); }));
        state.SetIterationTime(seconds.back());
    }
    const auto sent = static_cast<double>(counted_team::sent - before) / static_cast<double>(seconds.size());

    // The sum alone, of as many numbers as travelled: a process sends them twice but for what it keeps.
    const auto size = static_cast<double>(examples::team().size());
    const std::size_t parameters = xtn::parameter_count(picogpt::make_model({}, model).parameters());
    const std::size_t elements =
        size > 1 ? static_cast<std::size_t>(sent / sizeof(float) / 2 * size / (size - 1)) : parameters;
    xtn::lanes<float, examples::team> lanes(plan.lanes, examples::team());
    lanes.resize(elements);
    for (std::size_t lane = lanes.first(); lane < lanes.last(); ++lane) std::ranges::fill(lanes[lane], 1e-20f);
    std::vector<double> sums;
    for (int repetition = 0; repetition < 40; ++repetition) {
        meet();
        sums.push_back(bench::seconds_of([&] { lanes.add_up(pool); }));
    }
    state.counters["processes"] = size;
    state.counters["threads"] = static_cast<double>(threads);
    state.counters["tokens_per_second"] = windows * context / bench::median(seconds);
    state.counters["median_ms"] = 1e3 * bench::median(seconds);
    state.counters["parameters"] = static_cast<double>(parameters);
    state.counters["sent_bytes"] = sent;
    state.counters["sum_ms"] = 1e3 * bench::median(sums);
}

/// What a step of a GPT-2 (12 blocks, 768 wide, a padded vocabulary of 50,304, an untied head) would compute and send: counted, not run.
void count_gpt2(benchmark::State& state, const std::string& model) {
    const picogpt::model_shape shape{
        .vocabulary = 50304, .dim = 768, .heads = 12, .layers = 12, .context = 1024, .hidden = 3072};
    const picogpt::model<float> m = picogpt::make_model(shape, model);
    const auto rows = static_cast<double>(shape.context);
    double flops = 0, matrices = 0;  // of a token, forward; of all operators as matrices
    for (const xtn::any_operator<float>& op : m.operators()) {
        flops += xtn::cost_of_apply(op, shape.context).flops / rows;
        matrices += static_cast<double>(op.out() * op.in());
    }
    const double attention = static_cast<double>(shape.layers) * 4 * rows * static_cast<double>(shape.dim);
    for (auto _ : state) state.SetIterationTime(1e-9);
    state.counters["parameters"] = static_cast<double>(xtn::parameter_count(m.parameters()));
    state.counters["matrix_elements"] = matrices;
    state.counters["flops_per_token"] = flops + attention;
    state.counters["flops_per_token_with_matrices"] = 2 * matrices + attention;
}

/// So many bytes both ways between processes 0 and 1.
void message(benchmark::State& state) {
    const examples::team all;
    std::vector<std::byte> send(static_cast<std::size_t>(state.range(0))), receive(send.size());
    std::vector<double> seconds;
    for (auto _ : state) {
        meet();
        seconds.push_back(bench::seconds_of([&] {
            if (all.rank() < 2) all.exchange(send, 1 - all.rank(), receive, 1 - all.rank());
        }));
        state.SetIterationTime(seconds.back());
    }
    state.counters["median_us"] = 1e6 * bench::median(seconds);
    state.counters["GB/s"] = 1e-9 * static_cast<double>(send.size()) / bench::median(seconds);
}

}  // namespace

int main(int argc, char** argv) {
    examples::use_best_blas_kernels(argc, argv);
    const examples::team all;
    if (!all.writes())
        argc = static_cast<int>(
            std::remove_if(argv, argv + argc,
                           [](const char* a) { return std::string_view(a).starts_with("--benchmark_out"); }) -
            argv);
    benchmark::Initialize(&argc, argv);
    const auto given = bench::threads_argument(argc, argv);
    if (!given) return 1;
    threads = *given;
    const auto add = [](const std::string& name, auto function, int iterations) {
        return benchmark::RegisterBenchmark(name.c_str(), function)->UseManualTime()->Iterations(iterations);
    };
    for (const char* model : {"dense", "mpo-16", "mpo-8", "mpo-4"})
        for (const bool reconstruct : {true, false})
            if (reconstruct || std::string(model) != "dense")
                add(
                    "step/" + std::string(model) + (reconstruct ? "" : "/operators_alone"),
                    [=](benchmark::State& s) { step(s, model, reconstruct); }, 12)
                    ->Unit(benchmark::kMillisecond);
    for (const char* model : {"dense", "mpo-16", "mpo-4"})
        add(
            "gpt2/" + std::string(model), [=](benchmark::State& s) { count_gpt2(s, model); }, 1);
    if (all.size() > 1)
        for (const int bytes : {8, 1 << 10, 1 << 16, 1 << 20, 1 << 24})
            add("message", message, 200)->Arg(bytes)->Unit(benchmark::kMicrosecond);
    if (all.writes()) {
        benchmark::RunSpecifiedBenchmarks();
    } else {
        class silence : public benchmark::BenchmarkReporter {
            bool ReportContext(const Context&) override { return true; }
            void ReportRuns(const std::vector<Run>&) override {}
        } nobody;
        benchmark::RunSpecifiedBenchmarks(&nobody);
    }
}
