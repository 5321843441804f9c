// SPDX-License-Identifier: BSD-3-Clause
// Cuts a trained PicoGPT to a smaller hidden size: folds its norms, projects the residual stream on a subspace that calibration
// text says (TCSP, arXiv 2308.16475), may leave out neurons and dimensions of heads, and may train on. Widths, neurons and
// heads are given, or found by a greedy search for a share of the parameters to remove, on the calibration windows.
//
// Training on is AdamW at a quarter of the learning rate of the tuned dense recipe, with warm-up over a twentieth of the steps
// and cosine; fixed before the runs.
#include <chrono>
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
#include "core/recipe.hpp"
#include "core/subspace.hpp"
#include "core/training.hpp"
#include "core/weights.hpp"

namespace {

struct settings {
    examples::options common;
    std::string weights;
    std::vector<std::size_t> widths, neurons, heads;
    std::vector<double> removed;
    std::vector<std::string> subspaces{"stacked"};
    std::vector<std::uint64_t> recovery{0};
    std::size_t calibration = 32, calibration_from = 0;
};

/// Every combination of widths, neurons and heads; the whole where none are given.
std::vector<picogpt::reduced_shape> shapes_of(const settings& s, const picogpt::reduced_shape& whole) {
    const auto or_whole = [](const std::vector<std::size_t>& given, std::size_t n) {
        return given.empty() ? std::vector{n} : given;
    };
    std::vector<picogpt::reduced_shape> all;
    for (const std::size_t width : or_whole(s.widths, whole.width))
        for (const std::size_t neurons : or_whole(s.neurons, whole.neurons))
            for (const std::size_t head : or_whole(s.heads, whole.keys))
                all.push_back({width, neurons, head, s.heads.empty() ? whole.values : head});
    return all;
}

void run(const settings& s) {
    examples::corpus_options where;
    if (s.common.data) where.data = *s.common.data;
    const examples::corpus_source source = examples::find_corpus(where);
    const auto train = source.corpus.train(), validation = source.corpus.validation();
    const picogpt::model<float> teacher = picogpt::load_model(examples::load_same(s.weights));
    const std::size_t whole = xtn::parameter_count(teacher.parameters());
    xtn::thread_pool pool(s.common.threads);
    examples::make_directory(s.common.out);

    const auto begin = std::chrono::steady_clock::now();
    if (s.calibration_from >= train.size())
        throw xtn::shape_error("the training split has " + std::to_string(train.size()) +
                               " characters; calibration cannot begin at " + std::to_string(s.calibration_from));
    const picogpt::reducible_model reducible(teacher, train.subspan(s.calibration_from), s.calibration);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::cout << "folded, and calibrated on " << s.calibration << " windows, in " << examples::fixed(seconds, 2)
              << " s\n";

    examples::table results(
        {"model", "subspace", "parameters", "removed %", "steps", "val loss", "val accuracy", "kept %"});
    const xtn::evaluation before = picogpt::evaluate(teacher, validation, teacher.context(), pool);
    results.add_row(
        {"before", "", whole, {0.0, 1}, std::uint64_t{0}, before.loss, {100 * before.accuracy, 2}, {100.0, 1}});
    const auto reduce = [&](const picogpt::reduced_shape& shape, const std::string& kind, std::optional<double> share) {
        for (const std::uint64_t steps : s.recovery) {
            const auto start = std::chrono::steady_clock::now();
            const picogpt::model<float> m = reducible.reduced(shape, picogpt::subspace_named(kind));
            const double fusion = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
            picogpt::recipe recipe = picogpt::fine_tuning_recipe("dense", steps, s.common.batch, s.common.seed);
            recipe.precision = s.common.precision;
            nlohmann::ordered_json options{{"model", shape.name()},
                                           {"subspace", kind},
                                           {"weights", std::filesystem::path(s.weights).filename().string()},
                                           {"calibration", s.calibration},
                                           {"calibration_from", s.calibration_from}};
            if (share) options["share_removed"] = *share;
            options.update(describe(recipe));
            examples::run_record record("picogpt_subspace", options, s.common.seed);
            const std::size_t parameters = xtn::parameter_count(m.parameters());
            record.set("teacher_parameters", whole);
            record.set("teacher_loss", before.loss);
            record.set("teacher_acc", before.accuracy);
            record.set("calibration_seconds", seconds);
            record.set("fusion_seconds", fusion);
            record.set("calibration_loss", reducible.calibration_loss(m, pool));
            record.set("share_of_moment", reducible.share_of_moment(shape.width, picogpt::subspace_named(kind)));
            const std::string name = shape.name() + "-" + kind + "-c" + std::to_string(s.calibration) +
                                     (s.calibration_from > 0 ? "from" + std::to_string(s.calibration_from) : "") +
                                     "-recovered" + std::to_string(steps);
            const xtn::evaluation after =
                picogpt::train(m, source.corpus, recipe, pool, s.common.out, name, record, s.common.resume).validation;
            results.add_row({shape.name(),
                             kind,
                             parameters,
                             {100 - 100 * static_cast<double>(parameters) / static_cast<double>(whole), 1},
                             steps,
                             after.loss,
                             {100 * after.accuracy, 2},
                             {100 * after.accuracy / before.accuracy, 1}});
        }
    };
    for (const std::string& kind : s.subspaces) {
        if (s.removed.empty())
            for (const auto& shape : shapes_of(s, reducible.whole())) reduce(shape, kind, {});
        for (const double share : s.removed) {
            const auto most = static_cast<std::size_t>((1 - share) * static_cast<double>(whole));
            const auto passed = reducible.greedy_shapes(most, picogpt::subspace_named(kind), pool);
            reduce(passed.empty() ? reducible.whole() : passed.back(), kind, share);
        }
    }
    std::cout << "\n" << results.markdown();
}

}  // namespace

int main(int argc, char** argv) {
    examples::use_best_blas_kernels(argc, argv);
    settings s;
    examples::program app("Cuts a trained PicoGPT to a smaller hidden size.", "picogpt_subspace");
    examples::add_options(app, s.common, "results/picogpt_subspace");
    app.add_option("--weights", s.weights, "safetensors file of a pre-norm PicoGPT, of any operators")->required();
    app.add_option("--width", s.widths, "of the residual stream [all]");
    app.add_option("--neurons", s.neurons, "kept in each feed-forward layer [all]");
    app.add_option("--heads", s.heads, "dimensions kept of the keys and of the values of each head [all]");
    app.add_option("--remove", s.removed, "instead: shares of the parameters to remove, by a greedy search")
        ->check(CLI::Range(0.0, 1.0));
    app.add_option("--subspace", s.subspaces, "stacked, balanced, sensitive, per_site, coordinates or random")
        ->check(CLI::IsMember(picogpt::subspace_names));
    app.add_option("--recovery", s.recovery, "steps of training on");
    app.add_option("--calibration", s.calibration, "windows")->check(CLI::PositiveNumber);
    app.add_option("--calibration-from", s.calibration_from, "character of the training split that they begin at");
    return app.run(argc, argv, [&] {
        if (s.common.quick && app.count("--recovery") == 0) s.recovery = {0, 50};
        run(s);
    });
}
