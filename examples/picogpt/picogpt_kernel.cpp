// SPDX-License-Identifier: BSD-3-Clause
// Converts a trained PicoGPT to attention in constant memory (DiJiang, arXiv 2403.19928): exchanges its attention for other kinds
// and trains on, in several ways (core/conversion.hpp) and for several budgets; "softmax" is the control that is trained on as
// long. "scratch" begins as a dense model begins, at its learning rate.
#include <iostream>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/blas_kernels.hpp"
#include "common/data.hpp"
#include "common/options.hpp"
#include "common/run_record.hpp"
#include "common/table.hpp"
#include "common/training.hpp"
#include "core/attention_kind.hpp"
#include "core/conversion.hpp"
#include "core/operators.hpp"
#include "core/training.hpp"
#include "core/weights.hpp"

namespace {

struct settings {
    examples::options common;
    std::string weights;
    std::vector<std::string> kinds{"paper", "hedgehog", "softmax"}, ways{"next_token"};
    std::vector<std::uint64_t> budgets{0, 40, 125, 500, 2000};
    picogpt::conversion_recipe recipe;
    bool trial = false;
};

class conversions {
public:
    conversions(const settings& s, const xtn::text_corpus& corpus)
        : settings_(s),
          text_(s.trial ? picogpt::split::for_choices(corpus) : picogpt::split(corpus)),
          teacher_(picogpt::load_model(examples::load_same(s.weights))),
          pool_(s.common.threads),
          before_(picogpt::evaluate(teacher_, text_.validation, teacher_.context(), pool_)) {
        for (const auto& p : teacher_.parameters()) known_.insert(p.name);
    }

    void run() {
        results_.add_row({"teacher",
                          "",
                          std::uint64_t{0},
                          std::size_t{0},
                          before_.loss,
                          {100 * before_.accuracy, 2},
                          {100.0, 1},
                          teacher_.state().bytes()});
        for (const picogpt::attention_kind kind : settings_.kinds)
            for (const std::string& way : settings_.ways)
                for (const std::uint64_t budget : settings_.budgets) convert(kind, way, budget);
        std::cout << "\n" << results_.markdown();
    }

private:
    void convert(const picogpt::attention_kind& kind, const std::string& way, std::uint64_t budget) {
        const examples::options& common = settings_.common;
        const picogpt::model<float> m =
            picogpt::exchanged(way == "scratch" ? untrained() : teacher_, kind, common.seed);
        const std::string name = kind.name + "-" + way + "-" + std::to_string(budget) +
                                 (common.seed == 1 ? "" : "-seed" + std::to_string(common.seed));
        const auto stages = picogpt::conversion_stages(way, budget * common.batch, settings_.recipe);
        std::uint64_t read = 0;
        for (std::size_t k = 0; k < stages.size(); ++k) {
            picogpt::conversion_stage stage = stages[k];
            stage.how.seed = common.seed;
            stage.how.precision = common.precision;
            for (const auto& p : m.parameters())
                if (way != "scratch" && !known_.contains(p.name))
                    stage.how.rate_factors[p.name] = settings_.recipe.exchanged;
            read += stage.read();
            const bool last = k + 1 == stages.size();
            const xtn::evaluation after =
                learn(m, kind.name, way, budget, stage, last, read, last ? name : name + "-" + stage.name);
            if (last)
                results_.add_row({kind.name,
                                  way,
                                  budget,
                                  tokens(read),
                                  after.loss,
                                  {100 * after.accuracy, 2},
                                  {100 * after.accuracy / before_.accuracy, 1},
                                  m.state().bytes()});
        }
    }

    /// Leaves a record, of the whole conversion that of its last stage.
    xtn::evaluation learn(const picogpt::model<float>& m, const std::string& kind, const std::string& way,
                          std::uint64_t budget, const picogpt::conversion_stage& stage, bool last, std::uint64_t read,
                          const std::string& name) {
        const examples::options& common = settings_.common;
        nlohmann::ordered_json options{{"model", kind},
                                       {"way", way},
                                       {"budget", budget},
                                       {"stage", stage.name},
                                       {"last", last},
                                       {"next_token_rate", settings_.recipe.next_token},
                                       {"alignment_rate", settings_.recipe.alignment},
                                       {"finish_rate", settings_.recipe.finish},
                                       {"exchanged_rate", settings_.recipe.exchanged},
                                       {"trial", settings_.trial},
                                       {"weights", std::filesystem::path(settings_.weights).filename().string()}};
        options.update(describe(stage.how));
        examples::run_record record("picogpt_kernel", options, common.seed);
        record.set("teacher_loss", before_.loss);
        record.set("teacher_acc", before_.accuracy);
        record.set("tokens", tokens(read));
        record.set("state_bytes", m.state().bytes());
        record.set("teacher_state_bytes", teacher_.state().bytes());
        std::cout << "\n" << name << "\n";
        const auto trained = [&](const auto& task) {
            return examples::train(task, stage.how, pool_, common.out, name, record, common.resume).validation;
        };
        if (stage.taught) return trained(picogpt::taught_task(m, text_, teacher_, *stage.taught));
        return trained(picogpt::text_task(m, text_));
    }

    picogpt::model<float> untrained() const {
        return picogpt::make_model({.vocabulary = teacher_.classes()}, "dense", picogpt::tuned_recipe("dense").start,
                                   settings_.common.seed);
    }
    std::uint64_t tokens(std::uint64_t windows) const { return windows * teacher_.context(); }

    const settings& settings_;
    picogpt::split text_;
    picogpt::model<float> teacher_;
    xtn::thread_pool pool_;
    xtn::evaluation before_;
    std::set<std::string> known_;
    examples::table results_{
        {"attention", "way", "budget", "tokens", "val loss", "val accuracy", "kept %", "state bytes"}};
};

}  // namespace

int main(int argc, char** argv) {
    examples::use_best_blas_kernels(argc, argv);
    settings s;
    examples::program app("Converts a trained PicoGPT to other kinds of attention.", "picogpt_kernel");
    examples::add_options(app, s.common, "results/picogpt_kernel");
    app.add_option("--weights", s.weights, "safetensors file of a PicoGPT, of any operators")->required();
    app.add_option("--kinds", s.kinds,
                   "such as softmax, paper, code, prf-orthogonal, hedgehog (core/attention_kind.hpp)");
    app.add_option("--ways", s.ways, "to train on: next_token, aligned, distilled, scratch")
        ->check(CLI::IsMember(picogpt::conversion_ways));
    app.add_option("--budgets", s.budgets, "numbers of batches of the teacher's to read, a conversion each");
    app.add_option("--conversion-batch", s.recipe.batch, "windows of a step")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--learning-rate", s.recipe.next_token, "peak, of next tokens alone")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--alignment-rate", s.recipe.alignment, "peak, of alignment")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--finish-rate", s.recipe.finish, "peak, of what follows alignment")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--exchanged-rate", s.recipe.exchanged, "times that what came with the exchange learns faster")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_flag("--trial", s.trial, "learn from nine tenths of the training split, be scored on the last");
    return app.run(argc, argv, [&] {
        if (s.common.quick && app.count("--budgets") == 0) s.budgets = {0, 4};
        examples::corpus_options where;
        if (s.common.data) where.data = *s.common.data;
        const examples::corpus_source source = examples::find_corpus(where);
        examples::make_directory(s.common.out);
        conversions(s, source.corpus).run();
    });
}
