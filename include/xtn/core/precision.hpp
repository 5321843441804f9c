// SPDX-License-Identifier: BSD-3-Clause
// The precision of matrix products: a property of a contraction or of a tape, not of its tensors.
#pragma once

#include <cstdint>

namespace xtn {

/// What a matrix product does with its factors. Sums are always in the scalar type of the tensors.
enum class precision : std::uint8_t {
    full,     ///< multiplies them as they are
    bfloat16  ///< rounds floats to the nearest bfloat16 first, 8 significant bits of which one is implied
};

}  // namespace xtn
