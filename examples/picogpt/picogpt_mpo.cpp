// SPDX-License-Identifier: BSD-3-Clause
// MPO compression of every linear layer of PicoGPT (arXiv 2603.28534): trains models in any representation, under the
// paper's recipe or the tuned one, from any seeds, and prints the table of parameters, loss, accuracy and speed.
// docs/experiments/mpo.md is made from the records of these runs.
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "common/blas_kernels.hpp"
#include "common/data.hpp"
#include "common/options.hpp"
#include "common/plot.hpp"
#include "common/records.hpp"
#include "common/report.hpp"
#include "core/generation.hpp"
#include "core/operators.hpp"
#include "core/training.hpp"
#include "core/weights.hpp"

namespace {

struct settings {
    examples::options common;
    std::vector<std::string> models{"dense", "mpo-16"};
    std::vector<std::string> recipes{"tuned"};
    std::vector<std::uint64_t> seeds;
    std::optional<double> learning_rate, weight_decay, sigma;
    std::optional<picogpt::decayed> decay;
    std::uint64_t warmup = 100, evaluate_every = 250, checkpoint_every = 100;
};

/// A row of the table.
struct row {
    std::string recipe;
    picogpt::representation model;
    std::uint64_t seed;

    /// What its files are called: the model, and what differs from the tuned recipe and seed 1.
    std::string name() const {
        return model.name + (recipe == "tuned" ? "" : "-" + recipe) + (seed == 1 ? "" : "-seed" + std::to_string(seed));
    }
};

picogpt::recipe recipe_of(const settings& s, const row& what) {
    picogpt::recipe r = what.recipe == "tuned" ? picogpt::tuned_recipe(what.model) : picogpt::published_recipe();
    r.steps = s.common.steps;
    r.batch = s.common.batch;
    r.warmup = std::min(s.warmup, s.common.steps);
    r.seed = what.seed;
    r.evaluate_every = s.evaluate_every;
    r.checkpoint_every = s.checkpoint_every;
    if (s.learning_rate) r.learning_rate = *s.learning_rate;
    if (s.weight_decay) r.weight_decay = *s.weight_decay;
    if (s.decay) r.decay = *s.decay;
    if (s.sigma) r.start = {.sigma = *s.sigma};
    return r;
}

void run(const settings& s) {
    const examples::options& o = s.common;
    examples::corpus_options where;
    if (o.data) where.data = *o.data;
    const examples::corpus_source source = examples::find_corpus(where);
    const xtn::text_corpus& corpus = source.corpus;
    const picogpt::model_shape shape{.vocabulary = corpus.characters().size()};
    corpus.require_window(shape.context);
    examples::make_directory(o.out);

    std::vector<row> rows;
    for (const std::string& recipe : s.recipes)
        for (const std::uint64_t seed : s.seeds.empty() ? std::vector{o.seed} : s.seeds)
            for (const std::string& model : s.models) rows.push_back({recipe, model, seed});

    xtn::thread_pool pool(o.threads);
    examples::table results({"model", "parameters", "ratio", "val loss", "val accuracy", "tokens/s"});
    examples::plot figure{.title = "Training loss", .x = {.label = "step"}, .y = {.label = "nats per character"}};
    const std::size_t dense_parameters =  // the yardstick, whether it is trained or not
        xtn::parameter_count(picogpt::make_model(shape, "dense").parameters());
    for (const row& what : rows) {
        const picogpt::recipe recipe = recipe_of(s, what);
        const picogpt::model<float> m = picogpt::make_model(shape, what.model, recipe.start, what.seed);
        const std::size_t parameters = xtn::parameter_count(m.parameters());
        std::cout << "\n" << what.name() << ": " << examples::grouped(std::to_string(parameters)) << " parameters\n";

        nlohmann::ordered_json described{{"model", what.model.name},
                                         {"data", std::filesystem::path(corpus.origin()).filename().string()},
                                         {"characters", corpus.tokens().size()},
                                         {"recipe", what.recipe}};
        described.update(describe(recipe));
        described["threads"] = o.threads;
        examples::run_record record("picogpt_mpo", described, what.seed);
        const picogpt::training_result t =
            picogpt::train(m, corpus, recipe, pool, o.out, what.name(), record, o.resume);
        results.add_row({what.name(),
                         parameters,
                         {static_cast<double>(dense_parameters) / static_cast<double>(parameters), 1},
                         t.validation.loss,
                         {100 * t.validation.accuracy, 2},
                         {t.tokens_per_second, 0}});
        figure.data.push_back(examples::curve_of(record.to_json(), "train_loss", what.name()));

        xtn::random_stream random(what.seed);
        const auto text = picogpt::generate(m, corpus.validation().first(1), 300, {.temperature = 0.8}, random);
        std::cout << "\na sample of " << what.name() << ":\n" << corpus.characters().decode(text) << "\n";
    }
    examples::save(results, o.out / "results");
    examples::save(figure, o.out / "loss.svg");
    std::cout << "\n" << results.markdown();
    if (source.entropy_floor)
        std::cout << "\nThe text was generated; no model can get below its entropy rate of "
                  << examples::fixed(*source.entropy_floor, 4) << " nats per character.\n";
    std::cout << "\nResults are in " << std::filesystem::absolute(o.out).string()
              << ": results.md, results.csv, loss.svg, and for each model the weights (.safetensors) and the record "
                 "(.json).\n";
}

}  // namespace

int main(int argc, char** argv) {
    examples::use_best_blas_kernels(argc, argv);
    settings s;
    CLI::App app("Trains PicoGPT dense and with every linear layer as an MPO.", "picogpt_mpo");
    examples::add_options(app, s.common, "results/picogpt_mpo");
    app.add_option("--models", s.models,
                   "such as dense, mpo-16, low_rank-12, mpo-8-a3-f2x16 (core/representation.hpp)");
    app.add_option("--recipe", s.recipes, "published, tuned, or both")->check(CLI::IsMember({"published", "tuned"}));
    app.add_option("--seeds", s.seeds, "instead of --seed, several");
    app.add_option("--learning-rate", s.learning_rate, "peak, for all models [from the recipe]")
        ->check(CLI::PositiveNumber);
    app.add_option("--weight-decay", s.weight_decay, "for all models [from the recipe]")->check(CLI::NonNegativeNumber);
    const std::map<std::string, picogpt::decayed> decays{{"nothing", picogpt::decayed::nothing},
                                                         {"matrices", picogpt::decayed::matrices},
                                                         {"everything", picogpt::decayed::everything}};
    app.add_option("--decayed", s.decay, "what weight decay acts on [from the recipe]")
        ->transform(CLI::CheckedTransformer(decays));
    app.add_option("--sigma", s.sigma, "standard deviation of initial matrices [from the recipe]")
        ->check(CLI::PositiveNumber);
    app.add_option("--warmup", s.warmup, "steps");
    app.add_option("--evaluate-every", s.evaluate_every, "steps")->check(CLI::PositiveNumber);
    app.add_option("--checkpoint-every", s.checkpoint_every, "steps")->check(CLI::PositiveNumber);
    return examples::run(app, argc, argv, [&] {
        if (s.common.quick) {  // minutes
            if (app.count("--steps") == 0) s.common.steps = 1200;
            if (app.count("--batch") == 0) s.common.batch = 8;
        }
        if (s.common.full) {  // a day
            if (app.count("--models") == 0) s.models = {"dense", "mpo-32", "mpo-16", "mpo-8", "mpo-4"};
            if (app.count("--recipe") == 0) s.recipes = {"published", "tuned"};
            if (app.count("--seeds") == 0) s.seeds = {1, 2, 3};
        }
        run(s);
    });
}
