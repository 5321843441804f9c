// SPDX-License-Identifier: BSD-3-Clause
// How a PicoGPT is trained: everything of a run but the model's form and the text.
//
// "published" is the MPO paper's code (arXiv 2603.28534): AdamW 3e-4, decay 0.1 on everything, and for MPO cores an
// initialisation that is 3.4 to 4.8 times too small with three sites. "tuned" is what picogpt_search found for each
// family in equally many trials of equally many steps. "structured" has one rate for all of them.
#pragma once

#include <cstddef>
#include <cstdint>

#include <nlohmann/json.hpp>

#include <xtn/train/training_plan.hpp>

#include "operators.hpp"

namespace picogpt {

/// A plan, and how the model starts.
struct recipe : xtn::training_plan {
    initialisation start{};
};

/// The paper's recipe, for all models.
recipe published_recipe();

/// The recipe that the search chose for the model's family, dense or factorised; with the rate of their own trials for small bonds and
/// for blocks that take turns.
recipe tuned_recipe(const representation& r);

/// For all models: the dense learning rate and deviation, of which every factor has its share by its place in the network.
recipe structured_recipe();

/// For training on what was trained: a quarter of the learning rate that the search chose, warm-up over a twentieth of the steps.
recipe fine_tuning_recipe(const representation& r, std::uint64_t steps, std::size_t batch, std::uint64_t seed);

/// The recipe that the search chose for the dense model of the spectral experiment, for all rows of that.
recipe spectral_recipe();

/// What makes two runs of one model on one text the same run, for run records.
nlohmann::ordered_json describe(const recipe& r);

}  // namespace picogpt
