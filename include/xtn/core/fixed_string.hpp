// SPDX-License-Identifier: BSD-3-Clause
// A string literal as a template argument: einsum<"ij,jk->ik">.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace xtn {

/// A string literal as a template argument.
template <std::size_t Size>
struct fixed_string {
    char text[Size]{};  // NOLINT: public, so that the type is structural

    constexpr fixed_string(const char (&literal)[Size]) { std::copy_n(literal, Size, text); }
    constexpr std::string_view view() const { return {text, Size - 1}; }
};

}  // namespace xtn
