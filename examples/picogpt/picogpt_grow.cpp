// SPDX-License-Identifier: BSD-3-Clause
// Grows the bonds of an MPO PicoGPT while it trains, under the tuned recipe and one schedule: for instance bond 4 for the
// first 500 steps, then 8, and 16 from step 1,000. A step of a small model costs less, and what it has learnt is kept.
#include <algorithm>
#include <iostream>
#include <span>
#include <string>
#include <vector>

#include "common/blas_kernels.hpp"
#include "common/data.hpp"
#include "common/options.hpp"
#include "common/run_record.hpp"
#include "core/growth.hpp"
#include "core/operators.hpp"
#include "core/recipe.hpp"
#include "core/training.hpp"
#include "core/weights.hpp"

namespace {

struct settings {
    examples::options common;
    std::vector<std::string> models{"mpo-4", "mpo-8", "mpo-16"};
    std::vector<std::uint64_t> at{500, 1000};
};

/// Whether a checkpoint is one of this model.
bool belongs_to(const xtn::safetensors& checkpoint, const picogpt::model<float>& m) {
    for (const auto& p : m.parameters())
        if (checkpoint.contains(p.name) && checkpoint.shape(p.name) != p.value.shape()) return false;
    return true;
}

void run(const settings& s) {
    const examples::options& o = s.common;
    if (s.models.size() != s.at.size() + 1)
        throw xtn::error("--at takes one step less than there are --models: where each model becomes the next");
    const examples::corpus_source source = examples::find_corpus({.data = o.data});
    const picogpt::model_shape shape{.vocabulary = source.corpus.characters().size()};
    examples::make_directory(o.out);

    std::string growth;
    for (std::size_t k = 0; k < s.models.size(); ++k)
        growth += s.models[k] + (k < s.at.size() ? " to step " + std::to_string(s.at[k]) + ", " : "");
    const std::string name = s.models.back() + "-grown" + (o.seed == 1 ? "" : "-seed" + std::to_string(o.seed));
    const std::filesystem::path checkpoint = o.out / (name + ".checkpoint.safetensors");

    picogpt::recipe recipe = picogpt::tuned_recipe(s.models.back());
    recipe.steps = o.steps;
    recipe.batch = o.batch;
    recipe.precision = o.precision;
    recipe.warmup = std::min(recipe.warmup, o.steps);
    recipe.seed = o.seed;

    xtn::thread_pool pool(o.threads);
    std::vector<picogpt::model<float>> models;
    for (const std::string& m : s.models) models.push_back(picogpt::make_model(shape, m, recipe.start, o.seed));
    const examples::team processes;
    std::size_t phase = 0;
    bool resume = o.resume;
    if (resume && processes.writes() && std::filesystem::exists(checkpoint)) {
        const xtn::safetensors file = xtn::load_safetensors(checkpoint);
        while (phase + 1 < models.size() && !belongs_to(file, models[phase])) ++phase;
    }
    processes.broadcast(std::as_writable_bytes(std::span(&phase, 1)));
    examples::trained result;
    for (; phase < models.size(); ++phase, resume = true) {
        nlohmann::ordered_json options{{"model", s.models.back()}, {"grown", growth}, {"recipe", "tuned"}};
        options.update(describe(recipe));
        examples::run_record record("picogpt_grow", options, o.seed);
        recipe.stop = phase < s.at.size() ? std::min(s.at[phase], o.steps) : o.steps;
        result = picogpt::train(models[phase], source.corpus, recipe, pool, o.out, name, record, resume);
        if (phase + 1 == models.size()) break;
        xtn::random_stream random(o.seed, ~std::uint64_t{0} - phase);
        if (processes.writes())
            picogpt::grow_checkpoint(checkpoint, models[phase], models[phase + 1], source.corpus.characters(), random);
        std::cout << s.models[phase] << " has become " << s.models[phase + 1] << "\n";
    }
    std::cout << "val_loss " << result.validation.loss << "\nval_acc " << result.validation.accuracy << "\n";
}

}  // namespace

int main(int argc, char** argv) {
    examples::use_best_blas_kernels(argc, argv);
    settings s;
    examples::program app("Grows the bonds of an MPO PicoGPT while it trains.", "picogpt_grow");
    examples::add_options(app, s.common, "results/picogpt_grow");
    app.add_option("--models", s.models, "MPO representations of the same sites, bonds growing");
    app.add_option("--at", s.at, "the steps after which one becomes the next");
    return app.run(argc, argv, [&] {
        if (s.common.quick) {
            if (app.count("--steps") == 0) s.common.steps = 600, s.at = {150, 300};
            if (app.count("--batch") == 0) s.common.batch = 8;
        }
        run(s);
    });
}
