// SPDX-License-Identifier: BSD-3-Clause
// Contractions against what bounds them, single-threaded, all in one run:
//
//     own_trees   the planner's order against every other order of the same network; `of_fastest` = fastest / chosen
//     chain       an MPO chain against cblas_sgemm on the shapes of its own steps; `of_gemm` = products alone / evaluation
//     overhead    a cached evaluation of a tiny chain beyond its products, in nanoseconds
//     small       the plain loops that replace the BLAS for tiny products; `of_blas` = the BLAS / the loops
//
// Medians; the competitors of a comparison take turns in every iteration.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <xtn/xtn.hpp>

#include "problem.hpp"
#include "timing.hpp"

namespace {

using bench::median;
using bench::problem;
using bench::seconds_of;

/// Every way to contract n tensors in pairs.
void every_tree(std::vector<std::size_t> alive, xtn::contraction_tree tree, std::size_t n,
                std::vector<xtn::contraction_tree>& found) {
    if (alive.size() == 1) return found.push_back(tree);
    for (std::size_t i = 0; i < alive.size(); ++i)
        for (std::size_t j = i + 1; j < alive.size(); ++j) {
            // each tree once: a step that does not use the one before it has a larger first tensor
            const std::size_t made = n + tree.steps;
            const bool uses_last = tree.steps > 0 && (alive[i] == made - 1 || alive[j] == made - 1);
            if (tree.steps > 0 && !uses_last && alive[i] < tree.left[tree.steps - 1u]) continue;
            std::vector<std::size_t> rest;
            for (std::size_t k = 0; k < alive.size(); ++k)
                if (k != i && k != j) rest.push_back(alive[k]);
            rest.push_back(made);
            xtn::contraction_tree next = tree;
            next.add(alive[i], alive[j]);
            every_tree(rest, next, n, found);
        }
}

std::string text(const xtn::contraction_tree& tree, std::size_t operands) {
    std::string s;
    for (const auto& pair : xtn::make_path(tree, operands))
        s += "(" + std::to_string(pair[0]) + "," + std::to_string(pair[1]) + ")";
    return s;
}

problem layer(std::int64_t kind, std::size_t rows) {
    switch (kind) {
        case 0: return {"bi,oi->bo", {{rows, 512}, {512, 512}}};
        case 1: return {"bi,ri,or->bo", {{rows, 1024}, {32, 1024}, {1024, 32}}};
        case 2: return {"bij,oir,rpj->bop", {{rows, 8, 16}, {8, 8, 16}, {16, 16, 16}}};
        case 3: return {"bijk,oir,rpjs,sqk->bopq", {{rows, 4, 4, 8}, {8, 4, 16}, {16, 8, 4, 16}, {16, 8, 8}}};
        case 4: return {"bijk,oir,rpjs,sqk->bopq", {{rows, 8, 16, 16}, {8, 8, 4}, {4, 16, 16, 4}, {4, 16, 16}}};
        default:
            return {"bijkl,oir,rpjs,sqkt,tul->bopqu",
                    {{rows, 8, 8, 8, 8}, {8, 8, 4}, {4, 8, 8, 4}, {4, 8, 8, 4}, {4, 8, 8}}};
    }
}

void own_trees(benchmark::State& state) {
    problem p = layer(state.range(0), static_cast<std::size_t>(state.range(1)));
    std::vector<std::size_t> alive;
    for (std::size_t i = 0; i < p.net.operands; ++i) alive.push_back(i);
    std::vector<xtn::contraction_tree> trees;
    every_tree(alive, {}, p.net.operands, trees);
    // What is predicted to take ten times as long, or takes three times as long in a first trial, stays out of the race.
    std::erase_if(trees, [&](const auto& t) { return p.plan(&t).seconds() > 10 * p.plan(nullptr).seconds(); });
    const auto trial = [&](const xtn::contraction_tree* t) {
        xtn::plan_cache cache;
        p.run(t, cache);
        double least = seconds_of([&] { p.run(t, cache); });
        for (int i = 0; i < 2; ++i) least = std::min(least, seconds_of([&] { p.run(t, cache); }));
        return least;
    };
    const double chosen = trial(nullptr);
    std::erase_if(trees, [&](const auto& t) { return trial(&t) > 3 * chosen; });
    std::vector<double> own;
    std::vector<std::vector<double>> others(trees.size());
    xtn::plan_cache own_cache;
    std::vector<xtn::plan_cache> caches(trees.size());
    for (auto _ : state) {
        own.push_back(seconds_of([&] { p.run(nullptr, own_cache); }));
        for (std::size_t i = 0; i < trees.size(); ++i)
            others[i].push_back(seconds_of([&] { p.run(&trees[i], caches[i]); }));
        state.SetIterationTime(own.back());
    }
    double fastest = median(own);
    xtn::contraction_tree winner = p.plan(nullptr).tree;
    std::string label = text(winner, p.net.operands);
    for (std::size_t i = 0; i < trees.size(); ++i)
        if (median(others[i]) < fastest) {
            fastest = median(others[i]);
            winner = trees[i];
        }
    if (fastest < 0.95 * median(own)) label += "; faster: " + text(winner, p.net.operands);
    state.SetLabel(label);
    state.counters["of_fastest"] = fastest / median(own);
    state.counters["rivals"] = static_cast<double>(trees.size());
    state.counters["of_predicted"] = median(own) / p.plan(nullptr).seconds();
}

/// The matrix products of a plan, on memory that is as warm as it gets.
double products_alone(const xtn::plan& p, std::vector<float>& memory) {
    double total = 0;
    const auto run = [&](const std::vector<xtn::step>& steps, double times) {
        for (const xtn::step& s : steps) {
            if (s.kind != xtn::kernel::gemm) continue;
            double calls = times;
            for (const xtn::loop& l : s.loops) calls *= static_cast<double>(l.extent);
            const auto m = static_cast<std::size_t>(s.m), n = static_cast<std::size_t>(s.n),
                       k = static_cast<std::size_t>(s.k);
            if (memory.size() < m * k + k * n + m * n) memory.resize(m * k + k * n + m * n, 1.0f);
            float *a = memory.data(), *b = a + m * k, *c = b + k * n;
            const auto call = [&] {
                xtn::backend::gemm(s.transpose_a, s.transpose_b, s.m, s.n, s.k, 1.0f, a, s.transpose_a ? s.m : s.k, b,
                                   s.transpose_b ? s.k : s.n, 0.0f, c, s.n);
            };
            call();
            const auto sampled = static_cast<int>(std::min(calls, 64.0));
            total += calls / sampled * seconds_of([&] {
                         for (int i = 0; i < sampled; ++i) call();
                     });
        }
    };
    run(p.before, 1);
    run(p.steps, static_cast<double>(p.tiling.tiles()));
    return total;
}

void chain(benchmark::State& state) {
    problem p = layer(state.range(0), static_cast<std::size_t>(state.range(1)));
    xtn::plan_cache cache;
    p.run(nullptr, cache);
    const xtn::plan plan = p.plan(nullptr);
    std::vector<float> memory;
    std::vector<double> whole, products;
    for (auto _ : state) {
        whole.push_back(seconds_of([&] { p.run(nullptr, cache); }));
        products.push_back(products_alone(plan, memory));
        state.SetIterationTime(whole.back());
    }
    state.counters["of_gemm"] = median(products) / median(whole);
    state.counters["GFLOP/s"] = plan.flops() / median(whole) / 1e9;
}

void overhead(benchmark::State& state) {
    const auto n = static_cast<std::size_t>(state.range(0));
    xt::xtensor<float, 2> a = xt::ones<float>({n, n}), b = a, c = a, y = a, t = a;
    const auto i = static_cast<std::int64_t>(n);
    constexpr int repeats = 1000;
    std::vector<double> evaluation, products;
    for (auto _ : state) {
        evaluation.push_back(seconds_of([&] {
            for (int r = 0; r < repeats; ++r) xtn::assign(y, xtn::einsum<"ij,jk,kl->il">(a, b, c));
        }));
        products.push_back(seconds_of([&] {
            for (int r = 0; r < repeats; ++r) {
                xtn::backend::gemm(false, false, i, i, i, 1.0f, a.data(), i, b.data(), i, 0.0f, t.data(), i);
                xtn::backend::gemm(false, false, i, i, i, 1.0f, t.data(), i, c.data(), i, 0.0f, y.data(), i);
            }
        }));
        state.SetIterationTime(evaluation.back());
    }
    state.counters["evaluation_ns"] = 1e9 * median(evaluation) / repeats;
    state.counters["beyond_gemm_ns"] = 1e9 * (median(evaluation) - median(products)) / repeats;
}

void small(benchmark::State& state) {
    const std::int64_t n = state.range(0);
    const bool transpose = state.range(1) != 0;
    const std::vector<float> a(64, 1.0f), b(64, 1.0f);
    std::vector<float> c(64);
    constexpr int repeats = 1000;
    std::vector<double> loops, blas;
    const int i = static_cast<int>(n);
    const auto op = transpose ? cxxblas::Trans : cxxblas::NoTrans;
    for (auto _ : state) {
        loops.push_back(seconds_of([&] {
            for (int r = 0; r < repeats; ++r)
                xtn::backend::small_gemm(false, transpose, n, n, n, 1.0f, a.data(), n, b.data(), n, 0.0f, c.data(), n);
        }));
        blas.push_back(seconds_of([&] {
            for (int r = 0; r < repeats; ++r)
                cxxblas::gemm(cxxblas::RowMajor, cxxblas::NoTrans, op, i, i, i, 1.0f, a.data(), i, b.data(), i, 0.0f,
                              c.data(), i);
        }));
        state.SetIterationTime(loops.back());
    }
    state.counters["loops_ns"] = 1e9 * median(loops) / repeats;
    state.counters["of_blas"] = median(blas) / median(loops);
}

void layers(benchmark::internal::Benchmark* b) {
    b->ArgNames({"layer", "rows"})->UseManualTime()->Unit(benchmark::kMicrosecond)->MinTime(0.2);
    for (int layer = 1; layer < 6; ++layer)
        for (const int rows : {1, 8, 64, 512}) b->Args({layer, rows});
}
BENCHMARK(own_trees)->Apply(layers);
BENCHMARK(chain)->Apply(layers);
BENCHMARK(overhead)->ArgName("n")->Arg(2)->Arg(8)->Arg(32)->UseManualTime()->MinTime(0.1);
BENCHMARK(small)
    ->ArgNames({"n", "transposed"})
    ->ArgsProduct({{1, 2, 3, 4, 6, 8}, {0, 1}})
    ->UseManualTime()
    ->MinTime(0.1);

}  // namespace

int main(int argc, char** argv) { return bench::run_on_one_thread(argc, argv); }
