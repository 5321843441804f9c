// SPDX-License-Identifier: BSD-3-Clause
// Kinds of attention, as names that command lines, files and tables share:
//
//     softmax          what a PicoGPT has
//     paper            DiJiang as its paper has it (arXiv 2403.19928): D exp(T C x), denominator
//     code             DiJiang as its code has it: softmax features, decay, no denominator, group norm, gate
//     prf, pff         positive random and positive fixed features, denominator
//     hedgehog         a learned map for each head (arXiv 2402.04347), denominator
//     exponential      the same without a softmax over features
//     retention        no features: decay, group norm, gate (arXiv 2307.08621)
//     prf-orthogonal   other directions than the kind's own
//     prf-orthogonal-64, prf-64   so many features of a head; of a learned map, hedgehog-64, twice as many
//     hedgehog-decay   with a learned decay: gates that follow from the keys
//     paper-w16        beside a softmax window of so many positions; softmax-w16: the window alone
//
// Exchanged in a trained model, everything else stays as it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "model.hpp"

namespace picogpt {

/// A kind of attention.
struct attention_kind {
    std::string name = "softmax", mechanism = "softmax", settings{};
    bool gated = false;  ///< a gate, and a group norm

    attention_kind() = default;
    /// Reads a name. Throws xtn::error for one that means nothing.
    attention_kind(const std::string& text);

    /// The same transformer with this attention in every block. Gates have a group norm of as many groups as a head has
    /// columns.
    xtn::nn::transformer_spec of(xtn::nn::transformer_spec spec) const;
};

/// A copy of a model with another kind of attention. What both have is copied; gates begin as the code of DiJiang has them,
/// uniform with the variance 2^-5 2 / (out + in), from the seed.
model<float> exchanged(const model<float>& m, const attention_kind& kind, std::uint64_t seed);

/// The bytes of keys and values of one sequence of the model's context: what its state is with softmax attention.
std::size_t key_value_bytes(const model<float>& m);

}  // namespace picogpt
