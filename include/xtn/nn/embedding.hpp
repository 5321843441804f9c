// SPDX-License-Identifier: BSD-3-Clause
// Token embedding: y[i] = table[token[i]]. The table is a matrix, or any other operator, of which the rows are read.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <ranges>
#include <span>
#include <utility>
#include <vector>

#include <xtn/nn/kernels/embedding.hpp>
#include <xtn/nn/module.hpp>
#include <xtn/op/apply.hpp>
#include <xtn/op/dense.hpp>

namespace xtn::nn {

/// Tokens that lie one after the other and outlive the call: a span, or a vector that is no temporary.
template <class R>
concept token_range =
    std::ranges::contiguous_range<R> && std::ranges::borrowed_range<R> && std::integral<std::ranges::range_value_t<R>>;

/// The tokens of a range.
template <token_range R>
std::span<const std::ranges::range_value_t<R>> tokens_of(R&& tokens) {
    return {std::ranges::data(tokens), std::ranges::size(tokens)};
}

/// Rows for tokens, of a table that is any operator (vocabulary x dim) and has its parameters; a matrix has "weight".
template <scalar T>
class embedding {
public:
    explicit embedding(any_operator<T> weight) : weight_(std::move(weight)) {}
    /// A matrix of zeros.
    embedding(std::size_t vocabulary, std::size_t dim) : weight_(dense<T>(vocabulary, dim)) {}

    std::size_t vocabulary() const { return weight_.out(); }
    std::size_t dim() const { return weight_.in(); }
    const any_operator<T>& weight() const { return weight_; }
    /// The table as a parameter. Throws xtn::error where it is not stored as a matrix.
    const parameter<T>& table() const {
        if (!is_stored())
            throw error(
                "embedding: the table is an operator, not a parameter; weight() is it, and to_dense(weight()) "
                "its matrix");
        return weight_.network().terms()[0].factors()[0].value();
    }

    /// Tokens to rows (tokens x dim). The tokens must live unchanged until backward(). Throws shape_error for a token outside the
    /// vocabulary.
    template <std::integral Index>
    variable<T, 2> operator()(tape<T>& t, std::span<const Index> tokens) const {
        const variable<T, 2> table = rows(t);
        const variable<T, 2> y = t.result(std::array{tokens.size(), dim()}, table);
        kernels::embedding(tokens.size(), dim(), vocabulary(), tokens.data(), table.data(), y.data());
        t.watch(tokens, "the tokens of an embedding");
        t.record(y, [table, tokens](const T* dy) {
            const gradient_sink<T> s = table.sink();
            if (!s) return;
            if (!s.accumulate) std::fill_n(s.data, table.size(), T{});
            kernels::embedding_backward(tokens.size(), table.shape()[1], table.shape()[0], tokens.data(), dy, s.data);
        });
        return y;
    }

    std::vector<named_parameter<T>> parameters() const { return weight_.parameters(); }

private:
    /// The table as a matrix: itself, one that was reconstructed for many tapes, or made here.
    variable<T, 2> rows(tape<T>& t) const {
        if (is_stored()) return t.template leaf<2>(table());
        if (const parameter<T>* matrix = t.provided(weight_.network().id())) return t.template leaf<2>(*matrix);
        return to_dense(weight_, t);
    }

    /// Whether a parameter is the matrix, and not for instance its transpose.
    bool is_stored() const {
        if (!weight_.network().is_matrix()) return false;
        const operator_term<T>& term = weight_.network().terms()[0];
        return term.dense().operand[0] == term.dense().output &&
               std::ranges::equal(term.factors()[0].value().shape(), std::array{vocabulary(), dim()});
    }

    any_operator<T> weight_;
};

}  // namespace xtn::nn
