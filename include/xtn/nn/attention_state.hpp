// SPDX-License-Identifier: BSD-3-Clause
// What an attention layer remembers of the positions it has seen while sequences go on one position, or several, at a
// time; and what a mechanism of attention has to be able to do.
//
// A mechanism has two sides that agree row for row: over whole sequences, on the tape, and over the next positions of
// sequences, from a state, where nothing is differentiated. For softmax the state is the keys and values so far and
// grows with the context; a recurrent mechanism's has one size whatever the context.
#pragma once

#include <concepts>
#include <cstddef>
#include <string>
#include <vector>

#include <xtn/ad/tape.hpp>
#include <xtn/core/error.hpp>

namespace xtn::nn {

/// Where some sequences are that go on in step.
class decoding_position {
public:
    /// For up to `context` positions of each sequence.
    decoding_position(std::size_t sequences, std::size_t context) : sequences_(sequences), context_(context) {
        if (sequences == 0) throw shape_error("decoding: at least one sequence is needed");
    }

    std::size_t sequences() const { return sequences_; }
    std::size_t context() const { return context_; }
    /// The positions that every sequence has gone through.
    std::size_t position() const { return position_; }

    /// How many positions of each sequence so many rows are. Throws shape_error where they do not part evenly, or are more
    /// than the context has left.
    std::size_t positions_in(std::size_t rows) const {
        const std::size_t count = rows / sequences_;
        if (count == 0 || rows % sequences_ != 0 || count > context_ - position_)
            throw shape_error("decoding: " + std::to_string(rows) + " rows are no next positions of " +
                              std::to_string(sequences_) + " sequences after " + std::to_string(position_) +
                              " positions; the context has " + std::to_string(context_));
        return count;
    }
    /// `count` positions have been gone through.
    void advance(std::size_t count) { position_ += count; }
    /// Begins again at position 0.
    void restart() { position_ = 0; }

private:
    std::size_t sequences_, context_, position_ = 0;
};

/// The state of one attention layer: `size` numbers for each sequence. What they mean is the mechanism's affair, which
/// finds them undefined at position 0.
template <scalar T>
class attention_state : public decoding_position {
public:
    attention_state(std::size_t sequences, std::size_t size, std::size_t context)
        : decoding_position(sequences, context), size_(size), memory_(sequences * size) {}

    /// The numbers of one sequence.
    T* of(std::size_t sequence) { return memory_.data() + sequence * size_; }
    std::size_t bytes() const { return memory_.size() * sizeof(T); }

private:
    std::size_t size_;
    std::vector<T> memory_;
};

/// How queries, keys and values mix. `a(q, k, v, time)` takes the rows of whole sequences of `time` positions;
/// `a(q, k, v, state)` takes rows of the next positions, sequence by sequence, reads and changes the state's numbers, and
/// leaves advancing to the caller; it refuses variables that are differentiated. `a.state_size(keys, values, context)` is
/// what a sequence takes in a state, for rows of so many columns and up to `context` positions; a mechanism whose
/// positions see later ones refuses. A mechanism that learns has `parameters()` besides.
template <class A, class T>
concept attention_mechanism = requires(const A& a, const variable<T, 2>& x, attention_state<T>& state, std::size_t n) {
    { a(x, x, x, n) } -> std::same_as<variable<T, 2>>;
    { a(x, x, x, state) } -> std::same_as<variable<T, 2>>;
    { a.state_size(n, n, n) } -> std::convertible_to<std::size_t>;
};

}  // namespace xtn::nn
