// SPDX-License-Identifier: BSD-3-Clause
// Text from a trained PicoGPT, one character at a time, with a key-value cache.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <xtn/backend/random.hpp>

#include "model.hpp"

namespace picogpt {

/// Feeds characters to a model one after the other and keeps the keys and values of what it has seen, for one sequence
/// or several in step. When the context is full, the later half of it is read in again from position 0.
class generator {
public:
    explicit generator(const model<float>& m, std::size_t sequences = 1);

    /// The logits (vocabulary) for what follows `next` after everything fed before, of one sequence. Valid until the next
    /// call.
    std::span<const float> feed(token next) { return feed(std::span<const token>(&next, 1)); }
    /// The same for one character of each sequence: logits (sequences x vocabulary). Throws shape_error for another
    /// number of characters or one that the model does not know.
    std::span<const float> feed(std::span<const token> next);

    /// What the keys and values take.
    std::size_t cache_bytes() const { return states_.size() * states_.front().bytes(); }

private:
    void advance(std::span<const token> next);

    const model<float>& model_;
    std::size_t sequences_, position_ = 0;
    xtn::tape<float> tape_;
    std::vector<token> seen_;                              // (position x sequences), what the cache holds
    std::vector<xtn::nn::attention_state<float>> states_;  // of each layer
    std::vector<float> logits_;
};

struct sampling {
    double temperature = 1;  ///< 0 takes the likeliest character
    std::size_t top_k = 0;   ///< only the k likeliest characters; 0 means all
};

/// Draws a character from softmax(logits / temperature) over the top k.
token sample(std::span<const float> logits, const sampling& how, xtn::random_stream& random);

/// `count` characters that follow the prompt, which has at least one character (else shape_error).
std::vector<token> generate(const model<float>& m, std::span<const token> prompt, std::size_t count,
                            const sampling& how, xtn::random_stream& random);

}  // namespace picogpt
