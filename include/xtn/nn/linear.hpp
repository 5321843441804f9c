// SPDX-License-Identifier: BSD-3-Clause
// The linear layer: any operator, and a bias, which is no network: y = x W^T + b.
#pragma once

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <xtn/nn/kernels/bias.hpp>
#include <xtn/nn/module.hpp>
#include <xtn/op/apply.hpp>

namespace xtn::nn {

/// y = x W^T + b for any operator W; the bias may be left out.
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

    const any_operator<T>& weight() const { return weight_; }
    const std::optional<parameter<T>>& bias() const { return bias_; }

    /// Rows x (rows x in) to rows y (rows x out).
    variable<T, 2> operator()(const variable<T, 2>& x) const {
        const variable<T, 2> y = apply(weight_, x);
        if (!bias_) return y;
        tape<T>& t = y.tape();
        const variable<T, 1> b = t.template leaf<1>(*bias_);
        const auto [rows, columns] = y.shape();
        // In place: the pullback of a product does not read its value.
        kernels::add_bias(rows, columns, b.data(), y.data());
        if (b.needs_gradient()) t.require_gradient(y.node());
        t.record(y, [b, rows = rows, columns = columns](const T* dy) {
            const gradient_sink<T> s = b.sink();
            if (!s) return;
            if (!s.accumulate) std::fill_n(s.data, columns, T{});
            kernels::add_bias_gradient(rows, columns, dy, s.data);
        });
        return y;
    }

    /// The operator's, then "bias".
    std::vector<named_parameter<T>> parameters() const {
        std::vector<named_parameter<T>> all = weight_.parameters();
        if (bias_) all.push_back({"bias", *bias_});
        return all;
    }

private:
    any_operator<T> weight_;
    std::optional<parameter<T>> bias_;
};

}  // namespace xtn::nn
