// SPDX-License-Identifier: BSD-3-Clause
// How far an operator is from a matrix that it stands for.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include <xtn/op/apply.hpp>
#include <xtn/tt/norm.hpp>

namespace xtn {

/// |W - operator|_F / |W|_F, measured on the reconstructed matrix; 0 for W = 0 and an operator that is 0 as well.
/// Throws shape_error where W (out x in) has another shape.
template <linear_operator O, class E>
double relative_error(const O& op, const xt::xexpression<E>& w) {
    using T = typename O::value_type;
    xt::xtensor<T, 2> matrix = w;
    if (matrix.shape(0) != op.network().out() || matrix.shape(1) != op.network().in())
        throw shape_error("relative_error: the operator is " + std::to_string(op.network().out()) + " x " +
                          std::to_string(op.network().in()) + ", but the matrix is " + std::to_string(matrix.shape(0)) +
                          " x " + std::to_string(matrix.shape(1)));
    xt::xtensor<T, 2> made = to_dense(op);
    const int power = tt::detail::take_power(matrix);  // neither norm nor difference over- or underflows
    backend::multiply_by_power(std::span<T>(made.data(), made.size()), -power);
    const double norm = tt::frobenius_norm(matrix);
    matrix -= made;
    const double missed = tt::frobenius_norm(matrix);
    return missed == 0 ? 0 : missed / norm;
}

}  // namespace xtn
