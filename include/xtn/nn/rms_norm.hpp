// SPDX-License-Identifier: BSD-3-Clause
// Root-mean-square normalisation of rows: y = x / sqrt(sum x^2 / n + eps) * weight (Zhang & Sennrich 2019), n the number
// of columns, or that of a wider row of which these columns are what is not 0.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include <xtn/nn/kernels/rms_norm.hpp>
#include <xtn/nn/module.hpp>

namespace xtn::nn {

/// Divides each row by its root mean square, then scales; parameter "weight", none where it is not scaled.
template <scalar T>
class rms_norm {
public:
    /// Weight 1. The sum of squares is divided by `divisor`; 0 means dim.
    explicit rms_norm(std::size_t dim, T eps = T(1e-5), std::size_t divisor = 0, bool scaled = true)
        : weight_(std::vector{dim}), eps_(eps), divisor_(divisor == 0 ? dim : divisor), scaled_(scaled) {
        std::fill(weight_.values().begin(), weight_.values().end(), T(1));
        weight_.set_trainable(scaled);
    }

    const parameter<T>& weight() const { return weight_; }
    T eps() const { return eps_; }
    std::size_t divisor() const { return divisor_; }

    variable<T, 2> operator()(const variable<T, 2>& x) const {
        tape<T>& t = x.tape();
        const auto [rows, columns] = x.shape();
        const variable<T, 1> weight = t.template leaf<1>(weight_);
        if (weight.size() != columns)
            throw shape_error("rms_norm: the rows have " + std::to_string(columns) + " elements, but the layer " +
                              std::to_string(weight.size()));
        const variable<T, 2> y = t.result(x.shape(), x, weight);
        backend::workspace_frame scratch;
        T* rstd = t.template keep_for<T>(y, rows, scratch);
        kernels::rms_norm(rows, columns, divisor_, x.data(), weight.data(), eps_, y.data(), rstd);
        t.record(y, [x, weight, rstd, n = divisor_](const T* dy) {
            backend::workspace_frame frame;
            const gradient_sink<T> dx = x.sink();
            T* dweight = detail::adding_sink(weight.sink(), weight.size(), frame);
            kernels::rms_norm_backward(x.shape()[0], x.shape()[1], n, x.data(), weight.data(), rstd, dy,
                                       dx ? dx.data : frame.take<T>(x.size()), detail::mode(dx.accumulate), dweight);
        });
        return y;
    }

    std::vector<named_parameter<T>> parameters() const {
        if (!scaled_) return {};
        return {{"weight", weight_}};
    }

private:
    parameter<T> weight_;
    T eps_;
    std::size_t divisor_;
    bool scaled_;
};

}  // namespace xtn::nn
