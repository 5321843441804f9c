// SPDX-License-Identifier: BSD-3-Clause
// One differentiated layer y = x W^T of every kind of operator, n x n, against the dense one: forward on a tape, then
// the gradients of x and of the parameters. The dense products (y = x W^T; dx = dy W, dW = dy^T x) are calls of the BLAS
// that take turns with the operator in the same run; with one row they are matrix-vector products.
//
// Times are medians; counters: `forward`, `backward` and `both`, the speed-up over the dense products; `dense_us`, the
// time of these; `parameters`; `flop_ratio`, the forward plan's flops over the dense ones. docs/pages derives
// the batches for which an operator wins.
#include <benchmark/benchmark.h>

#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <xtn/xtn.hpp>

#include "timing.hpp"

namespace {

using op = xtn::any_operator<float>;
using sizes = std::vector<std::size_t>;

struct family {
    std::string name;
    std::int64_t largest;                 ///< n; those with a table of places or n x n bases take too long beyond
    std::function<op(std::size_t)> make;  ///< by n
};

sizes two_sites(std::size_t n) {
    return n == 128 ? sizes{8, 16} : n == 512 ? sizes{16, 32} : n == 2048 ? sizes{32, 64} : sizes{64, 128};
}
sizes three_sites(std::size_t n) {
    return n == 128 ? sizes{4, 8, 4} : n == 512 ? sizes{8, 8, 8} : n == 2048 ? sizes{16, 8, 16} : sizes{16, 32, 16};
}

op mpo_of_bond(std::size_t n, std::size_t bond) {
    std::vector<xtn::parameter<float>> cores;
    const sizes sites = three_sites(n);
    for (std::size_t k = 0; k < sites.size(); ++k)
        cores.emplace_back(sizes{k == 0 ? 1 : bond, sites[k], sites[k], k + 1 == sites.size() ? 1 : bond});
    return xtn::mpo<float>(cores);
}
op eight_blocks(std::size_t n) {
    std::vector<op> blocks;
    for (int k = 0; k < 8; ++k) blocks.push_back(xtn::dense<float>(n / 8, n / 8));
    return xtn::block_diagonal(blocks);
}
op spectral_on(std::size_t n, const xtn::support& where) { return xtn::spectral<float>(n, n, where); }

std::vector<family> families() {
    using namespace xtn;
    const auto share = coefficients::fraction(0.05);
    return {
        {"mpo_bond_4", 8192, [](std::size_t n) { return mpo_of_bond(n, 4); }},
        {"mpo_bond_16", 8192, [](std::size_t n) { return mpo_of_bond(n, 16); }},
        {"low_rank_of_a_16th", 8192, [](std::size_t n) -> op { return low_rank<float>(n, n, n / 16); }},
        {"kronecker", 8192, [](std::size_t n) -> op { return kronecker<float>(two_sites(n), two_sites(n)); }},
        {"tucker_rank_16", 8192, [](std::size_t n) -> op { return tucker<float>(two_sites(n), two_sites(n), 16); }},
        {"gram_of_a_16th", 8192, [](std::size_t n) -> op { return gram<float>(n, n / 16); }},
        {"eight_blocks", 8192, eight_blocks},
        {"symmetric", 2048, [](std::size_t n) -> op { return symmetric<float>(n); }},
        {"spectral_zigzag_5_percent", 2048, [=](std::size_t n) { return spectral_on(n, support::zigzag(share)); }},
        {"spectral_rectangle_5_percent", 2048,
         [=](std::size_t n) { return spectral_on(n, support::rectangle(share)); }},
    };
}

/// The dense products, on memory of their own.
class dense_layer {
public:
    dense_layer(std::size_t rows, std::size_t n)
        : rows_(signed_(rows)),
          n_(signed_(n)),
          x_(rows * n, 0.5f),
          w_(n * n, 0.5f),
          y_(rows * n),
          dx_(rows * n),
          dw_(n * n) {}

    void forward() { multiply(false, true, rows_, n_, n_, x_, w_, y_); }
    void backward() {
        multiply(false, false, rows_, n_, n_, y_, w_, dx_);
        multiply(true, false, n_, n_, rows_, y_, x_, dw_);
    }

private:
    static std::int64_t signed_(std::size_t n) { return static_cast<std::int64_t>(n); }
    static void multiply(bool ta, bool tb, std::int64_t m, std::int64_t n, std::int64_t k, const std::vector<float>& a,
                         const std::vector<float>& b, std::vector<float>& c) {
        xtn::backend::gemm(ta, tb, m, n, k, 1.0f, a.data(), ta ? m : k, b.data(), tb ? k : n, 0.0f, c.data(), n);
    }

    std::int64_t rows_, n_;
    std::vector<float> x_, w_, y_, dx_, dw_;
};

void layer(benchmark::State& state, const family& f) {
    const auto n = static_cast<std::size_t>(state.range(0)), rows = static_cast<std::size_t>(state.range(1));
    static std::pair<std::string, op> last{"", op(xtn::dense<float>(1, 1))};  // what is made for one batch serves all
    if (const std::string name = f.name + std::to_string(n); last.first != name) last = {name, f.make(n)};
    const op& layer = last.second;
    xtn::random_stream random(1);
    xtn::init_normal(layer, 0.02, random);
    xt::xtensor<float, 2> x(std::array<std::size_t, 2>{rows, n}), dy = x;
    random.fill_normal(std::span<float>(x.data(), x.size()), 1.0);
    random.fill_normal(std::span<float>(dy.data(), dy.size()), 1.0);

    dense_layer dense(rows, n);
    xtn::tape<float> tape;
    std::vector<double> dense_forward, dense_backward, forward, backward, both;
    const auto turn = [&] {
        dense_forward.push_back(bench::seconds_of([&] { dense.forward(); }));
        dense_backward.push_back(bench::seconds_of([&] { dense.backward(); }));
        tape.clear();
        const auto input = tape.leaf(x);
        double start = bench::seconds();
        const auto y = xtn::apply(layer, input);
        forward.push_back(bench::seconds() - start);
        tape.seed(y, dy.data());
        backward.push_back(bench::seconds_of([&] { tape.backward(); }));
        both.push_back(forward.back() + backward.back());
    };
    for (auto _ : state) {
        turn();  // plans are made and memory is taken
        for (auto* times : {&dense_forward, &dense_backward, &forward, &backward, &both}) times->clear();
        const double start = bench::seconds();
        while (both.size() < 2 || (both.size() < 500 && bench::seconds() - start < 0.2)) turn();
        state.SetIterationTime(bench::median(both));
    }
    const double dense_time = bench::median(dense_forward) + bench::median(dense_backward);
    state.counters["forward"] = bench::median(dense_forward) / bench::median(forward);
    state.counters["backward"] = bench::median(dense_backward) / bench::median(backward);
    state.counters["both"] = dense_time / bench::median(both);
    state.counters["dense_us"] = 1e6 * dense_time;
    state.counters["parameters"] = static_cast<double>(xtn::parameter_count(layer.parameters()));
    const auto all = static_cast<double>(rows) * static_cast<double>(n) * static_cast<double>(n);
    state.counters["flop_ratio"] = xtn::cost_of_apply(layer, rows).flops / (2 * all);
}

}  // namespace

int main(int argc, char** argv) {
    for (const family& f : families()) {
        auto* bench = benchmark::RegisterBenchmark(f.name.c_str(), [f](benchmark::State& s) { layer(s, f); });
        bench->ArgNames({"n", "rows"})->UseManualTime()->Unit(benchmark::kMicrosecond)->Iterations(1);
        for (const std::int64_t n : {128, 512, 2048, 8192})
            for (const std::int64_t rows : {1, 8, 64, 512, 8192})
                if (n <= f.largest && rows * n * n < (std::int64_t{1} << 36))  // two seconds for the dense products
                    bench->Args({n, rows});
    }
    return bench::run_on_one_thread(argc, argv);
}
