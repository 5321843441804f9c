// SPDX-License-Identifier: BSD-3-Clause
// What a run record says of a training plan.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include <xtn/train/training_plan.hpp>

namespace examples {

/// "nothing", "matrices" or "everything".
inline std::string name_of(xtn::decayed d) {
    return d == xtn::decayed::nothing ? "nothing" : d == xtn::decayed::matrices ? "matrices" : "everything";
}

/// What makes two runs of one model on one data set the same run.
inline nlohmann::ordered_json describe(const xtn::training_plan& p) {
    nlohmann::ordered_json all{{"steps", p.steps},
                               {"batch", p.batch},
                               {"learning_rate", p.learning_rate},
                               {"warmup", p.warmup},
                               {"beta1", p.optimizer.beta1},
                               {"beta2", p.optimizer.beta2},
                               {"weight_decay", p.weight_decay},
                               {"decayed", name_of(p.decay)},
                               {"clip", p.clip}};
    if (p.lanes != 8) all["lanes"] = p.lanes;
    if (!p.reconstruct) all["reconstruct"] = false;
    if (p.precision == xtn::precision::bfloat16) all["precision"] = "bfloat16";
    return all;
}

}  // namespace examples
