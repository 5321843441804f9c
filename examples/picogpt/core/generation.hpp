// SPDX-License-Identifier: BSD-3-Clause
// Text from a trained PicoGPT, one character at a time, with a key-value cache.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <xtn/backend/random.hpp>

#include "model.hpp"

namespace picogpt {

/// Feeds characters to a model one after the other and keeps the keys and values of what it has seen. When the context
/// is full, the later half of it is read in again from position 0.
class generator {
public:
    explicit generator(const model<float>& m);

    /// The logits (vocabulary) for what follows `next` after everything fed before. Valid until the next call.
    std::span<const float> feed(token next);

private:
    void advance(token next);

    const model<float>& model_;
    xtn::tape<float> tape_;
    std::vector<token> seen_;                        // what the cache holds
    std::vector<std::vector<float>> keys_, values_;  // of each layer, (context x dim)
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
