// SPDX-License-Identifier: BSD-3-Clause
// What a training step of the spectral experiment's models costs against the dense one's: gradient and AdamW, on random
// windows. The models take turns in one process; it means something only on a machine that does nothing else.
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "common/blas_kernels.hpp"
#include "common/median_seconds.hpp"
#include "common/options.hpp"
#include "common/run_record.hpp"
#include "common/table.hpp"
#include "core/operators.hpp"
#include "core/recipe.hpp"
#include "core/spectral_experiment.hpp"
#include "core/training.hpp"

int main(int argc, char** argv) {
    examples::use_best_blas_kernels(argc, argv);
    examples::program app("Seconds per training step of dense, spectral and low-rank models.", "picogpt_step_time");
    std::vector<std::string> models{"dense",
                                    "spectral-0.5",
                                    "spectral-0.5-scattered",
                                    "low_rank-48",
                                    "spectral-0.5-rectangle",
                                    "spectral-0.5-random_basis",
                                    "spectral-0.05",
                                    "low_rank-5"};
    std::size_t batch = picogpt::spectral_recipe().batch, threads = 1, repetitions = 15;
    std::filesystem::path out = "results/picogpt_step_time";
    app.add_option("--models", models, "the first is what the others are compared with");
    app.add_option("--batch", batch, "windows per step")->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--threads", threads, "worker threads")->check(CLI::Range(1, 256))->capture_default_str();
    app.add_option("--repetitions", repetitions, "of which the median counts")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--out", out, "directory for results")->capture_default_str();
    return app.run(argc, argv, [&] {
        xtn::thread_pool pool(threads);
        examples::run_record record("picogpt_step_time",
                                    {{"batch", batch}, {"threads", threads}, {"repetitions", repetitions}}, 1);
        using trainer = xtn::trainer<picogpt::text_task, examples::team>;
        const xtn::text_corpus text = picogpt::random_text();
        std::vector<std::unique_ptr<trainer>> all;
        std::vector<std::function<void()>> steps;
        for (const std::string& name : models) {
            const auto m = picogpt::make_model(picogpt::spectral_shape, picogpt::in_blocks(name), {}, 1);
            all.push_back(
                std::make_unique<trainer>(picogpt::text_task(m, text), xtn::training_plan{.batch = batch}, pool));
            steps.push_back([t = all.back().get()] { t->step(); });
        }
        const std::vector<double> seconds = examples::median_seconds(steps, repetitions);
        examples::table results({"model", "ms per step", "against " + models.front()});
        nlohmann::ordered_json summary = nlohmann::ordered_json::array();
        for (std::size_t k = 0; k < models.size(); ++k) {
            results.add_row({models[k], {1000 * seconds[k], 1}, {seconds[k] / seconds.front(), 3}});
            summary.push_back({{"model", models[k]}, {"seconds", seconds[k]}});
        }
        record.set("models", summary);
        examples::make_directory(out);
        record.save(out / "step_time.json");
        std::cout << results.markdown();
    });
}
