// SPDX-License-Identifier: BSD-3-Clause
// What a transformer is composed of, as data: an input (tokens or patches of images, and positions), a body of blocks, an
// output (norm, perhaps a mean over positions, head). A block is a list of residual branches, a branch a norm and a mixer,
// a mixer attention or feed-forward:
//
//     norm before (pre-norm)    y = skip(x) + mixer(norm(x))
//     norm after (post-norm)    y = norm(skip(x) + mixer(x))
//
// The linear maps in it are operators, made by name (body.hpp). io/transformer_spec.hpp writes a spec as text.
#pragma once

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include <xtn/nn/activation.hpp>
#include <xtn/nn/positions.hpp>

namespace xtn::nn {

/// What norms there are.
enum class norm_kind { none, layer, rms };
/// Where a branch has its norm, as above.
enum class norm_place { before, after };

/// A norm of rows.
struct norm_spec {
    norm_kind kind = norm_kind::layer;
    std::size_t divisor = 0;  ///< of an RMS norm's sum of squares; 0 means the width
    bool scaled = true;       ///< has a weight, and a layer norm a bias
    double eps = 1e-5;

    bool operator==(const norm_spec&) const = default;
};

/// Where the rows come from that queries are compared with.
enum class key_source {
    projection,  ///< their own operator "W_k"
    queries,     ///< the queries: tied, so that scores are symmetric
    input        ///< the rows that the layer reads: "W_q" is then W_q^T W_k in one
};

/// Where the rows come from that are mixed.
enum class value_source {
    projection,  ///< their own operator "W_v"
    input        ///< the rows that the layer reads
};

/// Attention: projections, what mixes them, and a projection of the result. Widths are those of all heads together.
struct attention_spec {
    std::size_t heads = 1;
    std::size_t key_width = 0;    ///< of queries and keys; 0 means the width that the layer reads
    std::size_t value_width = 0;  ///< of values; 0 means the same
    double scale = 0;             ///< of scores; 0 means 1 / sqrt(key_width / heads)
    bool causal = true;
    key_source keys = key_source::projection;
    value_source values = value_source::projection;
    bool fused = false;  ///< queries, keys and values by one operator "W_qkv"
    bool output = true;  ///< has an operator "W_o"
    bool query_bias = false, key_bias = false, value_bias = false, output_bias = true;
    bool gate = false;  ///< the mixed rows are multiplied by silu of an operator "W_g" of the rows that the layer reads
    std::size_t groups = 0;             ///< of a group norm of the mixed rows, before gate and W_o; 0: none
    std::string mechanism = "softmax";  ///< what mixes, by name (any_attention.hpp)
    std::string settings{};             ///< of the mechanism, in its own words

    bool operator==(const attention_spec&) const = default;
};

/// Two linear maps with an activation between: "W1" (hidden x width) and "W2" (width x hidden).
struct feed_forward_spec {
    std::size_t hidden = 0;
    activation_kind activation = activation_kind::relu;
    bool up_bias = true, down_bias = true;

    bool operator==(const feed_forward_spec&) const = default;
};

/// Mixes nothing: the branch is its norm alone.
struct no_mixer {
    bool operator==(const no_mixer&) const = default;
};

/// A norm, a mixer and a skip path.
struct branch_spec {
    norm_spec norm{};
    norm_place place = norm_place::before;
    std::variant<no_mixer, attention_spec, feed_forward_spec> mixer{};
    std::size_t width = 0;  ///< of the rows that it leaves; 0 means of those that it reads
    bool skip_map = false;  ///< the skip path is a linear map, as it has to be where the width changes

    bool operator==(const branch_spec&) const = default;
};

/// Branches, first to last.
struct block_spec {
    std::vector<branch_spec> branches{};

    bool operator==(const block_spec&) const = default;
};

/// Blocks, first to last, on a residual stream.
struct body_spec {
    std::size_t width = 0;  ///< of the residual stream where it begins
    std::vector<block_spec> blocks{};

    /// The width where it ends.
    std::size_t out() const {
        std::size_t w = width;
        for (const block_spec& block : blocks)
            for (const branch_spec& b : block.branches) w = b.width > 0 ? b.width : w;
        return w;
    }

    bool operator==(const body_spec&) const = default;
};

/// Rows of a table, by token.
struct token_spec {
    std::size_t vocabulary = 0;
    bool by_operator =
        false;  ///< the table is the operator "tok_emb" (vocabulary x width), made by name; else a matrix

    bool operator==(const token_spec&) const = default;
};

/// A linear map of the pixels of square patches; images are (channels x height x width).
struct patch_spec {
    std::size_t channels = 1, height = 0, width = 0, patch = 0;
    bool bias = true;

    std::size_t count() const { return patch > 0 ? (height / patch) * (width / patch) : 0; }
    std::size_t pixels() const { return channels * patch * patch; }

    bool operator==(const patch_spec&) const = default;
};

/// Nothing yet.
struct no_input {
    bool operator==(const no_input&) const = default;
};

/// Tokens or patches, and positions.
struct input_spec {
    std::variant<no_input, token_spec, patch_spec> of{};
    std::size_t width =
        0;              ///< of tokens or patches, where a linear map "down" to the body's follows; 0 means the body's
    bool down = false;  ///< the map follows though the widths agree
    position_kind positions = position_kind::sinusoidal;
    std::size_t context = 0;  ///< positions of a sequence at most; for images, 0 means the number of patches

    bool operator==(const input_spec&) const = default;
};

/// Norm, perhaps a mean over positions, and head.
struct output_spec {
    std::size_t classes = 0;
    std::size_t width = 0;  ///< of norm and head, where a linear map "up" from the body's precedes; 0 means the body's
    norm_spec norm{};
    bool mean = false;  ///< over the positions of a sequence, before the head
    bool bias = false;  ///< of the head
    bool tied = false;  ///< the head is the table of the tokens

    bool operator==(const output_spec&) const = default;
};

/// Input, body and output.
struct transformer_spec {
    input_spec input{};
    body_spec body{};
    output_spec output{};

    bool operator==(const transformer_spec&) const = default;
};

}  // namespace xtn::nn
