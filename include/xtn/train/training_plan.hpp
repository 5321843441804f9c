// SPDX-License-Identifier: BSD-3-Clause
// How a task is trained: AdamW with clipping, warm-up and cosine, what decays, and when to score and to save.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include <xtn/core/precision.hpp>
#include <xtn/op/operator.hpp>
#include <xtn/train/adamw.hpp>
#include <xtn/train/parameter_store.hpp>

namespace xtn {

/// What weight decay acts on.
enum class decayed {
    nothing,
    matrices,  ///< the parameters of operators, and tables: not biases and scales
    everything
};

/// Everything of a training but the task.
struct training_plan {
    std::uint64_t steps = 2000;  ///< of the schedule
    std::uint64_t stop =
        std::numeric_limits<std::uint64_t>::max();  ///< training ends after this step, if that comes earlier
    std::size_t batch = 32;                         ///< examples of a step
    std::uint64_t seed = 1;                         ///< of the batches
    double learning_rate = 1e-3;                    ///< peak
    std::uint64_t warmup = 100;                     ///< steps; a cosine to 0 follows
    adamw_options optimizer{.beta2 = 0.95};
    double weight_decay = 0.1;
    decayed decay = decayed::matrices;
    std::map<std::string, double> rate_factors{};  ///< of the learning rate, by name of a parameter; others have 1
    double clip = 1;                               ///< of the global gradient norm
    std::uint64_t evaluate_every = 250;            ///< steps, and after the last
    std::uint64_t checkpoint_every = 100;          ///< steps, and after the last
    std::filesystem::path checkpoint{};            ///< file of the last state; without one, none is written
    bool resume = false;                           ///< go on from the checkpoint if there is one
    std::size_t lanes = 8;                         ///< shares of a batch, which decide the order of sums
    /// Whether the matrices of operators are made once a step, where that is less work. Their gradients then travel between
    /// processes; without, those of the operators' own parameters do, which are fewer.
    bool reconstruct = true;
    xtn::precision precision = xtn::precision::full;  ///< of the matrix products of a step; scores are made in full

    /// The step that training ends after.
    std::uint64_t last() const { return std::min(steps, stop); }
};

/// The weight decay of every parameter. Matrices are told from biases and scales by what they are: a parameter of an operator,
/// or a tensor of two axes or more.
template <std::floating_point T>
std::vector<parameter_group> decay_groups(const parameter_store<T>& store,
                                          const std::vector<any_operator<T>>& operators, decayed what,
                                          double weight_decay) {
    std::vector<parameter<T>> of_operators;
    for (const any_operator<T>& op : operators)
        for (const named_parameter<T>& p : op.parameters()) of_operators.push_back(p.value);
    std::vector<parameter_group> groups;
    for (const auto& e : store.entries()) {
        const bool matrix =
            e.value.shape().size() >= 2 || std::ranges::find(of_operators, e.value) != of_operators.end();
        const bool decays = what == decayed::everything || (what == decayed::matrices && matrix);
        groups.push_back({.offset = e.offset, .size = e.value.size(), .weight_decay = decays ? weight_decay : 0});
    }
    return groups;
}

/// The groups of a plan. Throws xtn::error for the learning-rate factor of a parameter that the store does not have.
template <std::floating_point T>
std::vector<parameter_group> parameter_groups(const parameter_store<T>& store,
                                              const std::vector<any_operator<T>>& operators,
                                              const training_plan& plan) {
    std::vector<parameter_group> groups = decay_groups(store, operators, plan.decay, plan.weight_decay);
    for (const auto& [name, factor] : plan.rate_factors) {
        const auto found = std::ranges::find(store.entries(), name, &parameter_store<T>::entry::name);
        if (found == store.entries().end())
            throw error("training_plan: a learning-rate factor is given for \"" + name + "\", which is no parameter");
        groups[static_cast<std::size_t>(found - store.entries().begin())].lr_scale = factor;
    }
    return groups;
}

}  // namespace xtn
