// SPDX-License-Identifier: BSD-3-Clause
// Clipping by the global norm.
//
//     factor = min(1, max_norm / (||g||_2 + 1e-6))       (Pascanu, Mikolov and Bengio, ICML 2013; as torch's clip_grad_norm_)
//
// The gradient is not touched: the factor goes into the optimiser's loop, which multiplies while it reads. The sum of
// squares is taken in double precision, pairwise in a fixed order: the same bits for any number of threads, and the
// compiler may vectorise it without being allowed to reorder anything.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>

#include <xtn/backend/pairwise.hpp>
#include <xtn/core/error.hpp>

namespace xtn {

/// Neither infinite nor NaN, decided on the bits: also true to its word under -ffast-math, where std::isfinite is not.
template <std::floating_point T>
requires(sizeof(T) == 4 || sizeof(T) == 8) constexpr bool is_finite(T x) {
    using bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    constexpr bits exponent = sizeof(T) == 4 ? bits{0x7f800000U} : static_cast<bits>(0x7ff0000000000000U);
    return (std::bit_cast<bits>(x) & exponent) != exponent;
}

/// ||g||_2 in double precision, in a fixed order of summation. Not finite if a value is not, or if a square overflows
/// (doubles above 1e154): ask is_finite(norm) before a step and raise numeric_error.
template <class T, std::size_t N>
requires std::floating_point<std::remove_const_t<T>>
double global_norm(std::span<T, N> g) {
    constexpr std::size_t lanes = 16, block = 32 * lanes;
    backend::pairwise_sum<double> blocks;
    for (std::size_t first = 0; first < g.size(); first += block) {
        const auto part = g.subspan(first, std::min(block, g.size() - first));
        std::array<double, lanes> sums{};
        const std::size_t whole = part.size() - part.size() % lanes;
        for (std::size_t i = 0; i < whole; i += lanes)
            for (std::size_t k = 0; k < lanes; ++k) {
                const double x = static_cast<double>(part[i + k]);
                sums[k] += x * x;
            }
        for (std::size_t i = whole; i < part.size(); ++i) {
            const double x = static_cast<double>(part[i]);
            sums[i - whole] += x * x;
        }
        for (std::size_t half = lanes / 2; half > 0; half /= 2)
            for (std::size_t k = 0; k < half; ++k) sums[k] += sums[k + half];
        blocks.add(sums[0]);
    }
    return std::sqrt(blocks.total());
}

/// What to multiply a gradient of this norm with so that its norm is at most `max_norm` (> 0, or an xtn::error). Throws
/// numeric_error for a norm that is not finite: no factor mends such a gradient.
inline double clip_factor(double norm, double max_norm) {
    if (!(max_norm > 0))
        throw error("xtn::clip_factor: expected a positive largest norm, found " + std::to_string(max_norm) +
                    "; to train without clipping, leave the factor at 1");
    if (!is_finite(norm)) throw numeric_error("xtn::clip_factor: the norm of the gradient is not finite");
    return std::min(1.0, max_norm / (norm + 1e-6));
}

}  // namespace xtn
