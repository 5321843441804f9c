// SPDX-License-Identifier: BSD-3-Clause
// Numbers as text, the same in every locale.
#pragma once

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

namespace examples {

/// With exactly `decimals` digits after the point: fixed(3.14159, 2) is "3.14".
inline std::string fixed(double value, int decimals) {
    std::array<char, 512> buffer;
    char* const end = buffer.data() + buffer.size();
    return {buffer.data(), std::to_chars(buffer.data(), end, value, std::chars_format::fixed, decimals).ptr};
}

/// The shortest text that reads as the same number: shortest(2e-3) is "0.002".
inline std::string shortest(double value) {
    std::array<char, 32> buffer;
    return {buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr};
}

/// Commas between groups of three digits before the point: grouped("-1234567.25") is "-1,234,567.25".
inline std::string grouped(std::string number) {
    const std::size_t first = number.find_first_of("0123456789");
    if (first == std::string::npos) return number;
    std::size_t end = number.find_first_not_of("0123456789", first);
    if (end == std::string::npos) end = number.size();
    for (std::size_t i = end; i > first + 3; i -= 3) number.insert(i - 3, 1, ',');
    return number;
}

/// h:mm:ss, or m:ss below an hour.
inline std::string duration(double seconds) {
    const auto whole = static_cast<std::int64_t>(std::llround(std::fmax(seconds, 0)));
    const auto two = [](std::int64_t n) { return (n < 10 ? "0" : "") + std::to_string(n); };
    const std::string tail = ":" + two(whole % 60);
    if (whole < 3600) return std::to_string(whole / 60) + tail;
    return std::to_string(whole / 3600) + ":" + two(whole / 60 % 60) + tail;
}

}  // namespace examples
