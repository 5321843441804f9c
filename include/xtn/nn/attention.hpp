// SPDX-License-Identifier: BSD-3-Clause
// Multi-head softmax attention: out = softmax(scale q k^T) v for every sequence and head (Vaswani et al. 2017). Causal, a
// position sees itself and those before it, all of them or those in a window that slides along.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>

#include <xtn/nn/attention_state.hpp>
#include <xtn/nn/kernels/multi_head_attention.hpp>
#include <xtn/nn/module.hpp>

namespace xtn::nn {

/// Softmax attention of rows that hold `heads` heads side by side. Values may have other columns than queries and keys.
struct softmax_attention {
    std::size_t heads = 1;
    bool causal = true;
    double scale = 0;        ///< of the scores; 0 means 1 / sqrt(columns of a head)
    std::size_t window = 0;  ///< positions that a causal position sees, itself the last; 0 means all

    /// Sequences of `time` positions, one below the other. Throws shape_error for shapes that do not fit.
    template <scalar T>
    variable<T, 2> operator()(const variable<T, 2>& q, const variable<T, 2>& k, const variable<T, 2>& v,
                              std::size_t time) const {
        kernels::attention_shape shape = shape_of(q, k, v, time);
        tape<T>& t = q.tape();
        const T factor = scale_of<T>(shape.head_dim);
        const variable<T, 2> y = t.result(v.shape(), q, k, v);
        if (!y.needs_gradient()) shape.residual = kernels::attention_residual::nothing;
        T* residual = t.template keep<T>(shape.residual_size());
        {
            backend::workspace_frame frame;
            kernels::multi_head_attention<T>(shape, factor, detail::factor_of(q), detail::factor_of(k),
                                             detail::factor_of(v), {y.data(), y.shape()[1]}, residual,
                                             frame.take<T>(shape.forward_workspace_size()));
        }
        t.record(y, [=](const T* dy) {
            backend::workspace_frame frame;
            const std::array operands{q, k, v};
            const std::array<gradient_sink<T>, 3> sinks{q.sink(), k.sink(), v.sink()};
            const bool add = sinks[0].accumulate || sinks[1].accumulate || sinks[2].accumulate;
            std::array<kernels::strided_rows<T>, 3> d{};
            for (std::size_t i = 0; i < 3; ++i) {
                const std::size_t size = operands[i].size();
                d[i] = {add        ? detail::adding_sink(sinks[i], size, frame)
                        : sinks[i] ? sinks[i].data
                                   : frame.take<T>(size),
                        operands[i].shape()[1]};
            }
            kernels::multi_head_attention_backward<T>(shape, factor, detail::factor_of(q), detail::factor_of(k),
                                                      detail::factor_of(v), {y.data(), y.shape()[1]}, residual,
                                                      {dy, y.shape()[1]}, d[0], d[1], d[2], detail::mode(add),
                                                      frame.take<T>(shape.backward_workspace_size()));
        });
        return y;
    }

    /// The keys and values of `context` positions, or of those that the next one sees in its window. Throws xtn::error unless it is
    /// causal.
    std::size_t state_size(std::size_t key_columns, std::size_t value_columns, std::size_t context) const {
        if (!causal) throw error("attention: only causal attention goes on position by position");
        return remembered(context) * (key_columns + value_columns);
    }

    /// The next positions of the state's sequences; the numbers of one begin `offset` after those of the state. Throws shape_error as
    /// above and beyond the context, xtn::error where something is differentiated.
    template <scalar T>
    variable<T, 2> operator()(const variable<T, 2>& q, const variable<T, 2>& k, const variable<T, 2>& v,
                              attention_state<T>& state, std::size_t offset = 0) const {
        const std::size_t count = state.positions_in(q.shape()[0]), kept = remembered(state.context());
        kernels::attention_shape shape = shape_of(q, k, v, count);
        const variable<T, 2> y = detail::undifferentiated(v.shape(), q, k, v);
        const std::size_t past = std::min(state.position(), kept), wide = k.shape()[1], value_wide = v.shape()[1];
        shape.batch = 1, shape.past = past, shape.residual = kernels::attention_residual::nothing;
        backend::workspace_frame frame;
        T* const workspace = frame.take<T>(shape.forward_workspace_size());
        // Where the state has room for them, the new ones go there; behind a window that is full they do not.
        const bool fits = past + count <= kept;
        T* const apart_keys = fits ? nullptr : frame.take<T>((past + count) * wide);
        T* const apart_values = fits ? nullptr : frame.take<T>((past + count) * value_wide);
        for (std::size_t s = 0; s < state.sequences(); ++s) {
            T *const keys = state.of(s) + offset, *const values = keys + kept * wide;
            const auto joined = [&](T* cache, const variable<T, 2>& x, std::size_t columns, T* elsewhere) {
                T* const all = fits ? cache : elsewhere;
                if (!fits) std::copy_n(cache, past * columns, all);
                std::copy_n(x.data() + s * count * columns, count * columns, all + past * columns);
                return all;
            };
            T* const all_keys = joined(keys, k, wide, apart_keys);
            T* const all_values = joined(values, v, value_wide, apart_values);
            kernels::multi_head_attention<T>(shape, scale_of<T>(shape.head_dim), {q.data() + s * count * wide, wide},
                                             {all_keys, wide}, {all_values, value_wide},
                                             {y.data() + s * count * value_wide, value_wide}, nullptr, workspace);
            if (fits) continue;
            std::copy_n(all_keys + (past + count - kept) * wide, kept * wide, keys);
            std::copy_n(all_values + (past + count - kept) * value_wide, kept * value_wide, values);
        }
        return y;
    }

private:
    /// Positions of a context whose keys and values the next one needs.
    std::size_t remembered(std::size_t context) const { return window > 0 ? std::min(context, window - 1) : context; }
    template <scalar T>
    kernels::attention_shape shape_of(const variable<T, 2>& q, const variable<T, 2>& k, const variable<T, 2>& v,
                                      std::size_t time) const {
        const auto [rows, columns] = q.shape();
        if (k.shape() != q.shape() || v.shape()[0] != rows || heads == 0 || columns % heads != 0 ||
            v.shape()[1] % heads != 0 || time == 0 || rows % time != 0)
            throw shape_error("attention: queries " + to_string(geometry::row_major(q.shape())) + ", keys " +
                              to_string(geometry::row_major(k.shape())) + " and values " +
                              to_string(geometry::row_major(v.shape())) + " must have the rows of sequences of " +
                              std::to_string(time) + " and columns of " + std::to_string(heads) +
                              " heads, queries and keys the same");
        if (window > 0 && !causal)
            throw error("attention: a window is one of past positions, but the attention is not causal");
        kernels::attention_shape shape{.batch = rows / time,
                                       .heads = heads,
                                       .time = time,
                                       .head_dim = columns / heads,
                                       .causal = causal,
                                       .value_dim = v.shape()[1] / heads};
        if (window > 0) shape.window = window;
        return shape;
    }
    template <scalar T>
    T scale_of(std::size_t head_dim) const {
        return scale > 0 ? static_cast<T>(scale) : T(1) / std::sqrt(static_cast<T>(head_dim));
    }
};

}  // namespace xtn::nn
