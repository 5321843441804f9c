// SPDX-License-Identifier: BSD-3-Clause
// Positions added to the rows of sequences: y[b, t] = x[b, t] + position[t]. They are sinusoids (Vaswani et al. 2017,
// section 3.5), learned (GPT-2), or none, and then y is x.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include <xtn/ad/rules.hpp>
#include <xtn/nn/kernels/positions.hpp>
#include <xtn/nn/module.hpp>

namespace xtn::nn {

/// Where positions come from.
enum class position_kind { none, sinusoidal, learned };

/// A row for each position; parameter "positions" (context x dim) where they are learned.
template <scalar T>
class positions {
public:
    /// Of `context` positions: sinusoids or, to be learned, zeros. None have no limit.
    positions(position_kind kind, std::size_t context, std::size_t dim)
        : kind_(kind), table_(std::vector{kind == position_kind::none ? 0 : context, dim}) {
        if (kind == position_kind::sinusoidal) kernels::sinusoidal_positions(context, dim, table_.data());
        table_.set_trainable(kind == position_kind::learned);
    }

    position_kind kind() const { return kind_; }
    /// The rows (context x dim); no rows where there are none.
    const parameter<T>& table() const { return table_; }

    /// Rows (batch * time x dim), sequences of `time` positions from `first` on. Throws shape_error beyond the context.
    variable<T, 2> operator()(const variable<T, 2>& x, std::size_t time, std::size_t first = 0) const {
        if (kind_ == position_kind::none) return x;
        const std::size_t context = table_.shape()[0], dim = table_.shape()[1], rows = x.shape()[0];
        if (x.shape()[1] != dim || time == 0 || rows % time != 0 || first + time > context)
            throw shape_error("positions: sequences of " + std::to_string(time) + " positions from " +
                              std::to_string(first) + " on in rows " + to_string(geometry::row_major(x.shape())) +
                              "; the context has " + std::to_string(context) + " of width " + std::to_string(dim));
        const variable<T, 2> table = x.tape().template leaf<2>(table_);
        const bool whole = first == 0 && time == context;
        const variable<T, 2> of_sequence =
            whole ? table : window(table, {time, dim}, {static_cast<std::ptrdiff_t>(first), 0});
        const variable<T, 3> y = x.reshape(std::array<std::size_t, 3>{rows / time, time, dim}) + of_sequence;
        return y.reshape(x.shape());
    }

    std::vector<named_parameter<T>> parameters() const {
        if (kind_ != position_kind::learned) return {};
        return {{"positions", table_}};
    }

private:
    position_kind kind_;
    parameter<T> table_;
};

}  // namespace xtn::nn
