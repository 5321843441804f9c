// SPDX-License-Identifier: BSD-3-Clause
// Who makes the parts of a transformer that a spec only names: the operator of every linear layer and the mechanism of
// every attention, by the layer's name.
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <xtn/nn/linear.hpp>
#include <xtn/nn/transformer/any_attention.hpp>
#include <xtn/op/operator.hpp>

namespace xtn::nn {

/// Makes the operator of a layer, from its name ("blocks.0.attn.W_q") and extents.
template <scalar T>
using operator_factory = std::function<any_operator<T>(const std::string& layer, std::size_t out, std::size_t in)>;

/// Operators and mechanisms by name.
template <scalar T>
struct maker {
    operator_factory<T> operators;
    attention_factory<T> mechanisms = make_attention<T>;

    template <std::invocable<const std::string&, std::size_t, std::size_t> F>
    maker(F make_operator, attention_factory<T> make_mechanism = make_attention<T>)
        : operators(std::move(make_operator)), mechanisms(std::move(make_mechanism)) {}

    any_attention<T> attention(const std::string& layer, const attention_spec& spec) const {
        return mechanisms(layer, spec);
    }
    /// The operator of a layer. Throws shape_error for one of other extents.
    any_operator<T> operator_of(const std::string& layer, std::size_t out, std::size_t in) const {
        any_operator<T> op = operators(layer, out, in);
        if (op.out() != out || op.in() != in)
            throw shape_error(layer + ": the operator is " + std::to_string(op.out()) + " x " +
                              std::to_string(op.in()) + ", but the layer " + std::to_string(out) + " x " +
                              std::to_string(in));
        return op;
    }
    /// A linear layer, its bias zeros. Throws as above.
    nn::linear<T> linear(const std::string& layer, std::size_t out, std::size_t in, bool bias) const {
        return nn::linear<T>::with_zeros(operator_of(layer, out, in), bias);
    }
};

}  // namespace xtn::nn
