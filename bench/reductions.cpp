// SPDX-License-Identifier: BSD-3-Clause
// Sums, copies and element-wise products against plain loops and against xtensor, single-threaded, all in one run:
//
//     sum      over labels that the output lacks; beside it xt::sum
//     copy     the output has the labels in another order; beside it xt::transpose
//     product  of two tensors, element by element, scaled, outer
//
// `of_loop` = the best nest of plain loops / xtn: above 1 where xtn is faster. Every order of the loops is tried, innermost
// strides of 0 and 1 are known to the compiler, a sum is one running total. `of_xtensor` likewise. Medians of processor time; the
// competitors take turns.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include <xtn/xtn.hpp>

#include "problem.hpp"
#include "timing.hpp"

namespace {

using bench::median;
using bench::thread_seconds;
using nested_loops = std::vector<xtn::loop>;

/// Calls f with a stride, as a constant where it is 0 or 1.
template <class F>
void with_stride(std::int64_t stride, F&& f) {
    if (stride == 1)
        f(std::integral_constant<std::int64_t, 1>{});
    else if (stride == 0)
        f(std::integral_constant<std::int64_t, 0>{});
    else
        f(stride);
}

/// c = or += the terms along one loop: a b, or a where there is no b.
template <bool Add, bool Product>
void innermost(const xtn::loop& l, const float* a, const float* b, float* __restrict c) {
    const auto along = [&](auto sa, auto sb) {
        const auto term = [&](std::int64_t i) {
            if constexpr (Product)
                return a[i * sa] * b[i * sb];
            else
                return a[i * sa];
        };
        if (l.c == 0) {
            float sum = 0;
            for (std::int64_t i = 0; i < l.extent; ++i) sum += term(i);
            *c = Add ? *c + sum : sum;
        } else {
            with_stride(l.c, [&](auto sc) {
                for (std::int64_t i = 0; i < l.extent; ++i) c[i * sc] = Add ? c[i * sc] + term(i) : term(i);
            });
        }
    };
    with_stride(l.a, [&](auto sa) {
        if constexpr (Product)
            with_stride(l.b, [&](auto sb) { along(sa, sb); });
        else
            along(sa, 0);
    });
}

template <std::size_t Depth, bool Add, bool Product>
void nest(const xtn::loop* l, const float* a, const float* b, float* c) {
    if constexpr (Depth == 1)
        innermost<Add, Product>(*l, a, b, c);
    else
        for (std::int64_t i = 0; i < l->extent; ++i)
            nest<Depth - 1, Add, Product>(l + 1, a + i * l->a, b + i * l->b, c + i * l->c);
}

template <bool Add, bool Product>
void nest(const nested_loops& l, const float* a, const float* b, float* c) {
    switch (l.size()) {
        case 1: return nest<1, Add, Product>(l.data(), a, b, c);
        case 2: return nest<2, Add, Product>(l.data(), a, b, c);
        case 3: return nest<3, Add, Product>(l.data(), a, b, c);
        default: return nest<4, Add, Product>(l.data(), a, b, c);
    }
}

/// The problem in plain loops, outermost first.
void run_loops(bench::problem& p, const nested_loops& l) {
    const auto sums = [](const xtn::loop& x) { return x.c == 0; };
    const bool assigns = std::none_of(l.begin(), l.end() - 1, sums);  // each element is written once
    if (!assigns) std::fill(p.y.begin(), p.y.end(), 0.0f);
    const float* a = p.operands.front().data();
    const float* b = p.operands.back().data();
    if (p.net.operands == 2)
        assigns ? nest<false, true>(l, a, b, p.y.data()) : nest<true, true>(l, a, b, p.y.data());
    else
        assigns ? nest<false, false>(l, a, b, p.y.data()) : nest<true, false>(l, a, b, p.y.data());
}

/// One loop for every label.
nested_loops loops_of(const bench::problem& p) {
    nested_loops l(p.net.labels, {1, 0, 0, 0});
    for (std::size_t i = 0; i < p.net.operands; ++i)
        for (std::size_t axis = 0; axis < p.shapes[i].rank; ++axis) {
            xtn::loop& of = l[p.net.operand[i][axis]];
            of.extent = p.shapes[i].extent[axis];
            (i == 0 ? of.a : of.b) = p.shapes[i].stride[axis];
        }
    for (std::size_t axis = 0; axis < p.output.rank; ++axis) l[p.net.output[axis]].c = p.output.stride[axis];
    return l;
}

/// Seconds of one call, of so many that a clock can tell.
template <class F>
class timed {
public:
    explicit timed(F call) : call_(call) {
        call_();
        calls_ = std::clamp(static_cast<int>(3e-5 / std::max(1e-8, (*this)())), 1, 3000);
    }
    double operator()() const {
        const double start = thread_seconds();
        for (int i = 0; i < calls_; ++i) {
            call_();
            benchmark::ClobberMemory();
        }
        return (thread_seconds() - start) / calls_;
    }

private:
    F call_;
    int calls_ = 1;
};

/// The fastest order of the loops, by a short trial of each.
nested_loops best_order(bench::problem& p) {
    nested_loops l = loops_of(p), best;
    std::vector<std::size_t> order(l.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    double least = 1e9;
    do {
        nested_loops tried;
        for (const std::size_t i : order) tried.push_back(l[i]);
        const timed trial([&] { run_loops(p, tried); });
        const double seconds = std::min({trial(), trial(), trial()});
        if (seconds < least) {
            least = seconds;
            best = tried;
        }
    } while (std::next_permutation(order.begin(), order.end()));
    return best;
}

/// What xtensor says for it: sums and copies alone.
void run_xtensor(bench::problem& p) {
    const xtn::axes &from = p.net.operand[0], &to = p.net.output;
    const auto axis_of = [&](xtn::label wanted) {
        std::size_t axis = 0;
        while (from[axis] != wanted) ++axis;
        return axis;
    };
    std::vector<std::size_t> axes;
    if (to.rank() == from.rank()) {
        for (std::size_t i = 0; i < to.rank(); ++i) axes.push_back(axis_of(to[i]));
        xt::noalias(p.y) = xt::transpose(p.operands[0], axes);
    } else {
        for (std::size_t i = 0; i < from.rank(); ++i)
            if (!xtn::contains(to.set(), from[i])) axes.push_back(i);
        p.y = xt::sum(p.operands[0], axes, xt::evaluation_strategy::immediate);
    }
}

void against_loops(benchmark::State& state, bench::problem p) {
    xtn::plan_cache cache;
    const nested_loops best = best_order(p);
    const timed by_loops([&] { run_loops(p, best); });
    const timed by_xtn([&] { p.run(nullptr, cache); });
    const timed by_xtensor([&] {
        if (p.net.operands == 1) run_xtensor(p);
    });
    std::vector<double> loops, xtn, xtensor;
    for (auto _ : state) {
        loops.push_back(by_loops());
        xtn.push_back(by_xtn());
        xtensor.push_back(by_xtensor());
        state.SetIterationTime(xtn.back());
    }
    state.counters["of_loop"] = median(loops) / median(xtn);
    if (p.net.operands == 1) state.counters["of_xtensor"] = median(xtensor) / median(xtn);
}

/// A benchmark: labels, and the extent of every label in the order of their first use.
void add(const std::string& family, const std::string& labels, const std::vector<std::size_t>& extents) {
    const xtn::network net = xtn::make_network(labels);
    std::vector<std::vector<std::size_t>> shapes(net.operands);
    for (std::size_t i = 0; i < net.operands; ++i)
        for (std::size_t axis = 0; axis < net.operand[i].rank(); ++axis)
            shapes[i].push_back(extents[net.operand[i][axis]]);
    std::string name = family + "/" + labels + "/";
    for (const std::size_t e : extents) {
        if (name.back() != '/') name += 'x';
        name += std::to_string(e);
    }
    benchmark::RegisterBenchmark(name.c_str(),
                                 [=](benchmark::State& s) {
                                     against_loops(s, {labels, shapes});
                                 })
        ->UseManualTime()
        ->Iterations(25)
        ->Unit(benchmark::kMicrosecond);
}

}  // namespace

int main(int argc, char** argv) {
    using extents = std::vector<std::size_t>;
    const std::size_t million = 1 << 20;
    for (const extents& e : {extents{64}, {4096}, {million}}) add("sum", "a->", e);
    for (const char* labels : {"ab->b", "ab->a", "ab->"})
        for (const extents& e : {extents{4, 4}, {16, 1000}, {1000, 16}, {256, 256}, {1024, 1024}})
            add("sum", labels, e);
    for (const char* labels : {"abc->bc", "abc->ac", "abc->ab", "abc->a", "abc->b", "abc->c"})
        for (const extents& e : {extents{64, 64, 64}, {512, 512, 3}}) add("sum", labels, e);
    for (const char* labels :
         {"abcd->bcd", "abcd->acd", "abcd->abd", "abcd->abc", "abcd->ac", "abcd->bd", "abcd->ad", "abcd->bc"})
        for (const extents& e : {extents{8, 8, 8, 8}, {16, 16, 16, 16}, {32, 32, 32, 32}}) add("sum", labels, e);

    for (const extents& e : {extents{64}, {million}}) add("copy", "a->a", e);
    for (const extents& e : {extents{4, 4}, {16, 16}, {16, 1000}, {1000, 16}, {256, 256}, {1024, 1024}})
        add("copy", "ab->ba", e);
    for (const char* labels : {"abc->acb", "abc->bac", "abc->bca", "abc->cab", "abc->cba"})
        for (const extents& e : {extents{64, 64, 64}, {512, 512, 3}, {3, 512, 512}}) add("copy", labels, e);
    for (const char* labels : {"abcd->dcba", "abcd->acbd", "abcd->cdab", "abcd->badc"})
        for (const extents& e : {extents{4, 4, 4, 4}, {16, 16, 16, 16}, {32, 32, 32, 32}}) add("copy", labels, e);

    for (const char* labels : {"ab,ab->ab", "ab,ba->ab", "ab,a->ab", "ab,b->ab", "ab,a->ba", "ab,b->ba"})
        for (const extents& e : {extents{16, 16}, {256, 256}, {1024, 1024}}) add("product", labels, e);
    for (const char* labels : {"a,b->ab", "a,b->ba"})
        for (const extents& e : {extents{16, 16}, {256, 256}, {1024, 1024}}) add("product", labels, e);
    for (const char* labels : {"abc,b->abc", "abc,abc->cab", "abc,cba->abc"})
        for (const extents& e : {extents{64, 64, 64}}) add("product", labels, e);
    for (const char* labels : {"abcd,bd->abcd", "abcd,abcd->ac"})
        for (const extents& e : {extents{16, 16, 16, 16}}) add("product", labels, e);
    return bench::run_on_one_thread(argc, argv);
}
