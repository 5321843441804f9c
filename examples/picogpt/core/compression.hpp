// SPDX-License-Identifier: BSD-3-Clause
// Trained matrices in the nearest operator of a form, as its family finds it. The size is that of the form, or the smallest
// that keeps a relative error.
#pragma once

#include <cmath>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <xtn/io/dtype.hpp>

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

/// A matrix (out x in) that is read row by row and need not be in memory as a whole: read(row, values) writes a row.
struct matrix_rows {
    std::size_t out, in;
    std::function<void(std::size_t row, std::span<float> values)> read;
};

/// Of a matrix that outlives it.
matrix_rows rows_of(const xt::xtensor<float, 2>& matrix);

/// Of an operator for a matrix of its extents.
approximation_error error_of(const xtn::any_operator<float>& op, const xt::xtensor<float, 2>& matrix);

/// The nearest operator of that form to a matrix (out x in).
xtn::any_operator<float> compress(const form& f, const std::string& layer, const xt::xtensor<float, 2>& matrix);

struct compression_options {
    std::optional<double> tolerance{};  ///< relative error, instead of a size; the search begins at the form's size
    xtn::dtype type = xtn::dtype::f32;  ///< what the parameters are rounded to
    std::optional<xtn::tt::sketch> sketch{};  ///< decompositions from sketches: quick, one copy of the matrix in memory
};

/// What became of a matrix: an operator, or the words that say why it stays a matrix.
struct compressed_layer {
    std::optional<xtn::any_operator<float>> op{};
    std::size_t size = 0;         ///< of the operator: bond, rank, products or coefficients
    approximation_error error{};  ///< of the rounded parameters
    std::string kept{};
};

/// The nearest operator of the form or, with a tolerance, that of the smallest size whose error is within it (no smaller one
/// that was tried is: sizes are doubled, then bisected). A matrix stays one where that would store no fewer numbers.
compressed_layer compress(const form& f, const std::string& layer, const matrix_rows& matrix,
                          const compression_options& options);

/// Rounds to the nearest F16 or BF16; throws numeric_error, naming the parameter, for a value beyond the range. F32 and F64
/// hold what there is.
void round_parameters(const std::vector<xtn::named_parameter<float>>& parameters, xtn::dtype type);

/// A model with other linear layers; all else is copied.
model<float> with_layers(
    const model<float>& m,
    const std::function<xtn::any_operator<float>(const std::string& layer, const xt::xtensor<float, 2>& matrix)>& make);

/// A model of this representation whose layers approximate those of `m`.
model<float> compress(const model<float>& m, const representation& r);

}  // namespace picogpt
