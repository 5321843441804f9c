// SPDX-License-Identifier: BSD-3-Clause
// Networks of any size. Given JSON files (bench_graph NETWORK.json ...) it prints for each what the search finds and how long the
// contraction takes, one JSON line a network: bench/peers/networks.py puts that beside cotengra and PyTorch. Without, a Google
// Benchmark of planning, of the overhead of a step (networks of tiny tensors, whose products take next to nothing), and of
// slices on two threads.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <nlohmann/json.hpp>

#include <xtn/backend/random.hpp>
#include <xtn/graph.hpp>
#include <xtn/io/networks.hpp>
#include <xtn/train/thread_pool.hpp>

#include "timing.hpp"

namespace graph = xtn::graph;

namespace {

/// The norm of a matrix product state: two rows of `sites` tensors.
graph::network norm_of_chain(int sites, std::int64_t bond) {
    std::vector<std::vector<std::string>> inputs;
    std::map<std::string, std::int64_t> sizes;
    for (int i = 0; i < sites; ++i)
        for (const char row : {'x', 'y'}) {
            auto& labels = inputs.emplace_back();
            const auto bond_at = [&](int k) {
                labels.push_back(row + std::to_string(k));
                sizes[labels.back()] = bond;
            };
            if (i > 0) bond_at(i - 1);
            labels.push_back("s" + std::to_string(i));
            sizes[labels.back()] = 2;
            if (i + 1 < sites) bond_at(i);
        }
    return graph::network::make<std::string>(inputs, {}, sizes);
}
/// A closed lattice of side x side tensors.
graph::network lattice(int side, std::int64_t bond) {
    std::vector<std::vector<int>> inputs(static_cast<std::size_t>(side * side));
    std::map<int, std::int64_t> sizes;
    int label = 0;
    const auto join = [&](int a, int b) {
        inputs[static_cast<std::size_t>(a)].push_back(label);
        inputs[static_cast<std::size_t>(b)].push_back(label);
        sizes[label++] = bond;
    };
    for (int i = 0; i < side; ++i)
        for (int j = 0; j < side; ++j) {
            if (j + 1 < side) join(i * side + j, i * side + j + 1);
            if (i + 1 < side) join(i * side + j, (i + 1) * side + j);
        }
    return graph::network::make<int>(inputs, {}, sizes);
}

/// Normal entries, each tensor scaled by its size^(-1/4), which keeps the size of what they make.
template <class T>
std::vector<xt::xarray<T>> tensors_of(const graph::network& net) {
    xtn::random_stream random(1);
    std::vector<xt::xarray<T>> list;
    for (std::size_t i = 0; i < net.tensors(); ++i) {
        const auto shape = net.shape(net.input(i));
        auto& x = list.emplace_back(typename xt::xarray<T>::shape_type(shape.begin(), shape.end()));
        random.fill_normal(std::span(x.data(), x.size()), std::pow(static_cast<double>(x.size()), -0.25));
    }
    return list;
}

/// Of the processor, which others that use the machine lengthen least.
double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

template <class F>
void run_by_processor_time(benchmark::State& state, F call) {
    for (auto _ : state) {
        const double begin = processor_seconds();
        call();
        state.SetIterationTime(processor_seconds() - begin);
    }
}

void plan_thousand(benchmark::State& state) {
    const graph::network net = norm_of_chain(500, 4);
    const auto list = tensors_of<double>(net);
    run_by_processor_time(state, [&] { benchmark::DoNotOptimize(graph::contraction<double>(net, list).slices()); });
}
BENCHMARK(plan_thousand)->Unit(benchmark::kMillisecond)->UseManualTime()->MinTime(4);

void step_overhead(benchmark::State& state) {
    const graph::network net = norm_of_chain(500, 2);
    const auto list = tensors_of<double>(net);
    graph::contraction<double> c(net, list);
    const double begin = processor_seconds();
    run_by_processor_time(state, [&] { benchmark::DoNotOptimize(c.value().data()); });
    state.counters["us per step"] = 1e6 * (processor_seconds() - begin) /
                                    (static_cast<double>(state.iterations()) * static_cast<double>(net.tensors() - 1));
}
BENCHMARK(step_overhead)->Unit(benchmark::kMicrosecond)->UseManualTime();

/// The slices of a lattice in a quarter of its memory, by turns on one thread and on two.
void two_threads(benchmark::State& state) {
    const graph::network net = lattice(10, 4);
    const auto list = tensors_of<float>(net);
    const std::size_t whole = graph::contraction<float>(net, list).peak_bytes();
    graph::contraction<float> alone(net, list, {.bytes = whole / 4});
    xtn::thread_pool pool(2);
    graph::contraction<float> together(net, list, alone.order(), {.search = {.workers = pool}});
    std::vector<double> one, two;
    for (auto _ : state) {
        one.push_back(bench::seconds_of([&] { benchmark::DoNotOptimize(alone.value().data()); }));
        two.push_back(bench::seconds_of([&] { benchmark::DoNotOptimize(together.value().data()); }));
    }
    state.counters["slices"] = static_cast<double>(alone.slices());
    state.counters["speed-up"] = bench::median(one) / bench::median(two);
}
BENCHMARK(two_threads)->Unit(benchmark::kMillisecond)->MinTime(4)->UseRealTime();

/// Orders; the contraction in single precision, where it takes seconds and fits four gibibytes.
void report(const std::filesystem::path& path) {
    const graph::network net = xtn::load_network(path);
    double begin = processor_seconds();
    const graph::order o = graph::search(net);
    const double seconds = processor_seconds() - begin;
    const graph::costs whole = graph::measure(net, o);
    nlohmann::json line{{"network", path.stem().string()},
                        {"tensors", net.tensors()},
                        {"multiplications", std::log10(whole.multiplications)},
                        {"search_seconds", seconds},
                        {"ssa_path", o.tree.ssa()},
                        {"sliced", nullptr},
                        {"run", nullptr}};
    try {
        const graph::costs sliced = graph::measure(net, graph::search(net, {}, whole.peak / 4));
        line["sliced"] = {{"slices", sliced.slices},
                          {"times", sliced.multiplications / whole.multiplications},
                          {"memory", sliced.peak / whole.peak}};
    } catch (const xtn::error&) {  // no slices would do
    }
    if (whole.multiplications < 1e12 && whole.peak < 0x1p30) {
        const auto list = tensors_of<float>(net);
        begin = processor_seconds();
        graph::contraction<float> c(net, list);
        const double planning = processor_seconds() - begin;
        c.value();
        std::vector<double> times;
        for (const double end = processor_seconds() + 0.5; times.size() < 3 || begin < end;) {
            begin = processor_seconds();
            benchmark::DoNotOptimize(c.value().data());
            times.push_back(processor_seconds() - begin);
        }
        line["run"] = {{"seconds", bench::median(times)},
                       {"planning_seconds", planning},
                       {"multiplications", std::log10(c.plan().multiplications())},
                       {"bytes", c.peak_bytes()},
                       {"ssa_path", c.order().tree.ssa()}};
    }
    std::cout << line.dump() << std::endl;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2 || argv[1][0] == '-') return bench::run_on_one_thread(argc, argv);
    examples::use_best_blas_kernels(argc, argv);
    const xtn::blas_threads one(1);
    for (int i = 1; i < argc; ++i) report(argv[i]);
}
