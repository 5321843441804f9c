// SPDX-License-Identifier: BSD-3-Clause
#include "conversion.hpp"

#include <algorithm>

namespace picogpt {

std::vector<conversion_stage> conversion_stages(const std::string& way, std::uint64_t windows,
                                                const conversion_recipe& rates) {
    if (std::ranges::find(conversion_ways, way) == conversion_ways.end())
        throw xtn::error("\"" + way + "\" is no way to train on; there are next_token, aligned, distilled and scratch");
    recipe how = tuned_recipe("dense");
    if (way != "scratch") {
        how.batch = rates.batch;
        how.learning_rate = rates.next_token;
    }
    if (windows % how.batch != 0)
        throw xtn::error(std::to_string(windows) + " windows are no number of batches of " + std::to_string(how.batch));
    const std::uint64_t batches = windows / how.batch, alignment = batches * 3 / 8;
    std::vector<conversion_stage> stages;
    const auto add = [&](const std::string& name, std::optional<lesson> taught, std::uint64_t steps, double rate) {
        conversion_stage s{name, taught, how};
        s.how.steps = steps;
        s.how.warmup = steps / 20;
        s.how.evaluate_every = std::max<std::uint64_t>(steps, 1);  // small steps, many of them: a score at the end
        s.how.checkpoint_every = 1000;
        s.how.learning_rate = rate;
        stages.push_back(s);
    };
    if (way == "next_token" || way == "scratch") {
        add("next_token", std::nullopt, batches, how.learning_rate);
        return stages;
    }
    add("aligned", lesson::alignment, alignment, rates.alignment);
    if (way == "aligned")
        add("next_token", std::nullopt, batches - 2 * alignment, rates.finish);
    else
        add("distilled", lesson::distillation, batches / 2 - alignment, rates.finish);
    return stages;
}

}  // namespace picogpt
