// SPDX-License-Identifier: BSD-3-Clause
// What text costs: characters per second, bytes of weights and of a sequence's state of PicoGPTs, for one sequence and for many
// in step, on one core. Every repetition writes a whole context of characters from a state, or reads one as an evaluation does;
// models take turns, so that drifts of the machine meet them all. The weights are random, which speed does not depend on,
// or those of files.
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
#include "core/attention_kind.hpp"
#include "core/operators.hpp"
#include "core/weights.hpp"

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

/// Reads a whole context of every sequence.
void read_context(const picogpt::model<float>& m, std::size_t sequences) {
    static xtn::tape<float> t;  // keeps its memory
    const std::vector<picogpt::token> text(sequences * m.context());
    t.clear();
    m.logits(t, std::span<const picogpt::token>(text), m.context());
}

}  // namespace

int main(int argc, char** argv) {
    examples::use_best_blas_kernels(argc, argv);
    examples::program app("Characters per second and weight bytes of PicoGPTs that generate.", "picogpt_generation");
    std::vector<std::string> models{"dense", "mpo-32", "mpo-16", "mpo-8", "mpo-4", "low_rank-7"}, files;
    std::vector<std::size_t> batches{1, 64};
    std::size_t repetitions = 9;
    std::filesystem::path out = "results/picogpt_generation";
    app.add_option("--models", models, "representations");
    app.add_option("--weights", files, "instead: safetensors files");
    app.add_option("--batches", batches, "sequences in step")->check(CLI::PositiveNumber);
    app.add_option("--repetitions", repetitions, "of which the median counts")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--out", out, "directory for results")->capture_default_str();
    return app.run(argc, argv, [&] {
        const xtn::blas_threads one(1);
        examples::run_record record("picogpt_generation", {{"repetitions", repetitions}}, 1);
        std::vector<picogpt::model<float>> all;
        if (!files.empty()) models.clear();
        for (const std::string& name : models) all.push_back(picogpt::make_model({}, name, {.sigma = 0.04}, 1));
        for (const std::string& file : files) {
            models.push_back(std::filesystem::path(file).stem().string());
            all.push_back(picogpt::load_model(xtn::load_safetensors(file)));
        }
        std::vector<nlohmann::ordered_json> rows;
        for (std::size_t k = 0; k < all.size(); ++k)
            rows.push_back({{"model", models[k]},
                            {"weight_bytes", xtn::parameter_count(all[k].parameters()) * sizeof(float)},
                            {"state_bytes", all[k].state().bytes()}});
        const auto measure = [&](const std::string& name, const auto& context_with) {
            for (const std::size_t batch : batches) {
                std::vector<std::function<void()>> actions;
                for (const auto& m : all) actions.push_back([&] { context_with(m, batch); });
                const std::vector<double> seconds = examples::median_seconds(actions, repetitions);
                for (std::size_t k = 0; k < all.size(); ++k)
                    rows[k][name][std::to_string(batch)] = static_cast<double>(batch * all[k].context()) / seconds[k];
            }
        };
        measure("characters_per_second", write_context);
        measure("read_per_second", read_context);

        std::vector<std::string> columns{"model", "weight bytes", "state bytes"};
        for (const char* what : {"characters/s", "read/s"})
            for (const std::size_t batch : batches)
                columns.push_back(std::string(what) + ", batch " + std::to_string(batch));
        examples::table results(columns);
        for (const auto& row : rows) {
            std::vector<examples::cell> cells{row["model"].get<std::string>(), row["weight_bytes"].get<std::size_t>(),
                                              row["state_bytes"].get<std::size_t>()};
            for (const char* rate : {"characters_per_second", "read_per_second"})
                for (const std::size_t batch : batches)
                    cells.push_back({row[rate][std::to_string(batch)].get<double>(), 0});
            results.add_row(cells);
        }
        const std::size_t cache = picogpt::key_value_bytes(all.front());
        record.set("cache_bytes", cache);
        record.set("models", rows);
        examples::make_directory(out);
        record.save(out / "generation.json");
        std::cout << results.markdown() << "\nkeys and values of one sequence take " << cache << " bytes\n";
    });
}
