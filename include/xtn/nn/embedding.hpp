// SPDX-License-Identifier: BSD-3-Clause
// Token embedding plus positions: y[b, t] = table[token[b, t]] + position[t]. The positions are sinusoids (Vaswani et al.
// 2017, section 3.5) or learned (GPT-2).
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <span>
#include <vector>

#include <xtn/nn/kernels/embedding.hpp>
#include <xtn/nn/kernels/positions.hpp>
#include <xtn/nn/module.hpp>

namespace xtn::nn {

/// Where positions come from.
enum class position_kind { sinusoidal, learned };

/// Rows for tokens, with positions added; parameters "weight" (vocabulary x dim) and, learned, "positions" (context x dim).
template <scalar T>
class embedding {
public:
    /// A table of zeros (vocabulary x dim) with positions up to `context`, sinusoids or, to be learned, zeros.
    embedding(std::size_t vocabulary, std::size_t dim, std::size_t context,
              position_kind kind = position_kind::sinusoidal)
        : table_(std::vector{vocabulary, dim}), positions_(std::vector{context, dim}) {
        if (kind == position_kind::learned) return;
        kernels::sinusoidal_positions(context, dim, positions_.data());
        positions_.set_trainable(false);
    }

    std::size_t vocabulary() const { return table_.shape()[0]; }
    std::size_t dim() const { return table_.shape()[1]; }
    const parameter<T>& table() const { return table_; }
    /// The positions, (context x dim).
    const parameter<T>& positions() const { return positions_; }
    bool learns_positions() const { return positions_.is_trainable(); }

    /// Tokens (batch x time) to rows (batch * time x dim). The tokens must live until backward(). Throws shape_error for
    /// a token outside the vocabulary or a time beyond the context.
    template <std::integral Index>
    variable<T, 2> operator()(tape<T>& t, std::span<const Index> tokens, std::size_t time) const {
        const std::size_t context = positions_.shape()[0];
        if (time == 0 || time > context || tokens.size() % time != 0)
            throw shape_error("embedding: sequences of " + std::to_string(time) + " of " +
                              std::to_string(tokens.size()) + " tokens; the context has " + std::to_string(context));
        const variable<T, 2> table = t.template leaf<2>(table_), positions = t.template leaf<2>(positions_);
        const variable<T, 2> y = t.result(std::array{tokens.size(), dim()}, table, positions);
        kernels::embedding(tokens.size() / time, time, dim(), vocabulary(), tokens.data(), table.data(),
                           positions.data(), y.data());
        t.record(y, [table, positions, tokens, time](const T* dy) {
            const std::size_t dim = table.shape()[1];
            if (const gradient_sink<T> s = table.sink()) {
                if (!s.accumulate) std::fill_n(s.data, table.size(), T{});
                kernels::embedding_backward(tokens.size(), dim, table.shape()[0], tokens.data(), dy, s.data);
            }
            if (const gradient_sink<T> s = positions.sink()) {
                if (!s.accumulate) std::fill_n(s.data, positions.size(), T{});
                kernels::add_bias_gradient(tokens.size() / time, time * dim, dy, s.data);
            }
        });
        return y;
    }

    /// "weight", and "positions" where they are learned.
    std::vector<named_parameter<T>> parameters() const {
        std::vector<named_parameter<T>> all{{"weight", table_}};
        if (learns_positions()) all.push_back({"positions", positions_});
        return all;
    }

private:
    parameter<T> table_, positions_;
};

}  // namespace xtn::nn
