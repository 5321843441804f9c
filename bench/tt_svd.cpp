// SPDX-License-Identifier: BSD-3-Clause
// TT-SVD of an n x n float matrix, randomised (the time) against exact, by bond. Two kinds of matrix: normal entries,
// whose flat spectrum is the worst case of a sketch, and a chain of half the bond with noise of a tenth of its norm.
// Counters: `exact_ms`, the time with exact singular vectors; `speed_up`; both relative errors.
#include <benchmark/benchmark.h>

#include <cmath>
#include <span>
#include <string>
#include <vector>

#include <xtn/xtn.hpp>

#include "timing.hpp"

namespace {

std::vector<std::size_t> sites_of(std::size_t n) {
    return n == 256    ? std::vector<std::size_t>{4, 4, 4, 4}
           : n == 1024 ? std::vector<std::size_t>{4, 8, 8, 4}
                       : std::vector<std::size_t>{8, 8, 8, 8};
}

xt::xtensor<float, 2> normal_matrix(std::size_t n, double norm, xtn::random_stream& random) {
    xt::xtensor<float, 2> w(std::array<std::size_t, 2>{n, n});
    random.fill_normal(std::span<float>(w.data(), w.size()), norm / static_cast<double>(n));
    return w;
}

void decompose(benchmark::State& state, const xt::xtensor<float, 2>& w, std::size_t bond) {
    const std::vector<std::size_t> sites = sites_of(w.shape(0));
    const xtn::tt::truncation limit{.max_bond = bond};
    double exact_error = 0, error = 0;
    const double exact =
        bench::seconds_of([&] { exact_error = xtn::tt::tt_svd(w, sites, sites, limit).relative_error; });
    std::vector<double> randomised;
    for (auto _ : state) {
        randomised.push_back(bench::seconds_of(
            [&] { error = xtn::tt::tt_svd(w, sites, sites, limit, xtn::tt::sketch{}).relative_error; }));
        state.SetIterationTime(randomised.back());
    }
    state.counters["exact_ms"] = 1e3 * exact;
    state.counters["speed_up"] = exact / bench::median(randomised);
    state.counters["exact_error"] = exact_error;
    state.counters["error"] = error;
}

void normal_entries(benchmark::State& state) {
    xtn::random_stream random(1);
    decompose(state, normal_matrix(static_cast<std::size_t>(state.range(0)), 1, random),
              static_cast<std::size_t>(state.range(1)));
}

void chain_with_noise(benchmark::State& state) {
    const auto n = static_cast<std::size_t>(state.range(0)), bond = static_cast<std::size_t>(state.range(1));
    xtn::random_stream random(2);
    xt::xtensor<float, 2> w = normal_matrix(n, 0.1, random);
    w += xtn::tt::random_mpo<float>(sites_of(n), sites_of(n), bond / 2, random).to_dense();
    decompose(state, w, bond);
}

void arguments(benchmark::internal::Benchmark* b) {
    b->ArgNames({"n", "bond"})->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(5);
    for (const int n : {256, 1024, 4096})
        for (const int bond : {16, 64}) b->Args({n, bond});
}
BENCHMARK(normal_entries)->Apply(arguments);
BENCHMARK(chain_with_noise)->Apply(arguments);

}  // namespace

int main(int argc, char** argv) { return bench::run_on_one_thread(argc, argv); }
