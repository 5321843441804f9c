// SPDX-License-Identifier: BSD-3-Clause
// Which parts of a PicoGPT can go (arXiv 2410.13732, which names text as its missing test): trains the variants at equal
// steps under the tuned recipe of the dense model. docs/experiments/minimal.md is made from the records of these runs.
#include <string>
#include <vector>

#include "common/blas_kernels.hpp"
#include "core/experiment.hpp"
#include "core/variant.hpp"

int main(int argc, char** argv) {
    examples::use_best_blas_kernels(argc, argv);
    examples::options o;
    picogpt::recipe_options changes;
    std::vector<std::string> models{"full", "tied", "collapsed-no_vo"};
    examples::program app("Trains what is left of a PicoGPT.", "picogpt_minimal");
    examples::add_options(app, o, "results/picogpt_minimal");
    app.add_option("--models", models, "such as full, tied-no_mlp, collapsed-no_vo, full+mpo-16 (core/variant.hpp)");
    changes.add_to(app);
    return app.run(argc, argv, [&] {
        if (o.quick) {  // minutes
            if (app.count("--steps") == 0) o.steps = 1000;
            if (app.count("--batch") == 0) o.batch = 8;
        }
        if (o.full && app.count("--models") == 0)
            models = {"full",        "tied",        "collapsed",        "collapsed-no_vo",
                      "full-no_mlp", "tied-no_mlp", "collapsed-no_mlp", "collapsed-no_vo-no_mlp"};
        const picogpt::recipe how = changes.applied_to(picogpt::tuned_recipe("dense"), o, o.seed);
        std::vector<picogpt::experiment_row> rows;
        for (const std::string& name : models) {
            const picogpt::variant what(name);
            rows.push_back({name + (o.seed == 1 ? "" : "-seed" + std::to_string(o.seed)), name, "tuned", how,
                            [what, how](const picogpt::model_shape& shape) {
                                const auto sigma = [&](std::size_t, std::size_t) { return how.start.sigma; };
                                return what.make(shape, sigma, how.seed);
                            }});
        }
        picogpt::run_experiment(
            "picogpt_minimal", o, {}, rows, [&](const picogpt::model<float>& m, const auto& corpus) {
                // The paper's Q: examples times outputs for each parameter.
                const double outputs = static_cast<double>(corpus.train().size() * m.classes());
                return std::vector<examples::measurement>{
                    {"ratio_q", outputs / static_cast<double>(xtn::parameter_count(m.parameters())), 2}};
            });
    });
}
