// SPDX-License-Identifier: BSD-3-Clause
// The dense operator: W itself.
#pragma once

#include <cstddef>
#include <vector>

#include <xtn/op/family.hpp>

namespace xtn {

/// The operator that is stored as its matrix; parameter "weight" (out x in).
template <scalar T>
class dense : public any_operator<T> {
public:
    /// This matrix.
    explicit dense(const parameter<T>& weight) : any_operator<T>({"oi", "o", "i", {weight}}, {{"weight", weight}}) {
        this->describe_as("dense").set("out", this->out()).set("in", this->in());
    }
    /// Zeros.
    dense(std::size_t out, std::size_t in) : dense(parameter<T>(std::vector{out, in})) {}
    /// The matrix of an xtensor expression (out x in).
    template <class E>
    static dense from_dense(const xt::xexpression<E>& w) {
        return dense(parameter<T>(w));
    }

    const parameter<T>& weight() const { return this->parameters()[0].value; }
};

namespace detail {

template <scalar T>
operator_family<T> dense_family() {
    return {"dense",
            [](const auto& d, const auto& from, const auto&) -> any_operator<T> {
                d.require({"out", "in"});
                return xtn::dense<T>(from("weight", {d.number("out"), d.number("in")}));
            },
            [](const auto& w, const auto&, const auto&) -> any_operator<T> { return xtn::dense<T>::from_dense(w); }};
}

}  // namespace detail
}  // namespace xtn
