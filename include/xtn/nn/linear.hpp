// SPDX-License-Identifier: BSD-3-Clause
// The linear layer: any operator, a bias, which is no network, and an activation: y = f(x W^T + b).
#pragma once

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <xtn/nn/activation.hpp>
#include <xtn/nn/kernels/bias.hpp>
#include <xtn/nn/module.hpp>
#include <xtn/op/apply.hpp>

namespace xtn::nn {

/// y = f(x W^T + b) for any operator W; bias and activation may be left out.
template <scalar T>
class linear {
public:
    explicit linear(any_operator<T> weight) : weight_(std::move(weight)) {}
    /// Throws shape_error unless the bias has as many elements as the operator has outputs.
    linear(any_operator<T> weight, parameter<T> bias) : weight_(std::move(weight)), bias_(std::move(bias)) {
        if (bias_->size() != weight_.out())
            throw shape_error("linear: the operator has " + std::to_string(weight_.out()) + " outputs, but the bias " +
                              std::to_string(bias_->size()) + " elements");
    }

    /// With a bias of zeros, or none.
    static linear with_zeros(any_operator<T> weight, bool bias) {
        if (!bias) return linear(std::move(weight));
        const std::size_t out = weight.out();
        return {std::move(weight), parameter<T>(std::vector{out})};
    }

    const any_operator<T>& weight() const { return weight_; }
    const std::optional<parameter<T>>& bias() const { return bias_; }

    /// Rows x (rows x in) to rows f(x W^T + b) (rows x out), f an activation.
    variable<T, 2> operator()(const variable<T, 2>& x, activation_kind f = activation_kind::none) const {
        const variable<T, 2> y = apply(weight_, x);
        if (!bias_) return activated(y, f);
        const variable<T, 1> b = y.tape().template leaf<1>(*bias_);
        // In place: the pullback of a product does not read its value.
        if (f == activation_kind::none) return biased(y, b);
        return detail::with_activation(
            f, [&](auto function) { return xtn::detail::elementwise_over(y, elementwise(function, y + b)); });
    }

    /// The operator's, then "bias".
    std::vector<named_parameter<T>> parameters() const {
        std::vector<named_parameter<T>> all = weight_.parameters();
        if (bias_) all.push_back({"bias", *bias_});
        return all;
    }

private:
    static variable<T, 2> biased(const variable<T, 2>& y, const variable<T, 1>& b) {
        tape<T>& t = y.tape();
        kernels::add_bias(y.shape()[0], y.shape()[1], b.data(), y.data());
        if (b.needs_gradient()) t.require_gradient(y.node());
        t.record(y, [y, b](const T* dy) { add_bias_gradient(b, y.shape()[0], dy); });
        return y;
    }
    static void add_bias_gradient(const variable<T, 1>& b, std::size_t rows, const T* dy) {
        const gradient_sink<T> s = b.sink();
        if (!s) return;
        if (!s.accumulate) std::fill_n(s.data, b.size(), T{});
        kernels::add_bias_gradient(rows, b.size(), dy, s.data);
    }

    any_operator<T> weight_;
    std::optional<parameter<T>> bias_;
};

}  // namespace xtn::nn
