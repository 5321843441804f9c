// SPDX-License-Identifier: BSD-3-Clause
// What the programs that train the rows of an experiment share: the options for a recipe, and the trainings one after the
// other, each with its record, then the table.
#pragma once

#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../../common/data.hpp"
#include "../../common/options.hpp"
#include "../../common/run_record.hpp"
#include "../../common/table.hpp"
#include "operators.hpp"
#include "training.hpp"

namespace picogpt {

/// What a command line may change of a recipe.
struct recipe_options {
    std::optional<double> learning_rate, weight_decay, sigma;
    std::optional<decayed> decay;
    std::uint64_t warmup = 100, evaluate_every = 250, checkpoint_every = 100;

    void add_to(CLI::App& app) {
        app.add_option("--learning-rate", learning_rate, "peak, for all models [from the recipe]")
            ->check(CLI::PositiveNumber);
        app.add_option("--weight-decay", weight_decay, "for all models [from the recipe]")
            ->check(CLI::NonNegativeNumber);
        const std::map<std::string, decayed> decays{
            {"nothing", decayed::nothing}, {"matrices", decayed::matrices}, {"everything", decayed::everything}};
        app.add_option("--decayed", decay, "what weight decay acts on [from the recipe]")
            ->transform(CLI::CheckedTransformer(decays));
        app.add_option("--sigma", sigma, "standard deviation of initial matrices [from the recipe]")
            ->check(CLI::PositiveNumber);
        app.add_option("--warmup", warmup, "steps");
        app.add_option("--evaluate-every", evaluate_every, "steps")->check(CLI::PositiveNumber);
        app.add_option("--checkpoint-every", checkpoint_every, "steps")->check(CLI::PositiveNumber);
    }

    recipe applied_to(recipe r, const examples::options& o, std::uint64_t seed) const {
        r.steps = o.steps;
        r.batch = o.batch;
        r.warmup = std::min(warmup, o.steps);
        r.seed = seed;
        r.evaluate_every = evaluate_every;
        r.checkpoint_every = checkpoint_every;
        if (learning_rate) r.learning_rate = *learning_rate;
        if (weight_decay) r.weight_decay = *weight_decay;
        if (decay) r.decay = *decay;
        if (sigma) r.start = {.sigma = *sigma};
        return r;
    }
};

/// A model to train.
struct experiment_row {
    std::string name;  ///< of its files
    representation model;
    std::string recipe_name;
    recipe how;
};

/// Something about a trained model, for its record and the table.
struct measurement {
    std::string name;  ///< words are joined by "_"
    double value;
    int decimals;
};

/// Trains the rows, each of which leaves what train() does, and prints their table. Vocabulary and data come from `o`, the
/// other extents from `shape`.
inline void run_experiment(
    const std::string& program, const examples::options& o, model_shape shape, const std::vector<experiment_row>& rows,
    const std::function<std::vector<measurement>(const model<float>&)>& measure = [](const model<float>&) {
        return std::vector<measurement>{};
    }) {
    examples::corpus_options where;
    if (o.data) where.data = *o.data;
    const examples::corpus_source source = examples::find_corpus(where);
    const xtn::text_corpus& corpus = source.corpus;
    shape.vocabulary = corpus.characters().size();
    corpus.require_window(shape.context);
    examples::make_directory(o.out);

    xtn::thread_pool pool(o.threads);
    std::vector<std::string> columns{"model", "parameters", "ratio", "val loss", "val accuracy", "tokens/s"};
    std::vector<std::vector<examples::cell>> lines;
    const std::size_t dense_parameters =  // the yardstick, whether it is trained or not
        xtn::parameter_count(make_model(shape, "dense").parameters());
    for (const experiment_row& what : rows) {
        const model<float> m = make_model(shape, what.model, what.how.start, what.how.seed);
        const std::size_t parameters = xtn::parameter_count(m.parameters());
        std::cout << "\n" << what.name << ": " << examples::grouped(std::to_string(parameters)) << " parameters\n";

        nlohmann::ordered_json described{{"model", what.model.name},
                                         {"data", std::filesystem::path(corpus.origin()).filename().string()},
                                         {"characters", corpus.tokens().size()},
                                         {"recipe", what.recipe_name}};
        described.update(describe(what.how));
        described["threads"] = o.threads;
        examples::run_record record(program, described, what.how.seed);
        const training_result t = train(m, corpus, what.how, pool, o.out, what.name, record, o.resume);
        lines.push_back({what.name,
                         parameters,
                         {static_cast<double>(dense_parameters) / static_cast<double>(parameters), 1},
                         t.validation.loss,
                         {100 * t.validation.accuracy, 2},
                         {t.tokens_per_second, 0}});
        for (const measurement& found : measure(m)) {
            record.set(found.name, found.value);
            lines.back().push_back({found.value, found.decimals});
            if (lines.size() > 1) continue;
            columns.push_back(found.name);
            std::replace(columns.back().begin(), columns.back().end(), '_', ' ');
        }
        record.save(o.out / (what.name + ".json"));

        xtn::random_stream random(what.how.seed);
        const auto text = xtn::nn::generate(m, corpus.validation().first(1), 300, {.temperature = 0.8}, random);
        std::cout << "\na sample of " << what.name << ":\n" << corpus.characters().decode(text) << "\n";
    }
    examples::table results(columns);
    for (auto& line : lines) results.add_row(std::move(line));
    std::cout << "\n" << results.markdown();
    if (source.entropy_floor)
        std::cout << "\nThe text was generated; no model can get below its entropy rate of "
                  << examples::fixed(*source.entropy_floor, 4) << " nats per character.\n";
    std::cout << "\nResults are in " << std::filesystem::absolute(o.out).string()
              << ": for each model the weights (.safetensors) and the record (.json).\n";
}

}  // namespace picogpt
