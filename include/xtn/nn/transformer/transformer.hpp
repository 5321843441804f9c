// SPDX-License-Identifier: BSD-3-Clause
// A transformer: input, body and output, composed as a spec says. One composition trains, evaluates and decodes.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include <xtn/nn/transformer/input.hpp>
#include <xtn/nn/transformer/output.hpp>

namespace xtn::nn {

/// A value: copies share their parameters.
template <scalar T>
class transformer {
public:
    /// Operators and mechanisms come from `make`, biases are 0, norms do not scale. Throws shape_error where widths do not
    /// fit together, xtn::error where a head is tied to images.
    transformer(const transformer_spec& spec, const maker<T>& make)
        : spec_(spec),
          input_(spec.input, spec.body.width, make),
          body_(spec.body, make),
          output_(spec.output, body_.out(), input_.takes_tokens() ? "lm_head" : "head", make,
                  spec.output.tied ? std::optional(input_.tokens().weight()) : std::nullopt) {}

    const transformer_spec& spec() const { return spec_; }
    const transformer_input<T>& input() const { return input_; }
    const nn::body<T>& body() const { return body_; }
    const transformer_output<T>& output() const { return output_; }
    /// Positions of a sequence at most.
    std::size_t context() const { return input_.spec().context; }
    std::size_t classes() const { return spec_.output.classes; }
    /// The tokens that there are. Throws xtn::error where it takes images.
    std::size_t vocabulary() const { return input_.vocabulary(); }
    /// The same with room for other sequences, all parameters shared. Throws xtn::error where positions are learned or
    /// patches.
    transformer with_context(std::size_t context) const {
        transformer other = *this;
        other.input_ = input_.with_context(context);
        other.spec_.input.context = context;
        return other;
    }

    /// Tokens of sequences of `time` positions, one after the other, to logits: one row a token, or one a sequence where
    /// the output takes the mean. The tokens must live until backward(). Throws shape_error for a token outside the
    /// vocabulary and beyond the context.
    template <token_range Tokens>
    variable<T, 2> logits(tape<T>& t, Tokens&& tokens, std::size_t time) const {
        return output_(body_(input_(t, tokens_of(tokens), time), time), time);
    }
    /// Images (channels x height x width), one after the other, to logits.
    variable<T, 2> logits(tape<T>& t, std::span<const T> images) const {
        return output_(body_(input_(t, images), context()), context());
    }
    /// The next tokens of a state's sequences, sequence by sequence, to logits, one row a token. Nothing is
    /// differentiated: the tape holds values until it is cleared. Throws as above, and xtn::error where the output takes the
    /// mean; the state is then as it was.
    template <token_range Tokens>
    variable<T, 2> logits(tape<T>& t, Tokens&& tokens, decoding_state<T>& state) const {
        if (spec_.output.mean) throw error("transformer: a mean over all positions has no next position");
        const no_gradient none(t);
        const auto next = tokens_of(tokens);
        const std::size_t count = state.positions_in(next.size());
        return output_(body_(input_(t, next, count, state.position()), state), count);
    }

    /// The state that `sequences` sequences begin with.
    decoding_state<T> state(std::size_t sequences = 1) const { return body_.state(sequences, context()); }

    /// Of input, body and output.
    std::vector<named_parameter<T>> parameters() const {
        std::vector<named_parameter<T>> all = input_.parameters();
        for (const auto& part : {body_.parameters(), output_.parameters()})
            all.insert(all.end(), part.begin(), part.end());
        return all;
    }
    /// All linear operators under their layers' names.
    std::vector<named_operator<T>> named_operators() const {
        std::vector<named_operator<T>> all = input_.named_operators();
        for (const auto& part : {body_.named_operators(), output_.named_operators()})
            all.insert(all.end(), part.begin(), part.end());
        return all;
    }
    /// The same without names.
    std::vector<any_operator<T>> operators() const {
        std::vector<any_operator<T>> all;
        for (const auto& [name, op] : named_operators()) all.push_back(op);
        return all;
    }

private:
    transformer_spec spec_;
    transformer_input<T> input_;
    nn::body<T> body_;
    transformer_output<T> output_;
};

}  // namespace xtn::nn
