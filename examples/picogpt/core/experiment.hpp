// SPDX-License-Identifier: BSD-3-Clause
// What the programs that train the rows of an experiment with PicoGPTs share.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../../common/data.hpp"
#include "../../common/experiment.hpp"
#include "../../common/plan_options.hpp"
#include "operators.hpp"
#include "recipe.hpp"
#include "training.hpp"

namespace picogpt {

/// What a command line may change of a recipe.
struct recipe_options : examples::plan_options {
    std::optional<double> sigma;

    void add_to(CLI::App& app) {
        plan_options::add_to(app);
        app.add_option("--sigma", sigma, "standard deviation of initial matrices [from the recipe]")
            ->check(CLI::PositiveNumber);
    }
    recipe applied_to(recipe r, const examples::options& o, std::uint64_t seed) const {
        apply_to(r, o, seed);
        if (sigma) r.start.sigma = *sigma, r.start.published_mpo = false;
        return r;
    }
};

/// A model to train.
struct experiment_row {
    std::string name;  ///< of its files
    std::string model_name, recipe_name;
    recipe how;
    std::function<model<float>(const model_shape&)> make;

    /// Of a representation.
    static experiment_row of(std::string name, const representation& r, std::string recipe_name, const recipe& how) {
        return {std::move(name), r.name, std::move(recipe_name), how,
                [r, how](const model_shape& shape) { return make_model(shape, r, how.start, how.seed); }};
    }
};

/// What a program measures of a trained model.
using measure_model = std::function<std::vector<examples::measurement>(const model<float>&, const xtn::text_corpus&)>;

inline std::vector<examples::measurement> measure_nothing(const model<float>&, const xtn::text_corpus&) { return {}; }

/// Trains the rows, each of which leaves what train() does, and prints their table. Vocabulary and data come from `o`, the
/// other extents from `shape`. What is trained `for_choices` is scored on the last tenth of the training split.
inline void run_experiment(const std::string& program, const examples::options& o, model_shape shape,
                           const std::vector<experiment_row>& rows, const measure_model& measure = measure_nothing,
                           bool for_choices = false) {
    const examples::corpus_source source = examples::find_corpus({.data = o.data});
    const xtn::text_corpus& corpus = source.corpus;
    shape.vocabulary = corpus.characters().size();
    const split text = for_choices ? split::for_choices(corpus) : split(corpus);
    corpus.require_window(shape.context);
    xtn::thread_pool pool(o.threads);
    examples::experiment table(program, o, xtn::parameter_count(make_model(shape, "dense").parameters()), "tokens");
    for (const experiment_row& row : rows) {
        const model<float> m = row.make(shape);
        nlohmann::ordered_json described{{"model", row.model_name},
                                         {"data", std::filesystem::path(corpus.origin()).filename().string()},
                                         {"characters", corpus.tokens().size()},
                                         {"recipe", row.recipe_name}};
        recipe how = row.how;
        described.update(describe(how));
        if (how.start.by_structure) how.rate_factors = rates_by_structure(m);
        table.add(
            row.name, xtn::parameter_count(m.parameters()), described, row.how.seed,
            [&](auto& record) { return train(m, text, how, pool, o.out, row.name, record, o.resume); },
            [&] { return measure(m, corpus); });
        xtn::random_stream random(row.how.seed);
        const auto sample = xtn::nn::generate(m, corpus.validation().first(1), 300, {.temperature = 0.8}, random);
        std::cout << "\na sample of " << row.name << ":\n" << corpus.characters().decode(sample) << "\n";
    }
    table.print(source.entropy_floor ? "\nThe text was generated; no model can get below its entropy rate of " +
                                           examples::fixed(*source.entropy_floor, 4) + " nats per character.\n"
                                     : "");
}

}  // namespace picogpt
