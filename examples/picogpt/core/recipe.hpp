// SPDX-License-Identifier: BSD-3-Clause
// How a PicoGPT is trained: everything of a run but the model's form and the text.
//
// "published" is the MPO paper's code (arXiv 2603.28534): AdamW 3e-4, decay 0.1 on everything, and for MPO cores an
// initialisation that is 3.4 to 4.8 times too small with three sites. "tuned" is what picogpt_search found for each
// family in equally many trials of equally many steps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "operators.hpp"

namespace picogpt {

/// What weight decay acts on.
enum class decayed {
    nothing,
    matrices,   ///< linear layers and the tables of tokens and positions, not norms and biases
    everything  ///< as the published recipe has it
};

struct recipe {
    std::uint64_t steps = 2000;       ///< of the schedule
    std::uint64_t stop = UINT64_MAX;  ///< training ends after this step, if that comes earlier
    std::size_t batch = 32;           ///< windows per step
    double learning_rate = 3e-4;      ///< peak
    std::uint64_t warmup = 100;       ///< steps; a cosine to 0 follows
    double beta1 = 0.9, beta2 = 0.95;
    double weight_decay = 0.1;
    decayed decay = decayed::everything;
    double clip = 1.0;  ///< of the global gradient norm
    initialisation start{};
    std::uint64_t seed = 1;
    std::uint64_t evaluate_every = 250;
    std::uint64_t checkpoint_every = 100;
};

/// The paper's recipe, for all models.
recipe published_recipe();

/// The recipe that the search chose for the model's family, dense or factorised.
recipe tuned_recipe(const representation& r);

/// The recipe that the search chose for the dense model of the spectral experiment, for all rows of that.
recipe spectral_recipe();

/// "nothing", "matrices" or "everything".
std::string name_of(decayed d);

/// What makes two runs of one model on one text the same run, for run records.
nlohmann::ordered_json describe(const recipe& r);

}  // namespace picogpt
