// SPDX-License-Identifier: BSD-3-Clause
// The search behind the tuned recipes of the MPO and the spectral experiment: eight trials for every family, each a
// training run in small. The family "spectral" is that experiment's dense model, whose recipe all its rows have. A
// trial learns from the first nine tenths of the training split and is scored on the last tenth; the validation split
// is never read.
//
// The rule, fixed before the runs. From the family's starting point, one thing after the other is varied around the
// best trial so far: four learning rates a factor of two apart; the two other standard deviations of the initial
// matrices among 0.02, 0.04 and 0.08; the two other choices of what decays. The trial with the lowest loss at its end
// wins. Warm-up and weight decay are scaled with the length of a trial, so that it warms up over the same part of the
// run and forgets as much of its beginning as the run it stands for.
#include <iostream>
#include <limits>
#include <string>
#include <vector>

#include "common/blas_kernels.hpp"
#include "common/data.hpp"
#include "common/options.hpp"
#include "common/plan.hpp"
#include "common/run_record.hpp"
#include "common/table.hpp"
#include "core/operators.hpp"
#include "core/recipe.hpp"
#include "core/spectral_experiment.hpp"
#include "core/training.hpp"

namespace {

struct settings {
    examples::options common;
    std::string family = "dense";
    std::uint64_t stands_for = 2000;
};

picogpt::recipe starting_point(bool dense) {
    return {{.learning_rate = dense ? 1e-3 : 2.5e-3}, {.sigma = dense ? 0.02 : 0.04}};
}

class search {
public:
    search(const settings& s, const xtn::text_corpus& corpus)
        : settings_(s),
          text_(picogpt::split::for_choices(corpus)),
          form_(s.family == "mpo" ? "mpo-16" : "dense"),
          shape_(s.family == "spectral" ? picogpt::spectral_shape : picogpt::model_shape{}),
          pool_(s.common.threads),
          record_("picogpt_search",
                  {{"family", s.family},
                   {"data", std::filesystem::path(corpus.origin()).filename().string()},
                   {"train_characters", text_.train.size()},
                   {"scored_characters", text_.validation.size()},
                   {"steps", s.common.steps},
                   {"batch", s.common.batch},
                   {"stands_for", s.stands_for}},
                  s.common.seed),
          trials_({"trial", "learning rate", "sigma", "decayed", "loss", "accuracy"}) {
        shape_.vocabulary = corpus.characters().size();
    }

    void run() {
        using xtn::decayed;
        const bool dense = form_.dense();
        best_ = starting_point(dense);
        const picogpt::recipe start = best_;
        for (const double factor : {1.0, 2.0, 4.0, 8.0}) {
            picogpt::recipe r = start;
            r.learning_rate *= factor;
            trial(r);
        }
        for (const double sigma : {0.02, 0.04, 0.08}) {
            picogpt::recipe r = best_;
            r.start.sigma = sigma;
            if (sigma != start.start.sigma) trial(r);
        }
        for (const decayed d : {decayed::nothing, decayed::everything}) {
            picogpt::recipe r = best_;
            r.decay = d;
            trial(r);
        }
        record_.set("winner", summary(best_, best_score_));
        record_.save(settings_.common.out / (settings_.family + "-search.json"));
        std::cout << "\n" << trials_.markdown();
    }

private:
    nlohmann::ordered_json summary(const picogpt::recipe& r, const xtn::evaluation& e) const {
        return {{"learning_rate", r.learning_rate},
                {"weight_decay", r.weight_decay},
                {"decayed", examples::name_of(r.decay)},
                {"sigma", r.start.sigma},
                {"loss", e.loss},
                {"accuracy", e.accuracy}};
    }

    /// Trains with `r`, which is written for the full run, in small.
    void trial(const picogpt::recipe& r) {
        const examples::options& o = settings_.common;
        const double shorter = static_cast<double>(settings_.stands_for) / static_cast<double>(o.steps);
        picogpt::recipe small = r;
        small.steps = o.steps;
        small.batch = o.batch;
        small.precision = o.precision;
        small.seed = o.seed;
        small.warmup = static_cast<std::uint64_t>(static_cast<double>(r.warmup) / shorter);
        small.weight_decay = r.weight_decay * shorter;
        small.evaluate_every = o.steps;

        const std::size_t number = trials_.rows() + 1;
        const std::string name = settings_.family + "-trial-" + std::to_string(number);
        std::cout << "\n"
                  << name << ": learning rate " << r.learning_rate << ", sigma " << r.start.sigma << ", decay on "
                  << examples::name_of(r.decay) << "\n";
        const picogpt::model<float> m = picogpt::make_model(shape_, form_, r.start, o.seed);
        nlohmann::ordered_json options = describe(small);
        options["model"] = form_.name;
        examples::run_record record("picogpt_search", options, o.seed);
        xtn::evaluation e;
        try {
            e = picogpt::train(m, text_, small, pool_, o.out, name, record, o.resume).validation;
        } catch (const xtn::numeric_error& diverged) {
            std::cout << diverged.what() << "\n";
            e.loss = std::numeric_limits<double>::infinity();
        }

        summaries_.push_back(summary(r, e));
        record_.set("trials", summaries_);
        trials_.add_row({number,
                         {r.learning_rate, 5},
                         {r.start.sigma, 2},
                         examples::name_of(r.decay),
                         e.loss,
                         {100 * e.accuracy, 2}});
        if (number == 1 || e.loss < best_score_.loss) best_ = r, best_score_ = e;
    }

    settings settings_;
    picogpt::split text_;
    picogpt::representation form_;
    picogpt::model_shape shape_;
    xtn::thread_pool pool_;
    examples::run_record record_;
    examples::table trials_;
    nlohmann::ordered_json summaries_ = nlohmann::ordered_json::array();
    picogpt::recipe best_;
    xtn::evaluation best_score_;
};

}  // namespace

int main(int argc, char** argv) {
    examples::use_best_blas_kernels(argc, argv);
    settings s;
    s.common.steps = 800;
    examples::program app("Searches the training recipe of a PicoGPT family on a part of the training split.",
                          "picogpt_search");
    examples::add_options(app, s.common, "results/picogpt_search");
    app.add_option("--family", s.family, "dense, mpo (chi = 16), or spectral")
        ->check(CLI::IsMember({"dense", "mpo", "spectral"}));
    app.add_option("--stands-for", s.stands_for, "steps of the run that the recipe is for")->check(CLI::PositiveNumber);
    return app.run(argc, argv, [&] {
        if (s.common.quick && app.count("--steps") == 0) s.common.steps = 30;
        if (s.family == "spectral" && app.count("--batch") == 0) s.common.batch = picogpt::spectral_recipe().batch;
        const examples::corpus_source source = examples::find_corpus({.data = s.common.data});
        examples::make_directory(s.common.out);
        search(s, source.corpus).run();
    });
}
