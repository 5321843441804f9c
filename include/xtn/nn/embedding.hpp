// SPDX-License-Identifier: BSD-3-Clause
// Token embedding plus fixed positions: y[b, t] = table[token[b, t]] + position[t].
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <xtn/nn/kernels/embedding.hpp>
#include <xtn/nn/kernels/positions.hpp>
#include <xtn/nn/module.hpp>

namespace xtn::nn {

/// Rows for tokens, with sinusoidal positions added; parameter "weight" (vocabulary x dim).
template <scalar T>
class embedding {
public:
    /// A table of zeros (vocabulary x dim) with sinusoidal positions (Vaswani et al. 2017, section 3.5) up to `context`.
    embedding(std::size_t vocabulary, std::size_t dim, std::size_t context)
        : table_(std::vector{vocabulary, dim}), positions_(context * dim), context_(context) {
        kernels::sinusoidal_positions(context, dim, positions_.data());
    }

    std::size_t vocabulary() const { return table_.shape()[0]; }
    std::size_t dim() const { return table_.shape()[1]; }
    const parameter<T>& table() const { return table_; }
    /// The positions, (context x dim).
    std::span<const T> positions() const { return positions_; }

    /// Tokens (batch x time) to rows (batch * time x dim). The tokens must live until backward(). Throws shape_error for
    /// a token outside the vocabulary or a time beyond the context.
    template <std::integral Index>
    variable<T, 2> operator()(tape<T>& t, std::span<const Index> tokens, std::size_t time) const {
        if (time == 0 || time > context_ || tokens.size() % time != 0)
            throw shape_error("embedding: sequences of " + std::to_string(time) + " of " +
                              std::to_string(tokens.size()) + " tokens; the context has " + std::to_string(context_));
        const variable<T, 2> table = t.template leaf<2>(table_);
        const variable<T, 2> y = t.result(std::array{tokens.size(), dim()}, table);
        kernels::embedding(tokens.size() / time, time, dim(), vocabulary(), tokens.data(), table.data(),
                           positions_.data(), y.data());
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
    std::vector<T> positions_;
    std::size_t context_;
};

}  // namespace xtn::nn
