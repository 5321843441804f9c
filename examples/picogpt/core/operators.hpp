// SPDX-License-Identifier: BSD-3-Clause
// The operators that a PicoGPT's linear layers can be made of, and their initialisation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "model.hpp"

namespace picogpt {

/// How a model's linear layers are represented.
struct representation {
    std::size_t bond = 0;  ///< of an MPO; 0 means dense

    std::string name() const { return bond == 0 ? "dense" : "mpo-" + std::to_string(bond); }
};

/// How they start: entries of standard deviation sigma in every matrix, or the MPO paper's heuristic, whose entries have
/// in^(-sites / 4).
struct initialisation {
    double sigma = 0.02;
    bool published_mpo = false;
};

/// One layer: dense, or an MPO in the paper's sites (two for 128 x 128 and the head, three for the feed-forward
/// matrices; other extents: two sites as near to the square root as divisors allow).
xtn::any_operator<float> make_operator(const representation& r, std::size_t out, std::size_t in);

/// A model of this representation, initialised from the seed: linear layers and the token table N(0, 0.02^2) or as
/// `init` says for the layers, biases 0.
model<float> make_model(const model_shape& shape, const representation& r, const initialisation& init,
                        std::uint64_t seed);

}  // namespace picogpt
