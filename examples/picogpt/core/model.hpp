// SPDX-License-Identifier: BSD-3-Clause
// PicoGPT: a small pre-norm GPT-2 on characters with ReLU and an untied head (T. Osborne's PicoGPT.jl). As the MPO paper
// has it (arXiv 2603.28534), positions are sinusoids, and queries, keys and values have a projection each, without
// biases; a shape may choose otherwise.
#pragma once

#include <cstddef>
#include <span>

#include <xtn/io/vocabulary.hpp>
#include <xtn/xtn.hpp>

namespace picogpt {

using xtn::token;

template <class T>
using model = xtn::nn::transformer<T>;

/// The extents of a model and its choices. The defaults are the MPO paper's: 808,448 parameters when dense.
struct model_shape {
    std::size_t vocabulary = 65, dim = 128, heads = 4, layers = 4, context = 256, hidden = 512;
    bool learned_positions = false;  ///< instead of sinusoids
    bool fused = false;              ///< queries, keys and values by one operator (3 dim x dim)
    bool projection_biases = false;  ///< of queries, keys and values
    bool table_by_operator = false;  ///< the token table is an operator too
    bool tied = false;               ///< the head is the token table

    /// What it composes.
    operator xtn::nn::transformer_spec() const {
        using namespace xtn::nn;
        const attention_spec attention{.heads = heads,
                                       .fused = fused,
                                       .query_bias = projection_biases,
                                       .key_bias = projection_biases,
                                       .value_bias = projection_biases};
        return {.input = {.of = token_spec{vocabulary, table_by_operator},
                          .positions = learned_positions ? position_kind::learned : position_kind::sinusoidal,
                          .context = context},
                .body = {.width = dim,
                         .blocks = {layers, {{{.mixer = attention}, {.mixer = feed_forward_spec{.hidden = hidden}}}}}},
                .output = {.classes = vocabulary, .tied = tied}};
    }
};

/// Mean loss of sequences of `time` tokens that lie one after the other, inputs[i] predicting targets[i].
template <class T>
xtn::nn::classification_loss<T> loss(const model<T>& m, xtn::tape<T>& t, std::span<const token> inputs,
                                     std::span<const token> targets, std::size_t time) {
    return xtn::nn::cross_entropy(m.logits(t, inputs, time), targets);
}

}  // namespace picogpt

extern template class xtn::nn::transformer<float>;  // model.cpp
