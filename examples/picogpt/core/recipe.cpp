// SPDX-License-Identifier: BSD-3-Clause
#include "recipe.hpp"

namespace picogpt {

recipe published_recipe() { return {.start = {.published_mpo = true}}; }

recipe tuned_recipe(const representation& r) {
    if (r.dense()) return {.learning_rate = 2e-3, .decay = decayed::nothing, .start = {.sigma = 0.04}};
    return {.learning_rate = 1e-2, .decay = decayed::matrices, .start = {.sigma = 0.04}};
}

recipe spectral_recipe() { return {.batch = 64, .learning_rate = 8e-3, .decay = decayed::matrices}; }

std::string name_of(decayed d) {
    return d == decayed::nothing ? "nothing" : d == decayed::matrices ? "matrices" : "everything";
}

nlohmann::ordered_json describe(const recipe& r) {
    return {{"steps", r.steps},
            {"batch", r.batch},
            {"learning_rate", r.learning_rate},
            {"warmup", r.warmup},
            {"beta1", r.beta1},
            {"beta2", r.beta2},
            {"weight_decay", r.weight_decay},
            {"decayed", name_of(r.decay)},
            {"clip", r.clip},
            {"sigma", r.start.sigma},
            {"published_mpo_initialisation", r.start.published_mpo}};
}

}  // namespace picogpt
