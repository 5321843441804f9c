// SPDX-License-Identifier: BSD-3-Clause
// Measures the constants of xtn::cost_model on this machine, one thread, float: the matrix product over a grid of extents
// (fitted in the logarithm of the time, so that small products count as much as large ones), permuting copies,
// element-wise products of operands in several layouts, and streaming from memory. Prints them as code, with the error of the fit.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include <xtn/backend/gemm_bfloat16.hpp>
#include <xtn/backend/strided.hpp>
#include <xtn/plan/cost.hpp>

#include "timing.hpp"

namespace {

/// Seconds of one call: the least of several blocks of calls.
template <class F>
double seconds_of_call(F&& call) {
    call();
    const int calls = std::clamp(static_cast<int>(2e-5 / std::max(1e-8, bench::seconds_of(call))), 1, 2000);
    double least = 1;
    for (int block = 0; block < 7; ++block)
        least = std::min(least, bench::seconds_of([&] {
                                    for (int i = 0; i < calls; ++i) call();
                                }) / calls);
    return least;
}

struct sample {
    double m, n, k, seconds;
};

double error_of(const xtn::cost_model& model, const std::vector<sample>& samples) {
    double sum = 0;
    for (const sample& s : samples) sum += std::pow(std::log(model.gemm(s.m, s.n, s.k) / s.seconds), 2);
    return std::sqrt(sum / static_cast<double>(samples.size()));
}

xtn::cost_model fitted(xtn::cost_model model, const std::vector<sample>& samples) {
    double xtn::cost_model::*const parameters[] = {&xtn::cost_model::call, &xtn::cost_model::flop_rate,
                                                   &xtn::cost_model::half_mn, &xtn::cost_model::half_k};
    for (double stride = 1.5; stride > 1.002; stride = std::sqrt(stride))
        for (int sweep = 0; sweep < 40; ++sweep)
            for (const auto p : parameters)
                for (const double factor : {stride, 1 / stride}) {
                    xtn::cost_model moved = model;
                    moved.*p *= factor;
                    if (error_of(moved, samples) < error_of(model, samples)) model = moved;
                }
    return model;
}

/// How many times faster than floats factors of bfloat16 are multiplied, in the geometric mean of products as a training step has.
double bfloat16_gain(const float* memory) {
    std::vector<xtn::bfloat16> a(1 << 18), b(1 << 18);
    xtn::round_to(a.size(), memory, a.data());
    xtn::round_to(b.size(), memory, b.data());
    std::vector<float> c(1 << 18);
    double logarithms = 0;
    int products = 0;
    for (const std::int64_t n : {128, 256, 512})
        for (const std::int64_t k : {128, 256, 512}) {
            const auto seconds = [&](const auto* x, const auto* y) {
                return seconds_of_call(
                    [&] { xtn::backend::gemm(false, true, 256, n, k, 1.0f, x, k, y, k, 0.0f, c.data(), n); });
            };
            logarithms += std::log(seconds(memory, memory) / seconds(a.data(), b.data()));
            ++products;
        }
    return std::exp(logarithms / products);
}

}  // namespace

int main(int argc, char** argv) {
    examples::use_best_blas_kernels(argc, argv);
    const xtn::blas_threads one(1);
    std::vector<float> memory(std::size_t{3} << 20, 1.0f);

    std::vector<sample> samples;
    for (const std::int64_t m : {4, 8, 16, 32, 64, 256, 1024})
        for (const std::int64_t n : {4, 8, 16, 32, 64, 256, 1024})
            for (const std::int64_t k : {4, 8, 16, 32, 64, 256}) {
                float *a = memory.data(), *b = a + m * k, *c = b + k * n;
                for (const bool transpose : {false, true})
                    samples.push_back(
                        {static_cast<double>(m), static_cast<double>(n), static_cast<double>(k), seconds_of_call([&] {
                             xtn::backend::gemm(false, transpose, m, n, k, 1.0f, a, k, b, transpose ? k : n, 0.0f, c,
                                                n);
                         })});
            }
    xtn::cost_model model = fitted({}, samples);
    if (xtn::has_bfloat16_products()) model.bfloat16_rate = model.flop_rate * bfloat16_gain(memory.data());

    double copied = 0, copy_time = 0;
    for (const std::int64_t e : {4, 8, 16, 32})
        for (const std::int64_t f : {8, 32, 64}) {  // (e, f, 16) -> (f, e, 16) and (f, 16, e)
            const std::vector<xtn::loop> blocks{{e, f * 16, 0, 16}, {f, 16, 0, e * 16}, {16, 1, 0, 1}};
            const std::vector<xtn::loop> transposed{{e, f * 16, 0, 1}, {f * 16, 1, 0, e}};
            for (const auto* loops : {&blocks, &transposed}) {
                copied += 2.0 * 4 * static_cast<double>(e * f * 16);
                copy_time += seconds_of_call([&] {
                    xtn::backend::transfer(xtn::backend::loops(*loops), 0, memory.data(), memory.data() + (1 << 20),
                                           false);
                });
            }
        }
    model.copy_bandwidth = copied / copy_time;

    double multiplied = 0, product_time = 0;
    for (const std::int64_t e : {16, 64}) {  // element by element, rows scaled, one operand transposed
        const std::vector<xtn::loop> plain{{e * e, 1, 1, 1}}, scaled{{e, e, 1, e}, {e, 1, 0, 1}},
            transposed{{e, e, 1, e}, {e, 1, e, 1}};
        for (const auto* loops : {&plain, &scaled, &transposed}) {
            multiplied += 2 * static_cast<double>(e * e);
            product_time += seconds_of_call([&] {
                xtn::backend::product(xtn::backend::loops(*loops), 0, memory.data(), memory.data() + e * e,
                                      memory.data() + 2 * e * e, false);
            });
        }
    }
    model.product_rate = multiplied / product_time;

    std::vector<float> large(std::size_t{32} << 20, 1.0f);
    const std::vector<xtn::loop> stream{{static_cast<std::int64_t>(large.size() / 2), 1, 0, 1}};
    model.bandwidth = 4.0 * static_cast<double>(large.size()) / seconds_of_call([&] {
                          xtn::backend::transfer(xtn::backend::loops(stream), 0, large.data(),
                                                 large.data() + large.size() / 2, false);
                      });

    std::printf("kernels %s\n", xtn::blas_core_name().c_str());
    std::printf("flop_rate = %.3g, half_mn = %.3g, half_k = %.3g, call = %.3g\n", model.flop_rate, model.half_mn,
                model.half_k, model.call);
    if (xtn::has_bfloat16_products()) std::printf("bfloat16_rate = %.3g\n", model.bfloat16_rate);
    std::printf("product_rate = %.3g, bandwidth = %.3g, copy_bandwidth = %.3g\n", model.product_rate, model.bandwidth,
                model.copy_bandwidth);
    std::printf("matrix products within a factor of %.2f (root mean square; the library's constants: %.2f)\n",
                std::exp(error_of(model, samples)), std::exp(error_of({}, samples)));
}
