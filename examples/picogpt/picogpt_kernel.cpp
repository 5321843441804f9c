// SPDX-License-Identifier: BSD-3-Clause
// Converts a trained PicoGPT to attention in constant memory (DiJiang, arXiv 2403.19928): exchanges its attention for other kinds
// and trains on, by next tokens alone or after alignment and distillation, for several numbers of steps; "softmax" is the control
// that is trained on as long. With --from-scratch the kinds begin as a dense model begins, at its learning rate.
//
// Training on is AdamW at a quarter of the learning rate of the tuned dense recipe, with warm-up over a twentieth of the steps
// and cosine; fixed before the runs.
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "common/blas_kernels.hpp"
#include "common/data.hpp"
#include "common/format.hpp"
#include "common/options.hpp"
#include "common/run_record.hpp"
#include "common/table.hpp"
#include "common/training.hpp"
#include "core/attention_kind.hpp"
#include "core/converted_task.hpp"
#include "core/operators.hpp"
#include "core/recipe.hpp"
#include "core/training.hpp"
#include "core/weights.hpp"

namespace {

struct settings {
    examples::options common;
    std::string weights;
    std::vector<std::string> kinds{"paper", "softmax"};
    std::vector<std::uint64_t> steps{0, 40, 125, 500, 2000};
    bool distilled = false, from_scratch = false;
};

void run(const settings& s) {
    examples::corpus_options where;
    if (s.common.data) where.data = *s.common.data;
    const examples::corpus_source source = examples::find_corpus(where);
    const picogpt::model<float> teacher = picogpt::load_model(xtn::load_safetensors(s.weights));
    xtn::thread_pool pool(s.common.threads);
    examples::make_directory(s.common.out);
    const picogpt::recipe untrained = picogpt::tuned_recipe("dense");
    const picogpt::model<float> start =
        s.from_scratch ? picogpt::make_model({.vocabulary = teacher.classes()}, "dense", untrained.start, s.common.seed)
                       : teacher;
    const xtn::evaluation before = picogpt::evaluate(teacher, source.corpus.validation(), teacher.context(), pool);
    const std::size_t cached = teacher.state().bytes();
    examples::table results(
        {"attention", "way", "steps", "tokens", "val loss", "val accuracy", "kept %", "state bytes"});
    results.add_row(
        {"teacher", "", std::uint64_t{0}, std::size_t{0}, before.loss, {100 * before.accuracy, 2}, {100.0, 1}, cached});
    for (const picogpt::attention_kind kind : s.kinds)
        for (const std::uint64_t steps : s.steps) {
            const picogpt::model<float> m = picogpt::exchanged(start, kind, s.common.seed);
            picogpt::recipe how = picogpt::fine_tuning_recipe("dense", steps, s.common.batch, s.common.seed);
            if (s.from_scratch) how.learning_rate = untrained.learning_rate;
            const bool taught = s.distilled && kind.mechanism != "softmax" && !s.from_scratch;
            const std::string way = s.from_scratch ? "scratch" : taught ? "distilled" : "next_token";
            // In two thirds of the steps, rounded up, the teacher reads what the student reads.
            const std::uint64_t reads = steps + (taught ? (2 * steps + 2) / 3 : 0),
                                tokens = reads * how.batch * m.context();
            nlohmann::ordered_json options{
                {"model", kind.name}, {"way", way}, {"weights", std::filesystem::path(s.weights).filename().string()}};
            options.update(describe(how));
            examples::run_record record("picogpt_kernel", options, s.common.seed);
            record.set("teacher_loss", before.loss);
            record.set("teacher_acc", before.accuracy);
            record.set("tokens", tokens);
            record.set("state_bytes", m.state().bytes());
            record.set("teacher_state_bytes", cached);
            const std::string name = kind.name + "-" + way + "-" + std::to_string(steps) +
                                     (s.common.seed == 1 ? "" : "-seed" + std::to_string(s.common.seed));
            std::cout << "\n" << name << "\n";
            const std::optional<picogpt::model<float>> source_of = taught ? std::optional(teacher) : std::nullopt;
            const xtn::evaluation after = examples::train(picogpt::converted_task(m, source.corpus, source_of, steps),
                                                          how, pool, s.common.out, name, record, s.common.resume)
                                              .validation;
            results.add_row({kind.name,
                             way,
                             steps,
                             tokens,
                             after.loss,
                             {100 * after.accuracy, 2},
                             {100 * after.accuracy / before.accuracy, 1},
                             m.state().bytes()});
        }
    std::cout << "\n" << results.markdown();
}

}  // namespace

int main(int argc, char** argv) {
    examples::use_best_blas_kernels(argc, argv);
    settings s;
    examples::program app("Converts a trained PicoGPT to other kinds of attention.", "picogpt_kernel");
    examples::add_options(app, s.common, "results/picogpt_kernel");
    app.add_option("--weights", s.weights, "safetensors file of a PicoGPT, of any operators")->required();
    app.add_option("--kinds", s.kinds,
                   "such as softmax, paper, code, prf-orthogonal, hedgehog (core/attention_kind.hpp)");
    app.add_option("--budgets", s.steps, "numbers of steps, a training each");
    app.add_flag("--distilled", s.distilled, "first align attention, then distil logits, each in a third of the steps");
    app.add_flag("--from-scratch", s.from_scratch, "the kinds begin untrained");
    return app.run(argc, argv, [&] {
        if (s.common.quick && app.count("--budgets") == 0) s.steps = {0, 20};
        run(s);
    });
}
