// SPDX-License-Identifier: BSD-3-Clause
// MPO compression of every linear layer of PicoGPT (arXiv 2603.28534): trains models in any representation, under the
// paper's recipe or the tuned one, from any seeds, and prints the table of parameters, loss, accuracy and speed.
// docs/experiments/mpo.md is made from the records of these runs.
#include <string>
#include <vector>

#include "common/blas_kernels.hpp"
#include "core/experiment.hpp"

namespace {

/// What a row's files are called: the model, and what differs from the tuned recipe and seed 1.
std::string name_of(const std::string& model, const std::string& recipe, std::uint64_t seed) {
    return model + (recipe == "tuned" ? "" : "-" + recipe) + (seed == 1 ? "" : "-seed" + std::to_string(seed));
}

}  // namespace

int main(int argc, char** argv) {
    examples::use_best_blas_kernels(argc, argv);
    examples::options o;
    picogpt::recipe_options changes;
    std::vector<std::string> models{"dense", "mpo-16"}, recipes{"tuned"};
    std::vector<std::uint64_t> seeds;
    bool trial = false;
    examples::program app("Trains PicoGPT dense and with every linear layer as an MPO.", "picogpt_mpo");
    examples::add_options(app, o, "results/picogpt_mpo");
    app.add_option("--models", models, "such as dense, mpo-16, low_rank-12, mpo-8-a3-f2x16 (core/representation.hpp)");
    app.add_option("--recipe", recipes, "published, tuned, structured, or several")
        ->check(CLI::IsMember({"published", "tuned", "structured"}));
    app.add_option("--seeds", seeds, "instead of --seed, several");
    app.add_flag("--trial", trial, "scored on the last tenth of the training split, to choose by");
    changes.add_to(app);
    return app.run(argc, argv, [&] {
        if (o.quick) {  // minutes
            if (app.count("--steps") == 0) o.steps = 1200;
            if (app.count("--batch") == 0) o.batch = 8;
        }
        if (o.full) {  // a day
            if (app.count("--models") == 0) models = {"dense", "mpo-32", "mpo-16", "mpo-8", "mpo-4"};
            if (app.count("--recipe") == 0) recipes = {"published", "tuned"};
            if (app.count("--seeds") == 0) seeds = {1, 2, 3};
        }
        if (seeds.empty()) seeds = {o.seed};
        std::vector<picogpt::experiment_row> rows;
        for (const std::string& recipe : recipes)
            for (const std::uint64_t seed : seeds)
                for (const std::string& name : models) {
                    const picogpt::representation model(name);
                    const picogpt::recipe base = recipe == "tuned"        ? picogpt::tuned_recipe(model)
                                                 : recipe == "structured" ? picogpt::structured_recipe()
                                                                          : picogpt::published_recipe();
                    rows.push_back(picogpt::experiment_row::of(name_of(name, recipe, seed) + (trial ? "-trial" : ""),
                                                               model, recipe, changes.applied_to(base, o, seed)));
                }
        picogpt::run_experiment("picogpt_mpo", o, {}, rows, picogpt::measure_nothing, trial);
    });
}
