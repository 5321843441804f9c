// SPDX-License-Identifier: BSD-3-Clause
// The body of a transformer: blocks of residual branches, on rows of its width. What comes before and after it, tokens,
// patches, heads, is input.hpp and output.hpp.
//
// Layers are named "blocks.<block>.<layer>". The norms of a block are ln1, ln2, ... by branch, its mixers attn and ffn (a
// second one of a kind attn2, ffn2), its linear skip paths skip1, ... by branch.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <xtn/ad/rules.hpp>
#include <xtn/nn/transformer/attention_layer.hpp>
#include <xtn/nn/transformer/feed_forward.hpp>
#include <xtn/nn/transformer/norm.hpp>

namespace xtn::nn {

/// An operator under the name of its layer.
template <scalar T>
using named_operator = std::pair<std::string, any_operator<T>>;

/// A norm, a mixer, and the skip path round them.
template <scalar T>
struct branch {
    std::string norm_name, mixer_name, skip_name;  ///< in the block
    nn::norm<T> norm;
    norm_place place;
    std::variant<no_mixer, attention_layer<T>, feed_forward<T>> mixer;
    std::optional<linear<T>> skip;  ///< where the skip path is a linear map

    const attention_layer<T>* attention() const { return std::get_if<attention_layer<T>>(&mixer); }
    const feed_forward<T>* ffn() const { return std::get_if<feed_forward<T>>(&mixer); }

    /// Rows of sequences of `time` positions, or, with a state, of the next positions of its sequences; only attention
    /// looks at it.
    variable<T, 2> operator()(const variable<T, 2>& x, std::size_t time, attention_state<T>* state = nullptr) const {
        const variable<T, 2> skipped = kept(x);
        if (std::holds_alternative<no_mixer>(mixer)) return norm(skipped);
        const auto* mix = attention();
        return joined(skipped, mix != nullptr ? (*mix)(read(x), time, state) : (*ffn())(read(x)));
    }
    /// What the mixer reads of the branch's rows.
    variable<T, 2> read(const variable<T, 2>& x) const { return place == norm_place::before ? norm(x) : x; }
    /// What the skip path leaves of them.
    variable<T, 2> kept(const variable<T, 2>& x) const { return skip ? (*skip)(x) : x; }
    /// What the branch leaves, of what its skip path keeps and its mixer makes.
    variable<T, 2> joined(const variable<T, 2>& skipped, const variable<T, 2>& mixed) const {
        const variable<T, 2> sum = skipped + mixed;
        return place == norm_place::after ? norm(sum) : sum;
    }

    /// The linear layers with their names in the block.
    std::vector<std::pair<std::string, linear<T>>> layers() const {
        std::vector<std::pair<std::string, linear<T>>> all;
        const auto add = [&](const auto& of_mixer) {
            for (const auto& [name, layer] : of_mixer) all.emplace_back(mixer_name + "." + name, layer);
        };
        if (const auto* mix = attention()) add(mix->layers());
        if (const auto* feed = ffn()) add(feed->layers());
        if (skip) all.emplace_back(skip_name, *skip);
        return all;
    }
};

/// The states of all attention layers of a body while its sequences go on.
template <scalar T>
class decoding_state : public decoding_position {
public:
    decoding_state(std::size_t sequences, std::size_t context, std::vector<attention_state<T>> layers)
        : decoding_position(sequences, context), layers_(std::move(layers)) {}

    /// Of the attention layers, first to last.
    std::vector<attention_state<T>>& layers() { return layers_; }
    std::size_t bytes() const {
        std::size_t n = 0;
        for (const auto& layer : layers_) n += layer.bytes();
        return n;
    }
    void advance(std::size_t count) {
        decoding_position::advance(count);
        for (auto& layer : layers_) layer.advance(count);
    }
    void restart() {
        decoding_position::restart();
        for (auto& layer : layers_) layer.restart();
    }

private:
    std::vector<attention_state<T>> layers_;
};

/// Branches, first to last.
template <scalar T>
using block = std::vector<branch<T>>;

/// The blocks of a transformer, on rows of its width.
template <scalar T>
class body {
public:
    /// Throws shape_error where widths do not fit together.
    body(const body_spec& spec, const maker<T>& make) : width_(spec.width) {
        std::size_t width = spec.width;
        for (const block_spec& one : spec.blocks) {
            const std::string name = "blocks." + std::to_string(blocks_.size()) + ".";
            auto& made = blocks_.emplace_back();
            for (const branch_spec& b : one.branches) {
                made.push_back(branch_of(b, width, name, made, make));
                width = b.width > 0 ? b.width : width;
            }
        }
        out_ = width;
    }

    std::size_t width() const { return width_; }
    /// The width of the rows that it leaves.
    std::size_t out() const { return out_; }
    const std::vector<block<T>>& blocks() const { return blocks_; }

    /// Rows (batch * time x width), sequences of `time` positions one below the other.
    variable<T, 2> operator()(const variable<T, 2>& x, std::size_t time) const { return forward(x, time, nullptr); }

    /// Rows of the next positions of a state's sequences, sequence by sequence, one position or several of each. Nothing
    /// is differentiated.
    variable<T, 2> operator()(const variable<T, 2>& x, decoding_state<T>& state) const {
        const std::size_t count = state.positions_in(x.shape()[0]);
        const variable<T, 2> y = forward(x, count, &state);
        state.advance(count);
        return y;
    }

    /// The state that `sequences` sequences of up to `context` positions begin with.
    decoding_state<T> state(std::size_t sequences, std::size_t context) const {
        std::vector<attention_state<T>> layers;
        for (const block<T>& one : blocks_)
            for (const branch<T>& b : one)
                if (const auto* mix = b.attention()) layers.push_back(mix->state(sequences, context));
        return {sequences, context, std::move(layers)};
    }

    /// Norms, then linear layers and what else attention learns, of each block.
    std::vector<named_parameter<T>> parameters() const {
        std::vector<named_parameter<T>> all;
        each_block([&](const std::string& name, const block<T>& one) {
            for (const branch<T>& b : one) append(all, name + b.norm_name, b.norm.parameters());
            for (const branch<T>& b : one) {
                for (const auto& [layer, map] : b.layers()) append(all, name + layer, map.parameters());
                if (const auto* mix = b.attention()) append(all, name + b.mixer_name, mix->other_parameters());
            }
        });
        return all;
    }
    std::vector<named_operator<T>> named_operators() const {
        std::vector<named_operator<T>> all;
        each_block([&](const std::string& name, const block<T>& one) {
            for (const branch<T>& b : one)
                for (const auto& [layer, map] : b.layers()) all.emplace_back(name + layer, map.weight());
        });
        return all;
    }

private:
    static branch<T> branch_of(const branch_spec& spec, std::size_t in, const std::string& name, const block<T>& before,
                               const maker<T>& make) {
        const std::size_t out = spec.width > 0 ? spec.width : in;
        const std::string number = std::to_string(before.size() + 1);
        if (out != in && !spec.skip_map)
            throw shape_error(name + "skip" + number + ": rows become " + std::to_string(out) + " wide from " +
                              std::to_string(in) + ", so the skip path has to be a map");
        std::size_t same_kind = 0;
        for (const branch<T>& b : before) same_kind += b.mixer.index() == spec.mixer.index();
        const std::string mixer = std::holds_alternative<attention_spec>(spec.mixer) ? "attn" : "ffn";
        branch<T> b{.norm_name = "ln" + number,
                    .mixer_name = mixer + (same_kind > 0 ? std::to_string(same_kind + 1) : ""),
                    .skip_name = "skip" + number,
                    .norm = {spec.norm, spec.place == norm_place::before && spec.mixer.index() != 0 ? in : out},
                    .place = spec.place,
                    .mixer = {},
                    .skip = {}};
        if (const auto* mix = std::get_if<attention_spec>(&spec.mixer))
            b.mixer.template emplace<attention_layer<T>>(*mix, in, out, name + b.mixer_name, make);
        if (const auto* ffn = std::get_if<feed_forward_spec>(&spec.mixer))
            b.mixer.template emplace<feed_forward<T>>(*ffn, in, out, name + b.mixer_name, make);
        if (spec.skip_map) b.skip = make.linear(name + b.skip_name, out, in, false);
        return b;
    }

    variable<T, 2> forward(variable<T, 2> x, std::size_t time, decoding_state<T>* state) const {
        std::size_t layer = 0;
        for (const block<T>& one : blocks_)
            for (const branch<T>& b : one)
                x = b(x, time, state != nullptr && b.attention() != nullptr ? &state->layers()[layer++] : nullptr);
        return x;
    }

    template <class F>
    void each_block(F f) const {
        for (std::size_t l = 0; l < blocks_.size(); ++l) f("blocks." + std::to_string(l) + ".", blocks_[l]);
    }

    std::size_t width_, out_ = 0;
    std::vector<block<T>> blocks_;
};

}  // namespace xtn::nn
