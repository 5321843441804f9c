// SPDX-License-Identifier: BSD-3-Clause
// Causal linear attention over every sequence and head (kernels/linear_attention.hpp): queries and keys are features, the
// past is a state of fixed size, and gates say how fast it is forgotten. Differentiable in queries, keys, values, gates and
// the state that the sequences begin with.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <xtn/nn/kernels/linear_attention.hpp>
#include <xtn/nn/module.hpp>

namespace xtn::nn {

/// How linear attention is evaluated; the value does not depend on `chunk`.
struct linear_attention_options {
    std::size_t heads = 1;
    bool normalised = true;       ///< divided by the sum of the weights
    std::vector<double> decay{};  ///< g of each head; empty: nothing is forgotten
    std::size_t chunk =
        kernels::linear_attention_chunk;  ///< positions; 1 is the recurrence, all of them the quadratic form
};

/// Of `retention`: decays of heads from 1 - 1/32 to 1 - 1/512, 1 - g evenly spread on a logarithmic scale (Sun et al.,
/// arXiv 2307.08621, as the code of DiJiang has it).
inline std::vector<double> retention_decays(std::size_t heads) {
    std::vector<double> g;
    for (std::size_t h = 0; h < heads; ++h) {
        const double part = heads > 1 ? static_cast<double>(h) / static_cast<double>(heads - 1) : 0;
        g.push_back(1 - std::exp(std::log(1.0 / 32) + part * (std::log(1.0 / 512) - std::log(1.0 / 32))));
    }
    return g;
}

/// Outputs, and the state of every sequence and head after the last position: (batch x heads x state size), for each head
/// first S (key_dim x value_dim), then, normalised, z (key_dim).
template <scalar T>
struct linear_attention_result {
    variable<T, 2> out;
    variable<T, 3> state;
};

/// Queries and keys (batch * time x heads * key_dim), values (batch * time x heads * value_dim), all of sequences of `time`
/// positions. `log_gates` (batch * time x heads), at most 0, are gates of every position, added to the decay; `state` is
/// what the sequences begin with, zeros otherwise. Throws shape_error where extents do not fit together.
template <scalar T>
linear_attention_result<T> linear_attention(const variable<T, 2>& q, const variable<T, 2>& k, const variable<T, 2>& v,
                                            std::size_t time, const linear_attention_options& how,
                                            const std::optional<variable<T, 2>>& log_gates = std::nullopt,
                                            const std::optional<variable<T, 3>>& state = std::nullopt) {
    const std::size_t rows = q.shape()[0], heads = how.heads;
    if (k.shape() != q.shape() || v.shape()[0] != rows || heads == 0 || q.shape()[1] % heads != 0 ||
        v.shape()[1] % heads != 0 || time == 0 || rows % time != 0 || how.chunk == 0)
        throw shape_error("linear_attention: queries " + to_string(geometry::row_major(q.shape())) + ", keys " +
                          to_string(geometry::row_major(k.shape())) + " and values " +
                          to_string(geometry::row_major(v.shape())) +
                          " must have as many rows, keys the shape of queries, " + "and be made of " +
                          std::to_string(heads) + " heads and sequences of " + std::to_string(time));
    if (!how.decay.empty() && how.decay.size() != heads)
        throw shape_error("linear_attention: " + std::to_string(how.decay.size()) + " decays for " +
                          std::to_string(heads) + " heads");
    if (log_gates && log_gates->shape() != std::array{rows, heads})
        throw shape_error("linear_attention: gates " + to_string(geometry::row_major(log_gates->shape())) + " for " +
                          std::to_string(rows) + " positions and " + std::to_string(heads) + " heads");
    const kernels::linear_attention_shape shape{.batch = rows / time,
                                                .heads = heads,
                                                .time = time,
                                                .key_dim = q.shape()[1] / heads,
                                                .value_dim = v.shape()[1] / heads,
                                                .normalised = how.normalised,
                                                .chunk = how.chunk};
    const std::array<std::size_t, 3> state_shape{shape.batch, heads, shape.state_size()};
    if (state && state->shape() != state_shape)
        throw shape_error("linear_attention: a state " + to_string(geometry::row_major(state->shape())) +
                          ", expected " + to_string(geometry::row_major(state_shape)));
    tape<T>& t = q.tape();
    const bool needs = q.needs_gradient() || k.needs_gradient() || v.needs_gradient() ||
                       (log_gates && log_gates->needs_gradient()) || (state && state->needs_gradient());
    const variable<T, 2> out = t.result(v.shape(), needs);
    const variable<T, 3> end = t.result(state_shape, needs);
    T* const residual = out.needs_gradient() ? t.template keep<T>(shape.residual_size()) : nullptr;
    T* const constants = t.template keep<T>(heads);
    for (std::size_t h = 0; h < heads; ++h)
        constants[h] = how.decay.empty() ? T(0) : static_cast<T>(std::log(how.decay[h]));

    using rows_of = kernels::strided_rows<const T>;
    const auto in = [](const variable<T, 2>& x) { return detail::factor_of(x); };
    const auto gates_of = [=](std::size_t b, std::size_t h) {
        const T* each = log_gates ? log_gates->data() + b * time * heads + h : nullptr;
        return kernels::log_gates<T>{each, heads, constants[h]};
    };
    const auto each_head = [shape](auto f) {
        for (std::size_t b = 0; b < shape.batch; ++b)
            for (std::size_t h = 0; h < shape.heads; ++h) f(b, h, b * shape.heads + h);
    };
    {
        if (state)
            std::copy_n(state->data(), state->size(), end.data());
        else
            std::fill_n(end.data(), end.size(), T(0));
        backend::workspace_frame frame;
        T* const workspace = frame.take<T>(shape.forward_workspace_size());
        each_head([&](std::size_t b, std::size_t h, std::size_t n) {
            const auto part = [&](const auto& x, std::size_t dim) { return x.block(b * time, h * dim); };
            kernels::linear_attention_head<T>(
                shape, gates_of(b, h), part(in(q), shape.key_dim), part(in(k), shape.key_dim),
                part(in(v), shape.value_dim), end.data() + n * shape.state_size(),
                {out.data() + b * time * v.shape()[1] + h * shape.value_dim, v.shape()[1]},
                residual ? residual + n * shape.head_residual_size() : nullptr, workspace);
        });
    }
    t.record(out, [=](const T* dy) {
        backend::workspace_frame frame;
        const std::array<gradient_sink<T>, 3> sinks{q.sink(), k.sink(), v.sink()};
        const bool add = sinks[0].accumulate || sinks[1].accumulate || sinks[2].accumulate;
        const std::array<const variable<T, 2>*, 3> operands{&q, &k, &v};
        std::array<kernels::strided_rows<T>, 3> d{};
        for (std::size_t i = 0; i < 3; ++i)
            d[i] = {add        ? detail::adding_sink(sinks[i], operands[i]->size(), frame)
                    : sinks[i] ? sinks[i].data
                               : frame.take<T>(operands[i]->size()),
                    operands[i]->shape()[1]};
        T* const dgates = log_gates && log_gates->needs_gradient()
                              ? detail::adding_sink(log_gates->sink(), log_gates->size(), frame)
                              : nullptr;
        T* const dstate = frame.take<T>(end.size());
        const gradient_sink<T> dend = end.sink();
        if (dend.accumulate)
            std::copy_n(dend.data, end.size(), dstate);
        else
            std::fill_n(dstate, end.size(), T(0));
        T* const workspace = frame.take<T>(shape.backward_workspace_size());
        each_head([&](std::size_t b, std::size_t h, std::size_t n) {
            const auto part = [&](const auto& x, std::size_t dim) { return x.block(b * time, h * dim); };
            const std::size_t m = shape.key_dim, dim = shape.value_dim;
            kernels::linear_attention_head_backward<T>(
                shape, gates_of(b, h), part(in(q), m), part(in(k), m), part(in(v), dim),
                part(rows_of{out.data(), out.shape()[1]}, dim), residual + n * shape.head_residual_size(),
                part(rows_of{dy, out.shape()[1]}, dim), dstate + n * shape.state_size(), part(d[0], m), part(d[1], m),
                part(d[2], dim), dgates ? dgates + b * time * heads + h : nullptr, detail::mode(add), workspace);
        });
        if (state && state->needs_gradient()) {
            const gradient_sink<T> ds = state->sink();
            kernels::transform(
                state->size(), detail::mode(ds.accumulate), ds.data, [](auto x) { return x; },
                static_cast<const T*>(dstate));
        }
    });
    // A cotangent of the last state alone has to reach the pullback above, which runs after this one.
    t.record(end, [=](const T*) {
        if (const gradient_sink<T> dy = out.sink(); !dy.accumulate) std::fill_n(dy.data, out.size(), T(0));
    });
    return {out, end};
}

}  // namespace xtn::nn
