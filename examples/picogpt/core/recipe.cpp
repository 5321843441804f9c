// SPDX-License-Identifier: BSD-3-Clause
#include "recipe.hpp"

#include "../../common/plan.hpp"

namespace picogpt {
namespace {

/// What the search found for dense and for factorised models.
recipe found_recipe(bool dense) {
    if (dense) return {{.learning_rate = 2e-3, .decay = xtn::decayed::nothing}, {.sigma = 0.04}};
    return {{.learning_rate = 1e-2}, {.sigma = 0.04}};
}

}  // namespace

recipe published_recipe() {
    return {{.learning_rate = 3e-4, .decay = xtn::decayed::everything}, {.published_mpo = true}};
}

recipe tuned_recipe(const representation& r) {
    recipe how = found_recipe(r.dense());
    // What all blocks use takes a higher rate, and so do small bonds (docs/results/mpo/turns and small).
    const bool small = r.attention.family == "mpo" && r.attention.size <= 8;
    if (!r.dense() && (r.blocks > 0 || small)) how.learning_rate = 2e-2;
    return how;
}

recipe structured_recipe() { return {{.learning_rate = 2e-3}, {.sigma = 0.04, .by_structure = true}}; }

recipe fine_tuning_recipe(const representation& r, std::uint64_t steps, std::size_t batch, std::uint64_t seed) {
    recipe how = found_recipe(r.dense());
    how.learning_rate /= 4;
    how.steps = steps;
    how.warmup = steps / 20;
    how.batch = batch;
    how.seed = seed;
    return how;
}

recipe spectral_recipe() { return {{.batch = 64, .learning_rate = 8e-3}, {}}; }

nlohmann::ordered_json describe(const recipe& r) {
    auto all = examples::describe(static_cast<const xtn::training_plan&>(r));
    all["sigma"] = r.start.sigma;
    all["published_mpo_initialisation"] = r.start.published_mpo;
    if (r.start.by_structure) all["by_structure"] = true;
    return all;
}

}  // namespace picogpt
