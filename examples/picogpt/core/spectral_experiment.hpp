// SPDX-License-Identifier: BSD-3-Clause
// What "Training Transformers in Cosine Coefficient Space" (arXiv 2604.04440) compares, as far as it can be told: its
// model, recovered from the parameter counts it gives, and the rows of the experiment by the share of coefficients.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "model.hpp"
#include "representation.hpp"

namespace picogpt {

/// 826,368 parameters when dense, 786,432 of them in the 16 matrices of the blocks.
inline constexpr model_shape spectral_shape{
    .context = 128, .learned_positions = true, .fused = true, .projection_biases = true};

/// The matrices of the blocks in the form of this name; the head stays dense, like the tables of tokens and positions.
inline representation in_blocks(const std::string& name) {
    representation r(name);
    r.head = {};
    return r;
}

/// A share of the coefficients, and the uniform rank with the number of parameters next to it.
struct spectral_share {
    const char* text;
    double value;
    std::size_t rank;
};
inline constexpr std::array<spectral_share, 4> spectral_shares{
    {{"0.5", 1.0 / 2, 48}, {"0.25", 1.0 / 4, 24}, {"0.1", 1.0 / 10, 10}, {"0.05", 1.0 / 20, 5}}};

/// Where the coefficients lie, as names have it; a random basis has the first one's.
inline constexpr std::array<const char*, 5> spectral_supports{"", "-rectangle", "-scattered", "-random_basis",
                                                              "-scaled_zigzag"};

inline std::string spectral_name(const spectral_share& share, const char* support) {
    return std::string("spectral-") + share.text + support;
}
inline std::string low_rank_name(const spectral_share& share) { return "low_rank-" + std::to_string(share.rank); }

/// The rows: dense; all supports but the last, and low rank, at a half and a twentieth. With `all`, then the other two
/// shares, and the last support at each.
inline std::vector<std::string> spectral_rows(bool all) {
    std::vector<std::string> names{"dense"};
    const auto add = [&](const spectral_share& share) {
        for (std::size_t k = 0; k + 1 < spectral_supports.size(); ++k)
            names.push_back(spectral_name(share, spectral_supports[k]));
        names.push_back(low_rank_name(share));
    };
    add(spectral_shares.front());
    add(spectral_shares.back());
    if (!all) return names;
    add(spectral_shares[1]);
    add(spectral_shares[2]);
    for (const spectral_share& share : spectral_shares) names.push_back(spectral_name(share, spectral_supports.back()));
    return names;
}

}  // namespace picogpt
