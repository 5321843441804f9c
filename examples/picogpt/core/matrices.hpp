// SPDX-License-Identifier: BSD-3-Clause
// Compression of every matrix in a file, whatever model it is of.
#pragma once

#include <functional>
#include <string>

#include <xtn/io/safetensors.hpp>

#include "operators.hpp"
#include "representation.hpp"

namespace picogpt {

/// What is called with each matrix and the operator that takes its place.
using compressed_matrix = std::function<void(const std::string& name, const xt::xtensor<float, 2>& matrix,
                                             const xtn::any_operator<float>& op)>;

/// The same file with every matrix of floating-point numbers in the nearest operator of this form. A matrix "x" or
/// "x.weight" becomes "x.cores.0" and so on, as models are stored; all else is copied. Throws numeric_error for a matrix
/// with values that are not finite.
xtn::safetensors compress_matrices(const xtn::safetensors& file, const representation& r,
                                   const compressed_matrix& report);

}  // namespace picogpt
