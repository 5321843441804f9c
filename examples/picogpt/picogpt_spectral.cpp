// SPDX-License-Identifier: BSD-3-Clause
// Training in cosine-coefficient space (arXiv 2604.04440): a GPT whose 16 block matrices are given by a share of their
// coefficients in an orthonormal basis, against dense matrices and low-rank products of as many parameters, all under
// one recipe. docs/experiments/spectral.md is made from the records of these runs.
#include <string>
#include <vector>

#include "common/blas_kernels.hpp"
#include "core/experiment.hpp"
#include "core/ranks.hpp"
#include "core/spectral_experiment.hpp"

namespace {

std::vector<examples::measurement> measure(const picogpt::model<float>& m, const xtn::text_corpus&) {
    const picogpt::block_matrices found = picogpt::block_matrices_of(m);
    return {{"block_parameters", static_cast<double>(found.parameters), 0},
            {"stable_rank", found.mean.stable, 1},
            {"numerical_rank", found.mean.numerical, 1}};
}

}  // namespace

int main(int argc, char** argv) {
    examples::use_best_blas_kernels(argc, argv);
    examples::options o;
    o.batch = picogpt::spectral_recipe().batch;
    picogpt::recipe_options changes;
    std::vector<std::string> models = picogpt::spectral_rows(false);
    examples::program app("Trains a GPT whose block matrices are spectral, of low rank, or dense.", "picogpt_spectral");
    examples::add_options(app, o, "results/picogpt_spectral");
    app.add_option("--models", models,
                   "such as dense, spectral-0.5, spectral-0.05-scattered, low_rank-48 (core/representation.hpp)");
    changes.add_to(app);
    return app.run(argc, argv, [&] {
        if (o.quick) {  // minutes
            if (app.count("--steps") == 0) o.steps = 1000;
            if (app.count("--batch") == 0) o.batch = 8;
            if (app.count("--models") == 0) models = {"dense", "spectral-0.5", "low_rank-48"};
        }
        if (o.full && app.count("--models") == 0) models = picogpt::spectral_rows(true);
        std::vector<picogpt::experiment_row> rows;
        for (const std::string& name : models)
            rows.push_back(picogpt::experiment_row::of(name + (o.seed == 1 ? "" : "-seed" + std::to_string(o.seed)),
                                                       picogpt::in_blocks(name), "tuned",
                                                       changes.applied_to(picogpt::spectral_recipe(), o, o.seed)));
        picogpt::run_experiment("picogpt_spectral", o, picogpt::spectral_shape, rows, measure);
    });
}
