// SPDX-License-Identifier: BSD-3-Clause
// Second moments of what a transformer computes over calibration text, summed in double: of the stream where each norm
// reads it, of the normalised rows, and of the neurons of each feed-forward layer.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <xtn/backend/simd.hpp>
#include <xtn/expr/assign.hpp>
#include <xtn/expr/einsum.hpp>
#include <xtn/nn/cross_entropy.hpp>
#include <xtn/nn/transformer/transformer.hpp>

namespace xtn::nn {

/// What calibration text says of a model, site by site: of each branch, first to last, and of the output.
struct stream_moments {
    std::vector<xt::xtensor<double, 2>> stream;  ///< sum of x x^T (width x width)
    std::vector<xt::xtensor<double, 2>>
        sensitive;                             ///< sum of |dL/dx|^2 x x^T: rows count as much as the loss minds them
    std::vector<xt::xtensor<double, 2>> read;  ///< sum of n n^T, n the normalised row with a 1 behind it
    std::vector<xt::xtensor<double, 2>>
        neurons;  ///< sum of h h^T, h the neurons with a 1 behind them; empty where the branch has none

    /// The sum of these, as they are (TCSP).
    static xt::xtensor<double, 2> stacked(const std::vector<xt::xtensor<double, 2>>& sites) {
        return divided_sum(sites, [](const auto&) { return 1.0; });
    }
    /// The sum of these, each divided by its trace, so that each site counts alike.
    static xt::xtensor<double, 2> balanced(const std::vector<xt::xtensor<double, 2>>& sites) {
        return divided_sum(sites, [](const auto& site) {
            double trace = 0;
            for (std::size_t i = 0; i < site.shape(0); ++i) trace += site(i, i);
            return trace;
        });
    }

private:
    /// Sites whose divisor is 0 are left out.
    template <class Divisor>
    static xt::xtensor<double, 2> divided_sum(const std::vector<xt::xtensor<double, 2>>& sites, Divisor divisor) {
        xt::xtensor<double, 2> all = xt::zeros_like(sites.at(0));
        for (const auto& site : sites)
            if (const double by = divisor(site); by > 0)
                std::transform(all.begin(), all.end(), site.begin(), all.begin(),
                               [by](double sum, double x) { return sum + x / by; });
        return all;
    }
};

namespace detail {

/// sum += X^T X for rows x (rows x width), each times weight(row) and with `behind` ones behind it.
template <scalar T, class Weight>
void add_moment(std::vector<xt::xtensor<double, 2>>& sums, std::size_t site, const variable<T, 2>& x,
                std::size_t behind, Weight weight) {
    const auto [rows, width] = x.shape();
    xt::xtensor<double, 2> wide = xt::ones<double>({rows, width + behind});
    for (std::size_t r = 0; r < rows; ++r) {
        const double w = weight(r);
        for (std::size_t i = 0; i < width; ++i) wide(r, i) = w * static_cast<double>(x.data()[r * width + i]);
    }
    sums.resize(std::max(sums.size(), site + 1));
    if (sums[site].size() == 0) sums[site] = xt::zeros<double>({width + behind, width + behind});
    xtn::accumulate(sums[site], einsum<"ri,rj->ij">(wide, wide));
}

}  // namespace detail

/// Moments over the first `windows` consecutive windows of `time` tokens, which predict their next ones. Throws shape_error for
/// no window and for a text that is too short, numeric_error where the stream is not finite.
template <scalar T, std::integral Index>
stream_moments moments_of(const transformer<T>& m, std::span<const Index> text, std::size_t time, std::size_t windows) {
    if (windows == 0 || time == 0 || text.size() < windows * time + 1)
        throw shape_error("moments_of: " + std::to_string(windows) + " windows of " + std::to_string(time) +
                          " tokens take " + std::to_string(windows * time + 1) +
                          " tokens, but the calibration text has " + std::to_string(text.size()));
    stream_moments all;
    const auto alike = [](std::size_t) { return 1.0; };
    tape<T> t;
    for (std::size_t w = 0; w < windows; ++w) {
        t.clear();
        std::vector<variable<T, 2>> stream;
        const auto read = [&](const variable<T, 2>& x, const variable<T, 2>& normed) {
            const std::size_t site = stream.size();
            if (!backend::all_finite(x.size(), x.data()))
                throw numeric_error("moments_of: the stream is not finite at site " + std::to_string(site));
            stream.push_back(x);
            detail::add_moment(all.read, site, normed, 1, alike);
        };
        variable<T, 2> x = m.input()(t, text.subspan(w * time, time), time);
        for (const block<T>& one : m.body().blocks())
            for (const branch<T>& b : one) {
                const variable<T, 2> normed = b.norm(x);
                read(x, normed);
                if (b.ffn() != nullptr)
                    detail::add_moment(all.neurons, stream.size() - 1, b.ffn()->hidden(normed), 1, alike);
                x = b(x, time);
            }
        read(x, m.output().norm()(x));
        all.neurons.resize(stream.size());
        t.backward(cross_entropy(m.output()(x, time), text.subspan(w * time + 1, time)).mean);
        for (std::size_t s = 0; s < stream.size(); ++s) {
            const std::size_t width = stream[s].shape()[1];
            const T* const slope = t.gradient_of(stream[s].node());
            detail::add_moment(all.stream, s, stream[s], 0, alike);
            detail::add_moment(all.sensitive, s, stream[s], 0, [&](std::size_t r) {
                double squares = 0;
                for (std::size_t i = r * width; i < (r + 1) * width; ++i)
                    squares += static_cast<double>(slope[i]) * static_cast<double>(slope[i]);
                return std::sqrt(squares);
            });
        }
    }
    return all;
}

}  // namespace xtn::nn
