// SPDX-License-Identifier: BSD-3-Clause
// Numbers from text: the whole text is one, and the type holds it. The functions of <cstdlib> and of streams take "-1" for
// 2^64 - 1, "1e999" for infinity, and stop without a word at what is no digit.
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>
#include <system_error>

namespace xtn {

/// The number that `text` is in decimal digits (with a point and an exponent for floating-point types); nothing if it is
/// anything else, blanks and words for infinity included, or a number beyond T.
template <class T>
requires(std::integral<T> || std::floating_point<T>) std::optional<T> parse_number(std::string_view text) {
    if (text.find_first_not_of("0123456789+-.eE") != std::string_view::npos) return std::nullopt;
    T number{};
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

}  // namespace xtn
