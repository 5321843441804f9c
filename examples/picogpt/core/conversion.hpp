// SPDX-License-Identifier: BSD-3-Clause
// Ways to train a model on whose attention was exchanged, as stages that follow one another, each with a schedule and an
// optimiser of its own:
//
//     next_token   next tokens: the paper's (DiJiang, arXiv 2403.19928)
//     aligned      alignment of attention layers for half of the budget, then next tokens
//     distilled    alignment, distillation and next tokens, a third of the budget each (RADLADS, arXiv 2505.03005)
//     scratch      next tokens, from a model that begins untrained
//
// A budget is counted in batches that are read, the teacher's readings too: a step that it takes part in costs two.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "recipe.hpp"
#include "taught_task.hpp"

namespace picogpt {

/// The ways there are.
inline constexpr std::array<std::string_view, 4> conversion_ways{"next_token", "aligned", "distilled", "scratch"};

/// How fast a converted model learns.
struct conversion_rates {
    double next_token = 5e-4;  ///< peak of the learning rate, in distillation too
    double alignment = 1e-3;
    double exchanged = 10;  ///< what came with the exchange learns so many times as fast
};

/// Some steps of learning one thing.
struct conversion_stage {
    std::string name;              ///< "aligned", "distilled" or "next_token"
    std::optional<lesson> taught;  ///< of a teacher; nothing: next tokens
    recipe how;

    /// Batches that are read.
    std::uint64_t read() const { return how.steps * (taught ? 2 : 1); }
};

/// The stages in which a way spends a budget, next tokens last; a teacher's without a step are left out. Throws xtn::error for
/// another way.
std::vector<conversion_stage> conversion_stages(const std::string& way, std::uint64_t budget,
                                                const conversion_rates& rates = {});

}  // namespace picogpt
