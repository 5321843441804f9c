// SPDX-License-Identifier: BSD-3-Clause
// How far an operator is from a matrix that it stands for.
#pragma once

#include <cstddef>
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
    const double norm = tt::frobenius_norm(matrix);
    if (matrix.shape(0) != op.network().out() || matrix.shape(1) != op.network().in())
        throw shape_error("relative_error: the operator is " + std::to_string(op.network().out()) + " x " +
                          std::to_string(op.network().in()) + ", but the matrix is " + std::to_string(matrix.shape(0)) +
                          " x " + std::to_string(matrix.shape(1)));
    matrix -= to_dense(op);
    const double missed = tt::frobenius_norm(matrix);
    return missed == 0 ? 0 : missed / norm;
}

}  // namespace xtn
