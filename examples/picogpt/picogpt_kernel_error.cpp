// SPDX-License-Identifier: BSD-3-Clause
// How well m features approximate the kernel of softmax attention (DiJiang, arXiv 2403.19928, section 3): the mean of
// |phi(q) . phi(k) / e^(q . k / sqrt(d)) - 1| for positive random features with directions of every law (xtn/nn/directions.hpp),
// over pairs of Gaussian vectors, and of queries with keys that a trained PicoGPT makes of text.
#include <algorithm>
#include <cmath>
#include <iostream>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/blas_kernels.hpp"
#include "common/data.hpp"
#include "common/options.hpp"
#include "common/run_record.hpp"
#include "common/table.hpp"
#include "core/weights.hpp"

namespace {

using matrix = xt::xtensor<double, 2>;

/// Rows x_i and y_i, times d^(-1/4).
struct row_pairs {
    matrix x, y;
};

row_pairs gaussian_pairs(std::size_t count, std::size_t dim, xtn::random_stream& random) {
    row_pairs p{matrix({count, dim}), matrix({count, dim})};
    for (matrix* m : {&p.x, &p.y})
        random.fill_normal(std::span<double>(m->data(), m->size()), std::pow(static_cast<double>(dim), -0.25));
    return p;
}

/// Queries with keys that they see, of all layers and heads, from windows of a text.
row_pairs trained_pairs(const picogpt::model<float>& m, std::span<const picogpt::token> text, std::size_t count,
                        xtn::random_stream& random) {
    const std::size_t time = m.context();
    std::vector<double> x, y;
    std::size_t dim = 0;
    xtn::tape<float> t;
    const xtn::no_gradient<float> values_only(t);
    while (x.size() < count * std::max<std::size_t>(dim, 1)) {
        t.clear();
        auto rows = m.input()(t, text.subspan(random.uniform_index(text.size() - time), time), time);
        for (const auto& block : m.body().blocks())
            for (const auto& branch : block) {
                if (const auto* attention = branch.attention()) {
                    const auto [q, k, v] = attention->queries_keys_values(branch.read(rows));
                    dim = q.shape()[1] / attention->spec().heads;
                    const double scale = std::pow(static_cast<double>(dim), -0.25);
                    for (std::size_t h = 0; h < attention->spec().heads; ++h) {
                        const std::size_t query = random.uniform_index(time), key = random.uniform_index(query + 1);
                        for (std::size_t i = 0; i < dim; ++i) {
                            x.push_back(scale * static_cast<double>(q.data()[query * q.shape()[1] + h * dim + i]));
                            y.push_back(scale * static_cast<double>(k.data()[key * k.shape()[1] + h * dim + i]));
                        }
                    }
                }
                rows = branch(rows, time);
            }
    }
    row_pairs p{matrix({count, dim}), matrix({count, dim})};
    std::copy_n(x.begin(), p.x.size(), p.x.begin());
    std::copy_n(y.begin(), p.y.size(), p.y.begin());
    return p;
}

/// The mean relative error of (1 / m) sum_i e^(w_i . (x + y) - |x|^2 / 2 - |y|^2 / 2).
double error_of(const row_pairs& p, const matrix& w) {
    const std::size_t count = p.x.shape(0), dim = p.x.shape(1), m = w.shape(0);
    const matrix sums = p.x + p.y, exponents = xtn::einsum<"pd,md->pm">(sums, w);
    double total = 0;
    for (std::size_t i = 0; i < count; ++i) {
        double squares = 0;  // |x + y|^2 / 2 is what the mean has to cancel
        for (std::size_t j = 0; j < dim; ++j) squares += sums(i, j) * sums(i, j);
        double mean = 0;
        for (std::size_t f = 0; f < m; ++f) mean += std::exp(exponents(i, f) - squares / 2) / static_cast<double>(m);
        total += std::abs(mean - 1);
    }
    return total / static_cast<double>(count);
}

}  // namespace

int main(int argc, char** argv) {
    examples::use_best_blas_kernels(argc, argv);
    examples::program app("Error of random features of the softmax kernel against their number.",
                          "picogpt_kernel_error");
    std::string weights;
    std::vector<std::size_t> features{8, 16, 32, 64, 128, 256, 512};
    std::size_t pairs = 2000, draws = 64;
    std::uint64_t seed = 1;
    std::optional<std::string> data;
    std::filesystem::path out = "results/picogpt_kernel_error";
    app.add_option("--weights", weights, "safetensors file of a PicoGPT [Gaussian vectors alone]");
    app.add_option("--data", data, "text for its queries and keys");
    app.add_option("--features", features, "numbers of features")->check(CLI::PositiveNumber);
    app.add_option("--pairs", pairs, "of vectors")->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--draws", draws, "of directions, whose errors are averaged")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--seed", seed, "of pairs and directions")->capture_default_str();
    app.add_option("--out", out, "directory for results")->capture_default_str();
    return app.run(argc, argv, [&] {
        xtn::random_stream random(seed);
        std::vector<std::pair<std::string, row_pairs>> sources{{"gaussian", gaussian_pairs(pairs, 32, random)}};
        if (!weights.empty()) {
            examples::corpus_options where;
            if (data) where.data = *data;
            const examples::corpus_source source = examples::find_corpus(where);
            sources.emplace_back("trained", trained_pairs(picogpt::load_model(xtn::load_safetensors(weights)),
                                                          source.corpus.validation(), pairs, random));
        }
        examples::run_record record(
            "picogpt_kernel_error",
            {{"pairs", pairs}, {"draws", draws}, {"weights", std::filesystem::path(weights).filename().string()}},
            seed);
        std::vector<std::string> columns{"vectors", "directions"};
        for (const std::size_t m : features) columns.push_back(std::to_string(m));
        examples::table errors(columns);
        for (const auto& [name, p] : sources)
            for (std::size_t k = 0; k < xtn::nn::direction_names.size(); ++k) {
                std::vector<examples::cell> row{name, std::string(xtn::nn::direction_names[k])};
                for (const std::size_t m : features) {
                    double error = 0;
                    for (std::size_t d = 0; d < draws; ++d)
                        error += error_of(p, xtn::nn::draw_directions(static_cast<xtn::nn::directions>(k), m,
                                                                      p.x.shape(1), seed + d)) /
                                 static_cast<double>(draws);
                    row.push_back({error, 3});
                    record.measure(name + " " + std::string(xtn::nn::direction_names[k]), m, error);
                }
                errors.add_row(row);
            }
        examples::make_directory(out);
        record.save(out / "kernel_error.json");
        std::cout << "mean relative error of the kernel, by the number of features\n\n" << errors.markdown();
    });
}
