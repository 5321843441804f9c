// SPDX-License-Identifier: BSD-3-Clause
#include "conversion.hpp"

#include <algorithm>

namespace picogpt {

std::vector<conversion_stage> conversion_stages(const std::string& way, std::uint64_t budget,
                                                const conversion_rates& rates) {
    if (std::ranges::find(conversion_ways, way) == conversion_ways.end())
        throw xtn::error("\"" + way + "\" is no way to train on; there are next_token, aligned, distilled and scratch");
    recipe how = tuned_recipe("dense");
    if (way != "scratch") how.learning_rate = rates.next_token;
    std::vector<conversion_stage> stages;
    std::uint64_t left = budget;
    const auto add = [&](const std::string& name, std::optional<lesson> taught, std::uint64_t steps, double rate) {
        if (taught && steps == 0) return;
        recipe r = how;
        r.steps = steps;
        r.warmup = steps / 20;
        r.learning_rate = rate;
        stages.push_back({name, taught, r});
        left -= stages.back().read();
    };
    if (way == "aligned") add("aligned", lesson::alignment, budget / 4, rates.alignment);
    if (way == "distilled") {
        add("aligned", lesson::alignment, budget / 6, rates.alignment);
        add("distilled", lesson::distillation, budget / 6, rates.next_token);
    }
    add("next_token", std::nullopt, left, how.learning_rate);
    return stages;
}

}  // namespace picogpt
