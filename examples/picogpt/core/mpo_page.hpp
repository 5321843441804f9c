// SPDX-License-Identifier: BSD-3-Clause
// The tables, figures and numbers of docs/experiments/mpo.md, from run records alone.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "experiment_page.hpp"

namespace picogpt {

/// From the records of picogpt_mpo, picogpt_search, picogpt_compress, picogpt_grow, picogpt_spectrum and
/// picogpt_generation. What has no record yet is a dash.
experiment_page make_mpo_page(const std::vector<examples::json>& records);

/// What the MPO paper printed (arXiv 2603.28534, table 4); parameters as printed there. Loss in nats, accuracy in percent.
struct printed_row {
    const char* model;
    std::size_t parameters;
    double loss, accuracy;
};
inline constexpr printed_row printed[] = {{"dense", 1020224, 1.860, 52.8},
                                          {"mpo-4", 78336, 2.220, 36.8},
                                          {"mpo-8", 110592, 1.950, 46.8},
                                          {"mpo-16", 191872, 1.850, 51.6},
                                          {"mpo-32", 408832, 1.850, 52.4}};

/// The relative errors that the paper printed for W_q of a "randomly initialised" model.
inline constexpr std::pair<std::size_t, double> printed_errors[] = {{4, 0.395}, {8, 0.261}, {16, 0.135}, {32, 0.065}};

/// The claim: chi = 16 keeps this much of the accuracy of a dense model that reaches so much, in percent.
inline constexpr double claimed_kept = 97.7, claimed_dense = 52.8;

}  // namespace picogpt
