// SPDX-License-Identifier: BSD-3-Clause
// The attention of a transformer: rows are projected to queries, keys and values, a mechanism mixes them, and the result
// is normed, gated and projected back. Projections may be fused, tied or missing, as norm and gate mostly are (spec.hpp).
// The same call trains, evaluates and decodes: given a state, the rows are the next positions of its sequences.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <xtn/ad/rules.hpp>
#include <xtn/nn/group_norm.hpp>
#include <xtn/nn/linear.hpp>
#include <xtn/nn/transformer/any_attention.hpp>
#include <xtn/nn/transformer/maker.hpp>

namespace xtn::nn {

/// Projections round a mechanism of attention.
template <scalar T>
class attention_layer {
public:
    /// Reads rows of width `in` and leaves rows of width `out`. Throws shape_error where widths, heads and missing
    /// projections do not fit together.
    attention_layer(const attention_spec& spec, std::size_t in, std::size_t out, const std::string& name,
                    const maker<T>& make)
        : spec_(filled_in(spec, in, out, name)), mechanism_(make.attention(name, spec_)) {
        const std::size_t keys = spec_.key_width, values = spec_.value_width;
        if (spec_.fused) {
            first_ = make.linear(name + ".W_qkv", 2 * keys + values, in, spec_.query_bias);
        } else {
            first_ = make.linear(name + ".W_q", keys, in, spec_.query_bias);
            if (spec_.keys == key_source::projection) keys_ = make.linear(name + ".W_k", keys, in, spec_.key_bias);
            if (spec_.values == value_source::projection)
                values_ = make.linear(name + ".W_v", values, in, spec_.value_bias);
        }
        if (spec_.gate) gate_ = make.linear(name + ".W_g", values, in, false);
        if (spec_.groups > 0) norm_.emplace(values, spec_.groups);
        if (spec_.output) output_ = make.linear(name + ".W_o", out, values, spec_.output_bias);
    }

    /// What it was made from, widths filled in.
    const attention_spec& spec() const { return spec_; }
    const any_attention<T>& mechanism() const { return mechanism_; }

    /// Sequences of `time` positions, or, with a state, the next positions of its sequences.
    variable<T, 2> operator()(const variable<T, 2>& x, std::size_t time, attention_state<T>* state = nullptr) const {
        const auto [q, k, v] = queries_keys_values(x);
        variable<T, 2> mixed = state != nullptr ? mechanism_(q, k, v, *state) : mechanism_(q, k, v, time);
        if (norm_) mixed = (*norm_)(mixed);
        if (gate_) mixed = einsum<"rc,rc->rc">((*gate_)(x, activation_kind::silu), mixed);
        return output_ ? (*output_)(mixed) : mixed;
    }

    /// What the mechanism is given for these rows.
    std::array<variable<T, 2>, 3> queries_keys_values(const variable<T, 2>& x) const {
        const variable<T, 2> q = (*first_)(x);
        if (!spec_.fused) {
            const variable<T, 2> k = keys_ ? (*keys_)(x) : spec_.keys == key_source::queries ? q : x;
            return {q, k, values_ ? (*values_)(x) : x};
        }
        const auto part = [&](std::size_t columns, std::size_t from) {
            return window(q, {q.shape()[0], columns}, {0, static_cast<std::ptrdiff_t>(from)});
        };
        const std::size_t keys = spec_.key_width;
        return {part(keys, 0), part(keys, keys), part(spec_.value_width, 2 * keys)};
    }

    /// The state that `sequences` sequences of up to `context` positions begin with.
    attention_state<T> state(std::size_t sequences, std::size_t context) const {
        return {sequences, mechanism_.state_size(spec_.key_width, spec_.value_width, context), context};
    }

    /// The linear layers there are: "W_q", "W_k", "W_v" or "W_qkv", "W_g" and "W_o".
    std::vector<std::pair<std::string, linear<T>>> layers() const {
        std::vector<std::pair<std::string, linear<T>>> all{{spec_.fused ? "W_qkv" : "W_q", *first_}};
        if (keys_) all.emplace_back("W_k", *keys_);
        if (values_) all.emplace_back("W_v", *values_);
        if (gate_) all.emplace_back("W_g", *gate_);
        if (output_) all.emplace_back("W_o", *output_);
        return all;
    }
    /// Those of no linear layer: the mechanism's own, and "norm.weight" and "norm.bias" of a group norm.
    std::vector<named_parameter<T>> other_parameters() const {
        std::vector<named_parameter<T>> all = mechanism_.parameters();
        if (norm_) append(all, "norm", norm_->parameters());
        return all;
    }

private:
    static attention_spec filled_in(attention_spec s, std::size_t in, std::size_t out, const std::string& name) {
        if (s.key_width == 0) s.key_width = in;
        if (s.value_width == 0) s.value_width = in;
        const auto refuse = [&](const std::string& why) { throw shape_error(name + ": " + why); };
        const auto width = [](std::size_t n) { return " of width " + std::to_string(n); };
        if (s.heads == 0 || s.key_width % s.heads != 0 || s.value_width % s.heads != 0)
            refuse("keys" + width(s.key_width) + " and values" + width(s.value_width) + " do not part into " +
                   std::to_string(s.heads) + " heads");
        if (s.fused && (s.keys != key_source::projection || s.values != value_source::projection))
            refuse("a fused projection makes keys and values too");
        if (s.fused && (s.query_bias != s.key_bias || s.query_bias != s.value_bias))
            refuse("a fused projection has one bias, for all or none");
        if (s.keys == key_source::input && s.key_width != in)
            refuse("keys" + width(s.key_width) + " cannot be the input" + width(in));
        if (s.values == value_source::input && s.value_width != in)
            refuse("values" + width(s.value_width) + " cannot be the input" + width(in));
        if (!s.output && s.value_width != out)
            refuse("without W_o, values" + width(s.value_width) + " are added to rows" + width(out));
        return s;
    }

    attention_spec spec_;
    any_attention<T> mechanism_;
    std::optional<linear<T>> first_, keys_, values_, gate_, output_;  // first_: to the queries, or to all three
    std::optional<group_norm<T>> norm_;
};

}  // namespace xtn::nn
