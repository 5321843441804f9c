// SPDX-License-Identifier: BSD-3-Clause
// Causal multi-head softmax attention: out = softmax(q k^T / sqrt(head_dim)) v for every sequence and head, where a
// position sees itself and those before it (Vaswani et al. 2017).
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>

#include <xtn/nn/kernels/multi_head_attention.hpp>
#include <xtn/nn/module.hpp>

namespace xtn::nn {

/// The attention policy of a model: how q, k and v (batch * time rows of heads * head_dim columns) mix.
struct softmax_attention {
    template <scalar T>
    variable<T, 2> operator()(const variable<T, 2>& q, const variable<T, 2>& k, const variable<T, 2>& v,
                              std::size_t heads, std::size_t time) const {
        const auto [rows, columns] = q.shape();
        if (k.shape() != q.shape() || v.shape() != q.shape() || heads == 0 || columns % heads != 0 || time == 0 ||
            rows % time != 0)
            throw shape_error("attention: queries " + to_string(geometry::row_major(q.shape())) + ", keys " +
                              to_string(geometry::row_major(k.shape())) + " and values " +
                              to_string(geometry::row_major(v.shape())) + " must have one shape, made of " +
                              std::to_string(heads) + " heads and sequences of " + std::to_string(time));
        tape<T>& t = q.tape();
        const kernels::attention_shape shape{
            .batch = rows / time, .heads = heads, .time = time, .head_dim = columns / heads};
        const T scale = scale_of<T>(shape.head_dim);
        const variable<T, 2> y = t.result(q.shape(), q, k, v);
        T* residual = t.template keep<T>(shape.residual_size());
        const auto in = [](const variable<T, 2>& x) { return kernels::strided_rows<const T>{x.data(), x.shape()[1]}; };
        {
            backend::workspace_frame frame;
            kernels::multi_head_attention<T>(shape, scale, in(q), in(k), in(v), {y.data(), columns}, residual,
                                             frame.take<T>(shape.forward_workspace_size()));
        }
        t.record(y, [=](const T* dy) {
            backend::workspace_frame frame;
            const std::array<gradient_sink<T>, 3> sinks{q.sink(), k.sink(), v.sink()};
            const bool add = sinks[0].accumulate || sinks[1].accumulate || sinks[2].accumulate;
            std::array<kernels::strided_rows<T>, 3> d{};
            for (std::size_t i = 0; i < 3; ++i)
                d[i] = {add        ? detail::adding_sink(sinks[i], y.size(), frame)
                        : sinks[i] ? sinks[i].data
                                   : frame.take<T>(y.size()),
                        y.shape()[1]};
            kernels::multi_head_attention_backward<T>(shape, scale, in(q), in(k), in(v), in(y), residual,
                                                      {dy, y.shape()[1]}, d[0], d[1], d[2], detail::mode(add),
                                                      frame.take<T>(shape.backward_workspace_size()));
        });
        return y;
    }

    /// One new position of each of `batch` sequences against its cache: q and out (heads * head_dim), keys and values
    /// (positions x heads * head_dim), the newest included.
    template <scalar T>
    void decode(const T* q, const T* keys, const T* values, std::size_t heads, std::size_t head_dim,
                std::size_t positions, T* out) const {
        backend::workspace_frame frame;
        kernels::attention_decode<T>(heads, head_dim, positions, scale_of<T>(head_dim), q, {keys, heads * head_dim},
                                     {values, heads * head_dim}, out, frame.take<T>(positions));
    }

private:
    template <scalar T>
    static T scale_of(std::size_t head_dim) {
        return T(1) / std::sqrt(static_cast<T>(head_dim));
    }
};

}  // namespace xtn::nn
