// SPDX-License-Identifier: BSD-3-Clause
// Integers that choose a row or a class: checked before anything is written.
#pragma once

#include <concepts>
#include <cstddef>
#include <string>

#include <xtn/core/error.hpp>

namespace xtn::nn::kernels {

/// Throws shape_error unless 0 <= indices[i] < bound for every i < n. `who` and `what` name the caller and the index.
template <std::integral Index>
inline void require_below(std::size_t bound, std::size_t n, const Index* indices, const char* who, const char* what) {
    for (std::size_t i = 0; i < n; ++i)
        if (static_cast<std::size_t>(indices[i]) >= bound)  // a negative one wraps to the far end
            throw shape_error(std::string(who) + ": " + what + " " + std::to_string(indices[i]) + " at position " +
                              std::to_string(i) + " is outside 0 to " + std::to_string(bound) +
                              " - 1; was the text encoded with another vocabulary?");
}

}  // namespace xtn::nn::kernels
