// SPDX-License-Identifier: BSD-3-Clause
// Layer normalisation of rows: y = (x - mean) / sqrt(var + eps) * weight + bias (Ba, Kiros & Hinton 2016).
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include <xtn/nn/kernels/layer_norm.hpp>
#include <xtn/nn/module.hpp>

namespace xtn::nn {

/// Normalises each row to mean 0 and variance 1, then scales and shifts; parameters "weight" and "bias", none where it is
/// not scaled.
template <scalar T>
class layer_norm {
public:
    /// Weight 1, bias 0.
    explicit layer_norm(std::size_t dim, T eps = T(1e-5), bool scaled = true)
        : weight_(std::vector{dim}), bias_(std::vector{dim}), eps_(eps), scaled_(scaled) {
        std::fill(weight_.values().begin(), weight_.values().end(), T(1));
        weight_.set_trainable(scaled);
        bias_.set_trainable(scaled);
    }

    const parameter<T>& weight() const { return weight_; }
    const parameter<T>& bias() const { return bias_; }
    T eps() const { return eps_; }

    variable<T, 2> operator()(const variable<T, 2>& x) const {
        tape<T>& t = x.tape();
        const auto [rows, columns] = x.shape();
        const variable<T, 1> weight = t.template leaf<1>(weight_), bias = t.template leaf<1>(bias_);
        if (weight.size() != columns)
            throw shape_error("layer_norm: the rows have " + std::to_string(columns) + " elements, but the layer " +
                              std::to_string(weight.size()));
        const variable<T, 2> y = t.result(x.shape(), x, weight, bias);
        backend::workspace_frame scratch;
        T* mean = t.template keep_for<T>(y, rows, scratch);
        T* rstd = t.template keep_for<T>(y, rows, scratch);
        kernels::layer_norm(rows, columns, x.data(), weight.data(), bias.data(), eps_, y.data(), mean, rstd);
        t.record(y, [x, weight, bias, mean, rstd](const T* dy) {
            backend::workspace_frame frame;
            const gradient_sink<T> dx = x.sink();
            T* dweight = detail::adding_sink(weight.sink(), weight.size(), frame);
            T* dbias = detail::adding_sink(bias.sink(), bias.size(), frame);
            kernels::layer_norm_backward(x.shape()[0], x.shape()[1], x.data(), weight.data(), mean, rstd, dy,
                                         dx ? dx.data : frame.take<T>(x.size()), detail::mode(dx.accumulate), dweight,
                                         dbias);
        });
        return y;
    }

    std::vector<named_parameter<T>> parameters() const {
        if (!scaled_) return {};
        return {{"weight", weight_}, {"bias", bias_}};
    }

private:
    parameter<T> weight_, bias_;
    T eps_;
    bool scaled_;
};

}  // namespace xtn::nn
