// SPDX-License-Identifier: BSD-3-Clause
// MPO compression of every linear layer of PicoGPT (arXiv 2603.28534): trains the dense model and MPO models of any
// bonds under one recipe and prints the table of parameters, loss, accuracy and speed.
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "common/blas_kernels.hpp"
#include "common/data.hpp"
#include "common/options.hpp"
#include "common/plot.hpp"
#include "common/report.hpp"
#include "core/generation.hpp"
#include "core/operators.hpp"
#include "core/training.hpp"
#include "core/weights.hpp"

namespace {

struct settings {
    examples::options common;
    std::vector<std::string> models{"dense", "mpo-16"};
    std::string recipe = "tuned";
    std::optional<double> learning_rate, weight_decay, sigma;
    std::optional<picogpt::decayed> decay;
    std::uint64_t warmup = 100, evaluate_every = 250, checkpoint_every = 100;
};

picogpt::recipe recipe_of(const settings& s, const picogpt::representation& r) {
    picogpt::recipe recipe = s.recipe == "tuned" ? picogpt::tuned_recipe(r) : picogpt::published_recipe(r);
    recipe.steps = s.common.steps;
    recipe.batch = s.common.batch;
    recipe.warmup = std::min(s.warmup, s.common.steps);
    recipe.seed = s.common.seed;
    recipe.evaluate_every = s.evaluate_every;
    recipe.checkpoint_every = s.checkpoint_every;
    if (s.learning_rate) recipe.learning_rate = *s.learning_rate;
    if (s.weight_decay) recipe.weight_decay = *s.weight_decay;
    if (s.decay) recipe.decay = *s.decay;
    if (s.sigma) recipe.start = {.sigma = *s.sigma};
    return recipe;
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

    const std::vector<picogpt::representation> models(s.models.begin(), s.models.end());
    xtn::thread_pool pool(o.threads);
    examples::table results({"model", "parameters", "ratio", "val loss", "val accuracy", "tokens/s"});
    examples::plot figure{.title = "Training loss", .x = {.label = "step"}, .y = {.label = "nats per character"}};
    const std::size_t dense_parameters =  // the yardstick, whether it is trained or not
        xtn::parameter_count(picogpt::make_model(shape, "dense").parameters());
    for (const picogpt::representation& r : models) {
        const picogpt::recipe recipe = recipe_of(s, r);
        const picogpt::model<float> m = picogpt::make_model(shape, r, recipe.start, o.seed);
        const std::size_t parameters = xtn::parameter_count(m.parameters());
        std::cout << "\n" << r.name << ": " << examples::grouped(std::to_string(parameters)) << " parameters\n";

        nlohmann::ordered_json described{{"model", r.name},
                                         {"data", std::filesystem::path(corpus.origin()).filename().string()},
                                         {"characters", corpus.tokens().size()},
                                         {"recipe", s.recipe}};
        described.update(describe(recipe));
        described["threads"] = o.threads;
        examples::run_record record("picogpt_mpo", described, o.seed);
        const picogpt::training_result t = picogpt::train(m, corpus, recipe, pool, o.out, r.name, record, o.resume);
        results.add_row({r.name,
                         parameters,
                         {static_cast<double>(dense_parameters) / static_cast<double>(parameters), 1},
                         t.validation.loss,
                         {100 * t.validation.accuracy, 2},
                         {t.tokens_per_second, 0}});

        examples::series curve{.label = r.name, .style = examples::mark::line};
        const auto points = record.to_json()["series"]["train_loss"];
        for (std::size_t i = 0; i < points["step"].size(); ++i) {
            curve.x.push_back(points["step"][i]);
            curve.y.push_back(points["value"][i]);
        }
        figure.data.push_back(std::move(curve));

        xtn::random_stream random(o.seed);
        const auto text = picogpt::generate(m, corpus.validation().first(1), 300, {.temperature = 0.8}, random);
        std::cout << "\na sample of " << r.name << ":\n" << corpus.characters().decode(text) << "\n";
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
    app.add_option("--recipe", s.recipe, "published or tuned")->check(CLI::IsMember({"published", "tuned"}));
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
        if (s.common.full && app.count("--models") == 0) s.models = {"dense", "mpo-4", "mpo-8", "mpo-16", "mpo-32"};
        run(s);
    });
}
