// SPDX-License-Identifier: BSD-3-Clause
// PicoGPT: a small pre-norm GPT-2 on characters with ReLU and an untied head (T. Osborne's PicoGPT.jl). As the MPO paper
// has it (arXiv 2603.28534), positions are sinusoids, and queries, keys and values have a projection each, without
// biases; a shape may choose otherwise.
//
// The model holds any_operator layers, so dense, MPO, spectral and low-rank PicoGPTs are the same compiled code; how
// queries, keys and values mix is a policy.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <xtn/io/vocabulary.hpp>
#include <xtn/xtn.hpp>

namespace picogpt {

using xtn::token;

/// The extents of a model and its choices. The defaults are the MPO paper's: 808,448 parameters when dense.
struct model_shape {
    std::size_t vocabulary = 65, dim = 128, heads = 4, layers = 4, context = 256, hidden = 512;
    bool learned_positions = false;  ///< instead of sinusoids
    bool fused = false;              ///< queries, keys and values by one operator (3 dim x dim)
    bool projection_biases = false;  ///< of queries, keys and values

    bool operator==(const model_shape&) const = default;
};

/// Makes the operator of a layer, from its name ("blocks.0.attn.W_q") and extents.
template <class T>
using operator_factory = std::function<xtn::any_operator<T>(const std::string& name, std::size_t out, std::size_t in)>;

template <class T>
class model {
public:
    struct block {
        xtn::nn::layer_norm<T> ln1, ln2;
        std::vector<xtn::nn::linear<T>> projections;  ///< to queries, keys and values: three, or one to all of them
        xtn::nn::linear<T> output, up, down;

        std::array<xtn::variable<T, 2>, 3> queries_keys_values(const xtn::variable<T, 2>& h) const {
            if (projections.size() == 3) return {projections[0](h), projections[1](h), projections[2](h)};
            const xtn::variable<T, 2> all = projections[0](h);
            const auto [rows, dim] = h.shape();
            const auto part = [&, rows = rows, dim = dim](std::size_t k) {
                return xtn::window(all, {rows, dim}, {0, static_cast<std::ptrdiff_t>(k * dim)});
            };
            return {part(0), part(1), part(2)};
        }

        /// The linear layers with their names in the block.
        std::vector<std::pair<std::string, xtn::nn::linear<T>>> layers() const {
            std::vector<std::pair<std::string, xtn::nn::linear<T>>> all;
            for (std::size_t k = 0; k < projections.size(); ++k)
                all.emplace_back(".attn.W_" + projection_name(k, projections.size()), projections[k]);
            all.emplace_back(".attn.W_o", output);
            all.emplace_back(".ffn.W1", up);
            all.emplace_back(".ffn.W2", down);
            return all;
        }
    };

    model(const model_shape& shape, const operator_factory<T>& make)
        : shape_(shape),
          attention_{.heads = shape.heads},
          embedding_(shape.vocabulary, shape.dim),
          positions_(shape.learned_positions ? xtn::nn::position_kind::learned : xtn::nn::position_kind::sinusoidal,
                     shape.context, shape.dim),
          final_norm_(shape.dim),
          head_(make("lm_head", shape.vocabulary, shape.dim)) {
        const std::size_t d = shape.dim;
        for (std::size_t l = 0; l < shape.layers; ++l) {
            const std::string name = "blocks." + std::to_string(l);
            const auto plain = [&](const std::string& part, std::size_t out, std::size_t in) {
                return xtn::nn::linear<T>(make(name + part, out, in));
            };
            const auto biased = [&](const std::string& part, std::size_t out, std::size_t in) {
                return xtn::nn::linear<T>(make(name + part, out, in), xtn::parameter<T>(std::vector{out}));
            };
            std::vector<xtn::nn::linear<T>> projections;
            for (std::size_t k = 0, count = shape.fused ? 1 : 3; k < count; ++k) {
                const std::string part = ".attn.W_" + projection_name(k, count);
                const std::size_t out = 3 * d / count;
                projections.push_back(shape.projection_biases ? biased(part, out, d) : plain(part, out, d));
            }
            blocks_.push_back({.ln1 = xtn::nn::layer_norm<T>(d),
                               .ln2 = xtn::nn::layer_norm<T>(d),
                               .projections = std::move(projections),
                               .output = biased(".attn.W_o", d, d),
                               .up = biased(".ffn.W1", shape.hidden, d),
                               .down = biased(".ffn.W2", d, shape.hidden)});
        }
    }

    const model_shape& shape() const { return shape_; }
    const xtn::nn::embedding<T>& embedding() const { return embedding_; }
    const xtn::nn::positions<T>& positions() const { return positions_; }
    const std::vector<block>& blocks() const { return blocks_; }
    const xtn::nn::layer_norm<T>& final_norm() const { return final_norm_; }
    const xtn::nn::linear<T>& head() const { return head_; }
    const xtn::nn::softmax_attention& attention() const { return attention_; }

    /// Tokens (sequences of `time`) to logits, one row a token.
    xtn::variable<T, 2> logits(xtn::tape<T>& t, std::span<const token> tokens, std::size_t time) const {
        xtn::variable<T, 2> x = positions_(embedding_(t, tokens), time);
        for (const block& b : blocks_) {
            const auto [q, k, v] = b.queries_keys_values(b.ln1(x));
            x = x + b.output(attention_(q, k, v, time));
            x = x + b.down(xtn::nn::relu(b.up(b.ln2(x))));
        }
        return head_(final_norm_(x));
    }

    /// Mean next-token loss of windows of time + 1 tokens that lie one after the other, inputs[i] predicting targets[i].
    xtn::nn::classification_loss<T> loss(xtn::tape<T>& t, std::span<const token> inputs, std::span<const token> targets,
                                         std::size_t time) const {
        return xtn::nn::cross_entropy(logits(t, inputs, time), targets);
    }

    /// All linear operators under their layers' names.
    std::vector<std::pair<std::string, xtn::any_operator<T>>> named_operators() const {
        std::vector<std::pair<std::string, xtn::any_operator<T>>> all{{"lm_head", head_.weight()}};
        for (std::size_t l = 0; l < blocks_.size(); ++l)
            for (const auto& [part, layer] : blocks_[l].layers())
                all.push_back({"blocks." + std::to_string(l) + part, layer.weight()});
        return all;
    }

    /// All linear operators, in the same order.
    std::vector<xtn::any_operator<T>> operators() const {
        std::vector<xtn::any_operator<T>> all;
        for (const auto& layer : named_operators()) all.push_back(layer.second);
        return all;
    }

    /// All parameters under the names of the PyTorch port.
    std::vector<xtn::named_parameter<T>> parameters() const {
        using xtn::nn::append;
        std::vector<xtn::named_parameter<T>> all;
        append(all, "tok_emb", embedding_.parameters());
        append(all, "tok_emb", positions_.parameters());
        for (std::size_t l = 0; l < blocks_.size(); ++l) {
            const block& b = blocks_[l];
            const std::string name = "blocks." + std::to_string(l);
            append(all, name + ".ln1", b.ln1.parameters());
            append(all, name + ".ln2", b.ln2.parameters());
            for (const auto& [part, layer] : b.layers()) append(all, name + part, layer.parameters());
        }
        append(all, "ln_f", final_norm_.parameters());
        append(all, "lm_head", head_.parameters());
        return all;
    }

private:
    static std::string projection_name(std::size_t k, std::size_t count) {
        return count == 1 ? "qkv" : std::string(1, "qkv"[k]);
    }

    model_shape shape_;
    xtn::nn::softmax_attention attention_;
    xtn::nn::embedding<T> embedding_;
    xtn::nn::positions<T> positions_;
    std::vector<block> blocks_;
    xtn::nn::layer_norm<T> final_norm_;
    xtn::nn::linear<T> head_;
};

extern template class model<float>;  // model.cpp

}  // namespace picogpt
