// SPDX-License-Identifier: BSD-3-Clause
// The dense operator: W itself.
#pragma once

#include <cstddef>
#include <vector>

#include <xtn/op/apply.hpp>

namespace xtn {

template <scalar T>
class dense {
public:
    using value_type = T;

    /// Zeros.
    dense(std::size_t out, std::size_t in) : weight_(std::vector{out, in}), network_("oi", "o", "i", {weight_}) {}
    /// The matrix of an xtensor expression (out x in).
    template <class E>
    static dense from_dense(const xt::xexpression<E>& w) {
        return dense(parameter<T>(w));
    }
    explicit dense(parameter<T> weight) : weight_(weight), network_("oi", "o", "i", {weight}) {}

    std::size_t out() const { return network_.out(); }
    std::size_t in() const { return network_.in(); }
    const operator_network<T>& network() const { return network_; }
    std::vector<named_parameter<T>> parameters() const { return {{"weight", weight_}}; }
    xt::xtensor<T, 2> to_dense() const { return xtn::to_dense(*this); }

private:
    parameter<T> weight_;
    operator_network<T> network_;
};

}  // namespace xtn
