// SPDX-License-Identifier: BSD-3-Clause
// PicoGPT: a small pre-norm GPT-2 on characters (T. Osborne's PicoGPT.jl, in the shapes of the MPO paper's port,
// arXiv 2603.28534): sinusoidal positions, ReLU, separate query, key and value projections, untied head.
//
// The model holds any_operator layers, so dense, MPO and low-rank PicoGPTs are the same compiled code; how queries, keys
// and values mix is a policy.
#pragma once

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

/// The extents of a model. The defaults are the paper's: 808,448 parameters when dense.
struct model_shape {
    std::size_t vocabulary = 65, dim = 128, heads = 4, layers = 4, context = 256, hidden = 512;
};

/// Makes the operator of a layer, from its name ("blocks.0.attn.W_q") and extents.
template <class T>
using operator_factory = std::function<xtn::any_operator<T>(const std::string& name, std::size_t out, std::size_t in)>;

template <class T, class Attention = xtn::nn::softmax_attention>
class model {
public:
    struct block {
        xtn::nn::layer_norm<T> ln1;
        xtn::nn::linear<T> query, key, value, output;
        xtn::nn::layer_norm<T> ln2;
        xtn::nn::linear<T> up, down;
    };

    model(const model_shape& shape, const operator_factory<T>& make, Attention attention = {})
        : shape_(shape),
          attention_(attention),
          embedding_(shape.vocabulary, shape.dim, shape.context),
          final_norm_(shape.dim),
          head_(make("lm_head", shape.vocabulary, shape.dim)) {
        const std::size_t d = shape.dim;
        const auto bias = [](std::size_t size) { return xtn::parameter<T>(std::vector{size}); };
        for (std::size_t l = 0; l < shape.layers; ++l) {
            const std::string name = "blocks." + std::to_string(l);
            const auto plain = [&](const char* part, std::size_t out, std::size_t in) {
                return xtn::nn::linear<T>(make(name + part, out, in));
            };
            const auto biased = [&](const char* part, std::size_t out, std::size_t in) {
                return xtn::nn::linear<T>(make(name + part, out, in), bias(out));
            };
            blocks_.push_back({.ln1 = xtn::nn::layer_norm<T>(d),
                               .query = plain(".attn.W_q", d, d),
                               .key = plain(".attn.W_k", d, d),
                               .value = plain(".attn.W_v", d, d),
                               .output = biased(".attn.W_o", d, d),
                               .ln2 = xtn::nn::layer_norm<T>(d),
                               .up = biased(".ffn.W1", shape.hidden, d),
                               .down = biased(".ffn.W2", d, shape.hidden)});
        }
    }

    const model_shape& shape() const { return shape_; }
    const xtn::nn::embedding<T>& embedding() const { return embedding_; }
    const std::vector<block>& blocks() const { return blocks_; }
    const xtn::nn::layer_norm<T>& final_norm() const { return final_norm_; }
    const xtn::nn::linear<T>& head() const { return head_; }
    const Attention& attention() const { return attention_; }

    /// Tokens (sequences of `time`) to logits, one row a token.
    xtn::variable<T, 2> logits(xtn::tape<T>& t, std::span<const token> tokens, std::size_t time) const {
        xtn::variable<T, 2> x = embedding_(t, tokens, time);
        for (const block& b : blocks_) {
            const xtn::variable<T, 2> h = b.ln1(x);
            x = x + b.output(attention_(b.query(h), b.key(h), b.value(h), shape_.heads, time));
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
        for (std::size_t l = 0; l < blocks_.size(); ++l) {
            const block& b = blocks_[l];
            const std::string name = "blocks." + std::to_string(l);
            all.push_back({name + ".attn.W_q", b.query.weight()});
            all.push_back({name + ".attn.W_k", b.key.weight()});
            all.push_back({name + ".attn.W_v", b.value.weight()});
            all.push_back({name + ".attn.W_o", b.output.weight()});
            all.push_back({name + ".ffn.W1", b.up.weight()});
            all.push_back({name + ".ffn.W2", b.down.weight()});
        }
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
        for (std::size_t l = 0; l < blocks_.size(); ++l) {
            const block& b = blocks_[l];
            const std::string name = "blocks." + std::to_string(l);
            append(all, name + ".ln1", b.ln1.parameters());
            append(all, name + ".ln2", b.ln2.parameters());
            append(all, name + ".attn.W_q", b.query.parameters());
            append(all, name + ".attn.W_k", b.key.parameters());
            append(all, name + ".attn.W_v", b.value.parameters());
            append(all, name + ".attn.W_o", b.output.parameters());
            append(all, name + ".ffn.W1", b.up.parameters());
            append(all, name + ".ffn.W2", b.down.parameters());
        }
        append(all, "ln_f", final_norm_.parameters());
        append(all, "lm_head", head_.parameters());
        return all;
    }

private:
    model_shape shape_;
    Attention attention_;
    xtn::nn::embedding<T> embedding_;
    std::vector<block> blocks_;
    xtn::nn::layer_norm<T> final_norm_;
    xtn::nn::linear<T> head_;
};

extern template class model<float>;  // model.cpp

}  // namespace picogpt
