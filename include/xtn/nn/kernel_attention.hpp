// SPDX-License-Identifier: BSD-3-Clause
// Kernel attention: linear attention of features of queries and keys, as a mechanism of a transformer. Its state has one size
// whatever the context: for each head S (features x value columns), normalised z (features), and for shifted features the
// greatest exponent of a key so far. What is remembered may fade by gates that follow from the keys, g_t = sigmoid(W k_t + b)
// (gated linear attention, Yang et al., arXiv 2312.06635, with one gate a head).
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <xtn/nn/activation.hpp>
#include <xtn/nn/attention_state.hpp>
#include <xtn/nn/feature_map.hpp>
#include <xtn/nn/linear.hpp>
#include <xtn/nn/linear_attention.hpp>
#include <xtn/op/dense.hpp>

namespace xtn::nn {

/// A linear map from keys to the gates of all heads: W begins with zeros, and b with 1 to 5, gates from 0.73 to 0.993.
template <scalar T>
linear<T> key_gates(std::size_t heads, std::size_t key_columns) {
    const parameter<T> bias(std::vector{heads});
    for (std::size_t h = 0; h < heads; ++h)
        bias.values()[h] = T(1) + (heads > 1 ? T(4) * static_cast<T>(h) / static_cast<T>(heads - 1) : T(0));
    return {dense<T>(heads, key_columns), bias};
}

/// A feature map and linear attention of its features.
template <scalar T>
class kernel_attention {
public:
    /// `gates` as key_gates makes them, or none. Throws xtn::error for shifted features that are not normalised: only there the
    /// shift cancels.
    kernel_attention(feature_map<T> map, linear_attention_options how, std::optional<linear<T>> gates = std::nullopt)
        : map_(std::move(map)), how_(std::move(how)), gates_(std::move(gates)) {
        if (map_.shifted() && !how_.normalised)
            throw error("kernel_attention: exponential features need a denominator, in which their shift cancels");
    }

    /// Sequences of `time` positions, one below the other.
    variable<T, 2> operator()(const variable<T, 2>& q, const variable<T, 2>& k, const variable<T, 2>& v,
                              std::size_t time) const {
        const key_features<T> keys = map_.keys(k, how_.heads, time);
        return linear_attention<T>(map_.queries(q, how_.heads), keys.features, v, time, how_, log_gates(k, keys)).out;
    }

    std::size_t state_size(std::size_t key_columns, std::size_t value_columns, std::size_t) const {
        const std::size_t features = map_.width(key_columns / how_.heads);
        return how_.heads *
               (features * (value_columns / how_.heads + (how_.normalised ? 1 : 0)) + (map_.shifted() ? 1 : 0));
    }

    /// The next positions of the state's sequences.
    variable<T, 2> operator()(const variable<T, 2>& q, const variable<T, 2>& k, const variable<T, 2>& v,
                              attention_state<T>& state) const {
        const std::size_t count = state.positions_in(q.shape()[0]), sequences = state.sequences();
        const std::size_t heads = how_.heads, own = state_size(k.shape()[1], v.shape()[1], 0);
        const std::size_t shifts = map_.shifted() ? heads : 0, sums = own - shifts;
        tape<T>& t = q.tape();
        T* const past = t.template keep<T>(sequences * sums);
        T* const greatest = t.template keep<T>(sequences * shifts);
        for (std::size_t s = 0; s < sequences; ++s) {
            if (state.position() == 0) {
                std::fill_n(state.of(s), sums, T(0));
                std::fill_n(state.of(s) + sums, shifts, kernels::no_shift<T>);
            }
            std::copy_n(state.of(s), sums, past + s * sums);
            std::copy_n(state.of(s) + sums, shifts, greatest + s * shifts);
        }
        const key_features<T> keys = map_.keys(k, heads, count, std::span<T>(greatest, sequences * shifts));
        const auto found =
            linear_attention<T>(map_.queries(q, heads), keys.features, v, count, how_, log_gates(k, keys),
                                t.template constant<3>(past, {sequences, heads, sums / heads}));
        for (std::size_t s = 0; s < sequences; ++s) {
            std::copy_n(found.state.data() + s * sums, sums, state.of(s));
            std::copy_n(greatest + s * shifts, shifts, state.of(s) + sums);
        }
        return found.out;
    }

    /// The feature map's, and "gates.weight" and "gates.bias".
    std::vector<named_parameter<T>> parameters() const {
        std::vector<named_parameter<T>> all = map_.parameters();
        if (gates_) append(all, "gates", gates_->parameters());
        return all;
    }

private:
    std::optional<variable<T, 2>> log_gates(const variable<T, 2>& k, const key_features<T>& keys) const {
        if (!gates_) return keys.log_gates;
        const variable<T, 2> g = log_sigmoid((*gates_)(k));
        return keys.log_gates ? g + *keys.log_gates : g;
    }

    feature_map<T> map_;
    linear_attention_options how_;
    std::optional<linear<T>> gates_;
};

}  // namespace xtn::nn
