// SPDX-License-Identifier: BSD-3-Clause
// The operators that a PicoGPT's linear layers can be made of, models of them, and their initialisation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "model.hpp"
#include "representation.hpp"

namespace picogpt {

/// How the layers start: entries of standard deviation sigma in every matrix, or the MPO paper's heuristic, whose
/// entries have in^(-sites / 4).
struct initialisation {
    double sigma = 0.02;
    bool published_mpo = false;
    /// Factors start as their place in the network demands (xtn::factor_scales), in proportion to a dense layer 128 wide with
    /// entries of sigma.
    bool by_structure = false;
};

/// Where the coefficients of a spectral layer stand; scattered ones are drawn for each layer's name.
xtn::support support_of(const form& f, const std::string& layer);

/// What the operator of a layer is; random bases are drawn for each layer's name. The MPO paper's sites, for forms that name
/// none, are two for the attention matrices and the head, with factors as near to the square root as divisors allow,
/// smaller first, and three balanced ones for the feed-forward matrices. Sums of Kronecker products are MPOs.
xtn::operator_description describe(const form& f, const std::string& layer, std::size_t out, std::size_t in);

/// The shape with the representation's width, where it names one; the feed-forward layers are four times as wide.
model_shape shape_of(const representation& r, model_shape shape = {});

/// A model of this representation, all zeros but the norms. `shape` gives what the representation leaves open.
model<float> make_model(const model_shape& shape, const representation& r);

/// The same, initialised from the seed: token and learned position tables N(0, 0.02^2), linear layers as `init` says, biases 0.
model<float> make_model(const model_shape& shape, const representation& r, const initialisation& init,
                        std::uint64_t seed);

/// The learning-rate factors of a model's operators by the places of their parameters (xtn::factor_scales), in units of the
/// rate of a dense layer 128 wide.
std::map<std::string, double> rates_by_structure(const model<float>& m);

}  // namespace picogpt
