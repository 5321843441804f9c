// SPDX-License-Identifier: BSD-3-Clause
// The tables, figures and numbers of docs/experiments/spectral.md, from run records alone, and what is asked of them: the
// figures of the paper (arXiv 2604.04440, second version) and the relations between them, fixed before the runs.
#pragma once

#include <vector>

#include "experiment_page.hpp"

namespace picogpt {

/// From the records of picogpt_spectral, picogpt_search and picogpt_step_time. What has no record yet is a dash.
experiment_page make_spectral_page(const std::vector<examples::json>& records);

/// Validation losses that the abstract of the second version prints.
struct printed_loss {
    const char* model;
    double loss;
};
inline constexpr printed_loss printed_losses[] = {{"dense", 1.580}, {"spectral-0.5", 1.604}, {"low_rank-48", 1.801}};

/// Bounds of the relations. The paper's gaps to dense are 0.024 and 0.221; it calls the former within the variation of the
/// dense run's last epochs.
inline constexpr double noise = 0.03;                                    ///< half of the coefficients cost at most this
inline constexpr double low_rank_gap_min = 0.1, low_rank_gap_max = 0.4;  ///< rank 48 costs "of the order of 0.2"
inline constexpr double way_min = 0.5;        ///< zigzags of a tenth come this far from dense to the line of rank 48
inline constexpr double slow_down_max = 1.2;  ///< a step may take 20 % longer (the paper's first version)

}  // namespace picogpt
