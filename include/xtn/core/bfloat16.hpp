// SPDX-License-Identifier: BSD-3-Clause
// The upper half of an IEEE 754 binary32: its range, with 8 significant bits.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace xtn {

/// A float of 16 bits with the exponent of 32.
struct bfloat16 {
    std::uint16_t bits;

    float value() const { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }

    /// The nearest number to x, ties to even: half of a unit in the last place is added, and carries where it should, up
    /// to infinity for what rounds beyond the largest. A NaN stays one, with its sign and what fits of its payload.
    static bfloat16 nearest(float x) {
        const auto b = std::bit_cast<std::uint32_t>(x);
        const std::uint32_t rounded = b + 0x7FFF + ((b >> 16) & 1), quiet = b | 0x400000;
        return {static_cast<std::uint16_t>(((b & 0x7FFFFFFF) > 0x7F800000 ? quiet : rounded) >> 16)};
    }
};

/// y = x, rounded.
inline void round_to(std::size_t n, const float* x, bfloat16* y) {
    for (std::size_t i = 0; i < n; ++i) y[i] = bfloat16::nearest(x[i]);
}

/// y = x, exactly.
inline void widen_to(std::size_t n, const bfloat16* x, float* y) {
    for (std::size_t i = 0; i < n; ++i) y[i] = x[i].value();
}

}  // namespace xtn
