// SPDX-License-Identifier: BSD-3-Clause
// Compresses a trained dense PicoGPT and fine-tunes it: every linear layer becomes the nearest MPO (TT-SVD), low-rank
// product (truncated SVD) or sum of Kronecker products, of comparable numbers of parameters, and is trained on for 0,
// 100 and 500 steps under one recipe: AdamW at a quarter of the learning rate of the tuned recipe, which was fixed
// before the runs, with its own warm-up over a twentieth of the steps and cosine.
#include <iostream>
#include <string>
#include <vector>

#include "common/blas_kernels.hpp"
#include "common/data.hpp"
#include "common/options.hpp"
#include "common/report.hpp"
#include "core/operators.hpp"
#include "core/training.hpp"
#include "core/weights.hpp"

int main(int argc, char** argv) {
    examples::use_best_blas_kernels(argc, argv);
    examples::options o;
    std::string weights;
    std::vector<std::string> models{"mpo-8",        "low_rank-7", "kronecker-8", "mpo-16",      "low_rank-17",
                                    "kronecker-19", "mpo-32",     "low_rank-49", "kronecker-55"};
    std::vector<std::uint64_t> lengths{0, 100, 500};
    CLI::App app("Compresses a trained PicoGPT and fine-tunes it.", "picogpt_compress");
    examples::add_options(app, o, "results/picogpt_compress");
    app.add_option("--weights", weights, "safetensors file of a dense model")->required();
    app.add_option("--models", models, "representations to compress to");
    app.add_option("--lengths", lengths, "fine-tuning steps");
    return examples::run(app, argc, argv, [&] {
        if (o.quick && app.count("--lengths") == 0) lengths = {0, 50};
        examples::corpus_options where;
        if (o.data) where.data = *o.data;
        const examples::corpus_source source = examples::find_corpus(where);
        const picogpt::model<float> dense = picogpt::load_model(xtn::load_safetensors(weights));
        examples::make_directory(o.out);
        xtn::thread_pool pool(o.threads);
        examples::table results({"model", "parameters", "steps", "val loss", "val accuracy"});
        for (const std::string& name : models)
            for (const std::uint64_t steps : lengths) {
                const picogpt::representation r(name);
                const picogpt::model<float> m = picogpt::compress(dense, r);
                picogpt::recipe recipe = picogpt::tuned_recipe(r);
                recipe.learning_rate /= 4;
                recipe.steps = steps;
                recipe.warmup = steps / 20;
                recipe.batch = o.batch;
                recipe.seed = o.seed;
                nlohmann::ordered_json options{{"model", name},
                                               {"weights", std::filesystem::path(weights).filename().string()}};
                options.update(describe(recipe));
                examples::run_record record("picogpt_compress", options, o.seed);
                const picogpt::evaluation e = picogpt::train(m, source.corpus, recipe, pool, o.out,
                                                             name + "-tuned" + std::to_string(steps), record, o.resume)
                                                  .validation;
                results.add_row({name, xtn::parameter_count(m.parameters()), steps, e.loss, {100 * e.accuracy, 2}});
            }
        examples::save(results, o.out / "results");
        std::cout << "\n" << results.markdown();
    });
}
