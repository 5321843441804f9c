// SPDX-License-Identifier: BSD-3-Clause
// Kernel attention of everything so far beside softmax attention in a sliding window, mixed by a learned number of each head
// (as compressive memory and local attention are in Infini-attention, arXiv 2404.07143, equation 10, there through a sigmoid):
//
//     out = near + m (far - near),   m = 1/2 at first
//
// Its state has one size whatever the context: that of kernel attention, then the keys and values of a window less one position.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include <xtn/ad/contract.hpp>
#include <xtn/ad/rules.hpp>
#include <xtn/nn/attention.hpp>
#include <xtn/nn/kernel_attention.hpp>

namespace xtn::nn {

/// Two mechanisms of attention side by side.
template <scalar T>
class windowed_attention {
public:
    /// Both have the same heads. Throws xtn::error for softmax attention without a window.
    windowed_attention(kernel_attention<T> far, softmax_attention near)
        : far_(std::move(far)), near_(near), mix_(std::vector<std::size_t>{near.heads}) {
        if (near.window == 0) throw error("windowed_attention: softmax attention needs a window");
        for (T& m : mix_.values()) m = T(1) / 2;
    }

    /// Sequences of `time` positions, one below the other.
    variable<T, 2> operator()(const variable<T, 2>& q, const variable<T, 2>& k, const variable<T, 2>& v,
                              std::size_t time) const {
        return mixed(far_(q, k, v, time), near_(q, k, v, time));
    }

    std::size_t state_size(std::size_t key_columns, std::size_t value_columns, std::size_t context) const {
        return far_.state_size(key_columns, value_columns, context) +
               near_.state_size(key_columns, value_columns, context);
    }

    /// The next positions of the state's sequences.
    variable<T, 2> operator()(const variable<T, 2>& q, const variable<T, 2>& k, const variable<T, 2>& v,
                              attention_state<T>& state) const {
        const std::size_t behind = far_.state_size(k.shape()[1], v.shape()[1], state.context());
        return mixed(far_(q, k, v, state), near_(q, k, v, state, behind));
    }

    /// "mix" (m of each head), and the feature map's.
    std::vector<named_parameter<T>> parameters() const {
        std::vector<named_parameter<T>> all = far_.parameters();
        all.push_back({"mix", mix_});
        return all;
    }

private:
    variable<T, 2> mixed(const variable<T, 2>& far, const variable<T, 2>& near) const {
        const auto [rows, columns] = near.shape();
        const variable<T, 3> apart = (far - near).template reshape<3>({rows, near_.heads, columns / near_.heads});
        return near + einsum<"rhd,h->rhd">(apart, near.tape().template leaf<1>(mix_)).reshape(near.shape());
    }

    kernel_attention<T> far_;
    softmax_attention near_;
    parameter<T> mix_;
};

}  // namespace xtn::nn
