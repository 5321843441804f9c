// SPDX-License-Identifier: BSD-3-Clause
// The diagonal operator: W[o, i] = w[i] where o is i, and 0 elsewhere.
#pragma once

#include <xtn/op/operator.hpp>

namespace xtn {

/// Multiplies each number by one of its own; parameter "weight" (one for each).
template <scalar T>
class diagonal : public any_operator<T> {
public:
    /// These numbers. Throws shape_error unless they have one axis.
    explicit diagonal(const parameter<T>& weight) : any_operator<T>({"i", "i", "i", {weight}}, {{"weight", weight}}) {}
    /// n zeros.
    explicit diagonal(std::size_t n) : diagonal(parameter<T>(std::vector{n})) {}

    const parameter<T>& weight() const { return this->parameters()[0].value; }
};

}  // namespace xtn
