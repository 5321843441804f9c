// SPDX-License-Identifier: BSD-3-Clause
// Sequences that go on token by token through a transformer, of any length: where the context is full, its later half is
// read in again from position 0.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <xtn/nn/sampling.hpp>
#include <xtn/nn/transformer/transformer.hpp>

namespace xtn::nn {

/// One sequence, or several in step, with the state of the attention layers. Warm, it allocates nothing.
template <scalar T, std::integral Token = std::uint32_t>
class decoder {
public:
    explicit decoder(transformer<T> model, std::size_t sequences = 1)
        : model_(std::move(model)),
          state_(model_.state(sequences)),
          seen_(sequences * model_.context()),
          piece_(seen_.size()),
          logits_(sequences * model_.classes()) {}

    std::size_t sequences() const { return state_.sequences(); }
    const decoding_state<T>& state() const { return state_; }

    /// The logits (classes) for what follows `next` after everything fed before, of one sequence. Valid until the next
    /// call.
    std::span<const T> feed(Token next) { return feed(std::span<const Token>(&next, 1)); }
    /// The same for the next tokens of each sequence, one or more, sequence by sequence: logits (sequences x classes) of what
    /// follows the last ones. Throws shape_error for another number of tokens or one that is not in the vocabulary; nothing
    /// is fed then.
    std::span<const T> feed(std::span<const Token> next) {
        const std::size_t each = next.size() / sequences();
        if (each == 0 || next.size() % sequences() != 0)
            throw shape_error("decoder: there are " + std::to_string(sequences()) + " sequences, but " +
                              std::to_string(next.size()) + " tokens to go on with");
        kernels::require_below(model_.vocabulary(), next.size(), next.data(), "decoder", "token");
        for (std::size_t fed = 0; fed < each;) {
            if (state_.position() == state_.context()) begin_again();
            const std::size_t count = std::min(each - fed, state_.context() - state_.position());
            for (std::size_t s = 0; s < sequences(); ++s)
                std::copy_n(next.data() + s * each + fed, count, piece_.data() + s * count);
            advance(count);
            fed += count;
        }
        return logits_;
    }

private:
    /// Feeds so many tokens of each sequence, which stand in piece_.
    void advance(std::size_t count) {
        tape_.clear();
        const std::size_t first = state_.position(), classes = model_.classes();
        const variable<T, 2> rows =
            model_.logits(tape_, std::span<const Token>(piece_).first(sequences() * count), state_);
        for (std::size_t s = 0; s < sequences(); ++s) {
            std::copy_n(piece_.data() + s * count, count, seen_.data() + s * state_.context() + first);
            std::copy_n(rows.data() + ((s + 1) * count - 1) * classes, classes, logits_.data() + s * classes);
        }
    }
    void begin_again() {
        const std::size_t context = state_.context(), kept = context - (context / 2 + 1);
        for (std::size_t s = 0; s < sequences(); ++s)
            std::copy_n(seen_.data() + (s + 1) * context - kept, kept, piece_.data() + s * kept);
        state_.restart();
        if (kept > 0) advance(kept);
    }

    transformer<T> model_;
    decoding_state<T> state_;
    tape<T> tape_;
    std::vector<Token> seen_, piece_;  // (sequences x context): what the state has gone through, and what comes next
    std::vector<T> logits_;
};

/// `count` tokens that follow the prompt, which has at least one (else shape_error).
template <scalar T, token_range Tokens>
auto generate(const transformer<T>& model, Tokens&& prompt, std::size_t count, const sampling& how,
              random_stream& random) {
    using Token = std::ranges::range_value_t<Tokens>;
    if (tokens_of(prompt).empty()) throw shape_error("generate: the prompt needs at least one token");
    decoder<T, Token> d(model);
    std::span<const T> logits = d.feed(tokens_of(prompt));
    std::vector<Token> text;
    while (text.size() < count) {
        text.push_back(static_cast<Token>(sample(logits, how, random)));
        if (text.size() < count) logits = d.feed(text.back());
    }
    return text;
}

}  // namespace xtn::nn
