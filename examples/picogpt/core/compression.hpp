// SPDX-License-Identifier: BSD-3-Clause
// Trained matrices in the nearest operator of a form: truncated SVD for low rank, TT-SVD for MPOs and Kronecker products,
// the sequentially truncated higher-order SVD for Tucker operators, the projection on the support for spectral ones. Where a
// product of low rank is added, it comes first and the MPO takes the rest.
#pragma once

#include <cmath>
#include <string>

#include "operators.hpp"

namespace picogpt {

/// How far an approximation is off, in sums of squares: |W - approximation|_F^2 and |W|_F^2.
struct approximation_error {
    double error = 0, norm = 0;

    double relative() const { return norm > 0 ? std::sqrt(error / norm) : 0; }
    approximation_error& operator+=(const approximation_error& other) {
        error += other.error;
        norm += other.norm;
        return *this;
    }
};

/// Of an operator for a matrix of its extents.
approximation_error error_of(const xtn::any_operator<float>& op, const xt::xtensor<float, 2>& matrix);

/// The nearest operator of that form to a matrix (out x in).
xtn::any_operator<float> compress(const form& f, const std::string& layer, const xt::xtensor<float, 2>& matrix);

/// A model of this representation whose layers approximate those of `m`; all else is copied.
model<float> compress(const model<float>& m, const representation& r);

}  // namespace picogpt
