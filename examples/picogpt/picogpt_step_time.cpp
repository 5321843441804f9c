// SPDX-License-Identifier: BSD-3-Clause
// What a training step of the spectral experiment's models costs against the dense one's: gradient and AdamW, on random
// windows. The models take turns in one process; it means something only on a machine that does nothing else.
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <xtn/train.hpp>

#include "common/blas_kernels.hpp"
#include "common/median_seconds.hpp"
#include "common/options.hpp"
#include "common/report.hpp"
#include "core/operators.hpp"
#include "core/recipe.hpp"
#include "core/spectral_experiment.hpp"

namespace {

/// A model in training.
class trainee {
public:
    trainee(const std::string& name, std::size_t batch, xtn::thread_pool& pool)
        : model_(picogpt::make_model(picogpt::spectral_shape, picogpt::in_blocks(name), {}, 1)),
          store_(model_.parameters()),
          parallel_(store_, model_.operators(), pool),
          optimizer_(store_.size(), {}, 0.1),
          batch_(batch),
          tokens_(batch * model_.shape().context + 1) {
        xtn::random_stream random(2);
        for (picogpt::token& t : tokens_)
            t = static_cast<picogpt::token>(random.uniform_index(model_.shape().vocabulary));
    }

    void step() {
        const std::size_t context = model_.shape().context;
        const std::span<const picogpt::token> text = tokens_;
        parallel_.gradient(batch_, context, [&](xtn::tape<float>& t, std::size_t w) {
            return model_.loss(t, text.subspan(w * context, context), text.subspan(w * context + 1, context), context)
                .mean;
        });
        const double norm = xtn::global_norm(std::span<const float>(parallel_.gradients()));
        optimizer_.step(store_.values(), parallel_.gradients(), 1e-4, xtn::clip_factor(norm, 1.0));
    }

private:
    picogpt::model<float> model_;
    xtn::parameter_store<float> store_;
    xtn::data_parallel<float> parallel_;
    xtn::adamw<float> optimizer_;
    std::size_t batch_;
    std::vector<picogpt::token> tokens_;
};

}  // namespace

int main(int argc, char** argv) {
    examples::use_best_blas_kernels(argc, argv);
    CLI::App app("Seconds per training step of dense, spectral and low-rank models.", "picogpt_step_time");
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
    return examples::run(app, argc, argv, [&] {
        xtn::thread_pool pool(threads);
        examples::run_record record("picogpt_step_time",
                                    {{"batch", batch}, {"threads", threads}, {"repetitions", repetitions}}, 1);
        std::vector<std::unique_ptr<trainee>> all;
        std::vector<std::function<void()>> steps;
        for (const std::string& name : models) {
            all.push_back(std::make_unique<trainee>(name, batch, pool));
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
        examples::save(results, out / "step_time");
        std::cout << results.markdown();
    });
}
