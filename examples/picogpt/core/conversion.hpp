// SPDX-License-Identifier: BSD-3-Clause
// Ways to train a model on whose attention was exchanged, as stages that follow one another, each with a schedule and an
// optimiser of its own:
//
//     next_token   next tokens: the paper's (DiJiang, arXiv 2403.19928)
//     aligned      alignment of attention layers for three quarters of the budget, then next tokens
//     distilled    alignment for as much, then distillation (the first two steps of RADLADS, arXiv 2505.03005)
//     scratch      next tokens, from a model that begins untrained
//
// A budget is a number of windows that are read, the teacher's readings too: a step that it takes part in costs two batches. Batches
// are small, for what counts is how many windows are read, not how many at once; "scratch" has the dense recipe's.
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

/// How a converted model learns.
struct conversion_recipe {
    std::size_t batch = 1;     ///< windows
    double next_token = 1e-3;  ///< peak of the learning rate of next tokens alone
    double alignment = 3e-3;
    double finish = 1e-4;   ///< of what follows alignment
    double exchanged = 10;  ///< what came with the exchange learns so many times as fast
};

/// Some steps of learning one thing.
struct conversion_stage {
    std::string name;              ///< "aligned", "distilled" or "next_token"
    std::optional<lesson> taught;  ///< of a teacher; nothing: next tokens
    recipe how;

    /// Windows that are read.
    std::uint64_t read() const { return how.steps * how.batch * (taught ? 2 : 1); }
};

/// The stages in which a way spends a budget of windows, at least one; the last takes what others leave, an odd window to be read
/// with a teacher excepted. Throws xtn::error for another way, and for a budget that is no number of batches.
std::vector<conversion_stage> conversion_stages(const std::string& way, std::uint64_t windows,
                                                const conversion_recipe& recipe = {});

}  // namespace picogpt
