// SPDX-License-Identifier: BSD-3-Clause
// The diagonal operator: W[o, i] = w[i] where o is i, and 0 elsewhere.
#pragma once

#include <cstddef>
#include <vector>

#include <xtn/op/family.hpp>

namespace xtn {

/// Multiplies each number by one of its own; parameter "weight" (one for each).
template <scalar T>
class diagonal : public any_operator<T> {
public:
    /// These numbers. Throws shape_error unless they have one axis.
    explicit diagonal(const parameter<T>& weight) : any_operator<T>({"i", "i", "i", {weight}}, {{"weight", weight}}) {
        this->describe_as("diagonal").set("n", this->out());
    }
    /// n zeros.
    explicit diagonal(std::size_t n) : diagonal(parameter<T>(std::vector{n})) {}

    const parameter<T>& weight() const { return this->parameters()[0].value; }
};

namespace detail {

template <scalar T>
operator_family<T> diagonal_family() {
    return {"diagonal", [](const auto& d, const auto& from, const auto&) -> any_operator<T> {
                d.require({"n"});
                return xtn::diagonal<T>(from("weight", {d.number("n")}));
            }};
}

}  // namespace detail
}  // namespace xtn
