// SPDX-License-Identifier: BSD-3-Clause
// What generating text costs: characters per second and bytes of weights of PicoGPTs with a key-value cache, for one
// sequence and for many in step, on one core. Every repetition writes a whole context of characters; models take turns,
// so that drifts of the machine meet them all. The weights are random, which speed does not depend on.
#include <algorithm>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "common/blas_kernels.hpp"
#include "common/median_seconds.hpp"
#include "common/options.hpp"
#include "common/run_record.hpp"
#include "common/table.hpp"
#include "core/operators.hpp"

namespace {

/// Writes a whole context with every sequence.
void write_context(const picogpt::model<float>& m, std::size_t sequences) {
    xtn::nn::decoder<float> g(m, sequences);
    std::vector<picogpt::token> next(sequences);
    for (std::size_t p = 0; p < m.context(); ++p) {
        const std::span<const float> logits = g.feed(std::span<const picogpt::token>(next));
        for (std::size_t s = 0; s < sequences; ++s) {
            const auto row = logits.subspan(s * m.classes(), m.classes());
            next[s] = static_cast<picogpt::token>(std::max_element(row.begin(), row.end()) - row.begin());
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    examples::use_best_blas_kernels(argc, argv);
    examples::program app("Characters per second and weight bytes of PicoGPTs that generate.", "picogpt_generation");
    std::vector<std::string> models{"dense", "mpo-32", "mpo-16", "mpo-8", "mpo-4", "low_rank-7"};
    std::vector<std::size_t> batches{1, 64};
    std::size_t repetitions = 9;
    std::filesystem::path out = "results/picogpt_generation";
    app.add_option("--models", models, "representations");
    app.add_option("--batches", batches, "sequences in step")->check(CLI::PositiveNumber);
    app.add_option("--repetitions", repetitions, "of which the median counts")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--out", out, "directory for results")->capture_default_str();
    return app.run(argc, argv, [&] {
        const xtn::blas_threads one(1);
        examples::run_record record("picogpt_generation", {{"repetitions", repetitions}}, 1);
        std::vector<picogpt::model<float>> all;
        for (const std::string& name : models) all.push_back(picogpt::make_model({}, name, {.sigma = 0.04}, 1));
        std::vector<std::string> columns{"model", "weight bytes"};
        std::vector<std::vector<double>> rates(models.size());
        for (const std::size_t batch : batches) {
            columns.push_back("characters/s, batch " + std::to_string(batch));
            std::vector<std::function<void()>> writers;
            for (const auto& m : all) writers.push_back([&m, batch] { write_context(m, batch); });
            const std::vector<double> seconds = examples::median_seconds(writers, repetitions);
            for (std::size_t k = 0; k < all.size(); ++k)
                rates[k].push_back(static_cast<double>(batch * all[k].context()) / seconds[k]);
        }
        examples::table results(columns);
        nlohmann::ordered_json summary = nlohmann::ordered_json::array();
        for (std::size_t k = 0; k < all.size(); ++k) {
            const std::size_t bytes = xtn::parameter_count(all[k].parameters()) * sizeof(float);
            std::vector<examples::cell> row{models[k], bytes};
            nlohmann::ordered_json rate = nlohmann::ordered_json::object();
            for (std::size_t b = 0; b < batches.size(); ++b) {
                row.push_back({rates[k][b], 0});
                rate[std::to_string(batches[b])] = rates[k][b];
            }
            results.add_row(row);
            summary.push_back({{"model", models[k]}, {"weight_bytes", bytes}, {"characters_per_second", rate}});
        }
        record.set("cache_bytes", all.front().state().bytes());
        record.set("models", summary);
        examples::make_directory(out);
        record.save(out / "generation.json");
        std::cout << results.markdown();
    });
}
