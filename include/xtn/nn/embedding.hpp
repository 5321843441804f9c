// SPDX-License-Identifier: BSD-3-Clause
// Token embedding: y[i] = table[token[i]].
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <ranges>
#include <span>
#include <vector>

#include <xtn/nn/kernels/embedding.hpp>
#include <xtn/nn/module.hpp>

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

/// Rows for tokens; parameter "weight" (vocabulary x dim).
template <scalar T>
class embedding {
public:
    /// A table of zeros (vocabulary x dim).
    embedding(std::size_t vocabulary, std::size_t dim) : table_(std::vector{vocabulary, dim}) {}

    std::size_t vocabulary() const { return table_.shape()[0]; }
    std::size_t dim() const { return table_.shape()[1]; }
    const parameter<T>& table() const { return table_; }

    /// Tokens to rows (tokens x dim). The tokens must live unchanged until backward(). Throws shape_error for a token outside the
    /// vocabulary.
    template <std::integral Index>
    variable<T, 2> operator()(tape<T>& t, std::span<const Index> tokens) const {
        const variable<T, 2> table = t.template leaf<2>(table_);
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

    std::vector<named_parameter<T>> parameters() const { return {{"weight", table_}}; }

private:
    parameter<T> table_;
};

}  // namespace xtn::nn
