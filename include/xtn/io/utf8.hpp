// SPDX-License-Identifier: BSD-3-Clause
// UTF-8 (core/code_point.hpp) as text.
#pragma once

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

#include <xtn/core/code_point.hpp>
#include <xtn/core/error.hpp>

namespace xtn {

/// The number of bytes of `text`, from its start, that are valid UTF-8; text.size() if all are.
inline std::size_t valid_utf8_prefix(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size() && detail::next_code_point(text, at)) {
    }
    return at;
}

/// The code points of `text`. `origin` names the text in the message. Throws io_error with the offset of the first byte
/// that is not UTF-8.
inline std::u32string decode_utf8(std::string_view text, std::string_view origin = "text") {
    std::u32string points;
    points.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const auto point = detail::next_code_point(text, at);
        if (!point) {
            char byte[8];
            std::snprintf(byte, sizeof byte, "0x%02X", static_cast<unsigned>(static_cast<unsigned char>(text[at])));
            throw io_error(std::string(origin) + " is not valid UTF-8: byte " + byte + " at offset " +
                           std::to_string(at) + " starts no character; convert the text to UTF-8 first");
        }
        points.push_back(*point);
    }
    return points;
}

/// Appends the UTF-8 form of `point`, which must be a code point as decode_utf8 returns them.
inline void append_utf8(std::string& text, char32_t point) {
    const auto put = [&](char32_t byte) { text.push_back(static_cast<char>(static_cast<unsigned char>(byte))); };
    if (point < 0x80) {
        put(point);
    } else if (point < 0x800) {
        put(0xC0 | (point >> 6));
        put(0x80 | (point & 0x3F));
    } else if (point < 0x10000) {
        put(0xE0 | (point >> 12));
        put(0x80 | ((point >> 6) & 0x3F));
        put(0x80 | (point & 0x3F));
    } else {
        put(0xF0 | (point >> 18));
        put(0x80 | ((point >> 12) & 0x3F));
        put(0x80 | ((point >> 6) & 0x3F));
        put(0x80 | (point & 0x3F));
    }
}

namespace detail {

/// Text out of a file, fit for a message: at most `longest` bytes of it, control characters shown as '?'.
inline std::string printable(std::string_view text, std::size_t longest = 100) {
    const std::string_view head = text.substr(0, valid_utf8_prefix(text.substr(0, longest)));
    std::string shown;
    for (const char c : head) shown += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
    return shown + (head.size() < text.size() ? "..." : "");
}

inline std::string in_quotes(std::string_view text) { return '"' + printable(text) + '"'; }

}  // namespace detail
}  // namespace xtn
