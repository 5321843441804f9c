// SPDX-License-Identifier: BSD-3-Clause
// What is left of a transformer, as a name that command lines, files and tables share, after "Reducing the Transformer
// Architecture to a Minimum" (arXiv 2410.13732):
//
//     full                 queries, keys, values and output have a matrix each
//     tied                 keys are the queries, so scores are symmetric
//     collapsed            W_q^T W_k is one matrix; one head
//     mirrored             the same, and symmetric: n (n + 1) / 2 numbers
//     cholesky             the same, as T T^T of a lower triangle: as many numbers, and no negative eigenvalues
//     full-no_vo           no matrices of values and output: inputs are mixed
//     full-no_mlp          no feed-forward layers
//     full-h4-e12          four heads, twelve blocks
//     full-no_mlp+mpo-16   the matrices left in the blocks in the form of a representation
//
// "collapsed-no_vo-no_mlp" is the paper's minimum.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "model.hpp"
#include "representation.hpp"

namespace picogpt {

/// Where scores come from.
enum class similarity { full, tied, collapsed, mirrored, cholesky };

/// A way to leave parts of a transformer away.
struct variant {
    std::string name;
    similarity scores = similarity::full;
    bool values_and_output = true, feed_forward = true;
    std::size_t heads = 0, blocks = 0;  ///< 0: as the transformer has them
    representation matrices{};          ///< of what is left in the blocks

    /// Reads a name. Throws xtn::error for one that means nothing.
    variant(const std::string& text);
    variant(const char* text) : variant(std::string(text)) {}

    /// Whether one matrix makes the scores.
    bool collapses() const { return scores >= similarity::collapsed; }
    /// What is left of a transformer. A norm before a layer goes with it; one behind it stays.
    xtn::nn::transformer_spec of(xtn::nn::transformer_spec spec) const;
    /// The model, with zeros in it.
    model<float> make(const xtn::nn::transformer_spec& spec) const;
    /// The same from a seed: a table of tokens is N(0, 0.02^2), and entries of the matrix of a layer have deviation
    /// sigma(out, in), those of W_q^T W_k that of the product.
    model<float> make(const xtn::nn::transformer_spec& spec,
                      const std::function<double(std::size_t out, std::size_t in)>& sigma, std::uint64_t seed) const;
};

}  // namespace picogpt
