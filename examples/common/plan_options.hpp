// SPDX-License-Identifier: BSD-3-Clause
// What a command line may change of a training plan.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include <xtn/train/training_plan.hpp>

#include "options.hpp"
#include "plan.hpp"

namespace examples {

/// The options.
struct plan_options {
    std::optional<double> learning_rate, weight_decay;
    std::optional<xtn::decayed> decay;
    std::uint64_t warmup = 100, evaluate_every = 250, checkpoint_every = 100;
    std::size_t lanes = 8;
    bool reconstruct = true;

    void add_to(CLI::App& app) {
        app.add_option("--learning-rate", learning_rate, "peak, for all models [from the recipe]")
            ->check(CLI::PositiveNumber);
        app.add_option("--weight-decay", weight_decay, "for all models [from the recipe]")
            ->check(CLI::NonNegativeNumber);
        std::map<std::string, xtn::decayed> names;
        for (const auto d : {xtn::decayed::nothing, xtn::decayed::matrices, xtn::decayed::everything})
            names[name_of(d)] = d;
        app.add_option("--decayed", decay, "what weight decay acts on [from the recipe]")
            ->transform(CLI::CheckedTransformer(names));
        app.add_option("--warmup", warmup, "steps");
        app.add_option("--evaluate-every", evaluate_every, "steps")->check(CLI::PositiveNumber);
        app.add_option("--checkpoint-every", checkpoint_every, "steps")->check(CLI::PositiveNumber);
        app.add_option("--lanes", lanes,
                       "shares of a batch: the most threads and processes that have work; part of the result")
            ->check(CLI::PositiveNumber);
        app.add_flag("!--no-reconstruct", reconstruct,
                     "never multiply with an operator's matrix: less to send between processes, more to compute");
    }

    /// Changes a plan.
    void apply_to(xtn::training_plan& p, const options& o, std::uint64_t seed) const {
        p.steps = o.steps;
        p.batch = o.batch;
        p.precision = o.precision;
        p.warmup = std::min(warmup, o.steps);
        p.seed = seed;
        p.evaluate_every = evaluate_every;
        p.checkpoint_every = checkpoint_every;
        p.lanes = lanes;
        p.reconstruct = reconstruct;
        if (learning_rate) p.learning_rate = *learning_rate;
        if (weight_decay) p.weight_decay = *weight_decay;
        if (decay) p.decay = *decay;
    }
};

}  // namespace examples
