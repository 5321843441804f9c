// SPDX-License-Identifier: BSD-3-Clause
// A character vocabulary: the distinct Unicode code points of a text in ascending order; the token of a character is
// its place in that order. These are the ids of Python's `sorted(set(text))`.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <xtn/core/error.hpp>
#include <xtn/io/utf8.hpp>

namespace xtn {

/// Index of a character in a vocabulary.
using token = std::uint32_t;

/// Sorted distinct characters and the two directions between text and tokens.
class vocabulary {
public:
    /// The vocabulary of the characters that occur in `points`.
    explicit vocabulary(std::u32string points) : points_(std::move(points)) {
        std::sort(points_.begin(), points_.end());
        points_.erase(std::unique(points_.begin(), points_.end()), points_.end());
    }

    /// Back from to_utf8. `origin` names the source in messages. Throws io_error unless the characters are valid UTF-8
    /// and strictly ascending, as every stored vocabulary is.
    static vocabulary from_utf8(std::string_view characters, std::string_view origin = "vocabulary") {
        const std::u32string points = decode_utf8(characters, origin);
        vocabulary result(points);
        if (result.points_ != points)
            throw io_error(std::string(origin) + " must list its characters in strictly ascending order, each once");
        return result;
    }

    /// All characters in token order: a string to store, for example in the metadata of a checkpoint.
    std::string to_utf8() const {
        std::string text;
        for (const char32_t point : points_) append_utf8(text, point);
        return text;
    }

    std::size_t size() const { return points_.size(); }

    /// The tokens of `text`. Throws io_error naming the first character that is not in the vocabulary and its position
    /// (in characters), or the first byte that is not UTF-8.
    std::vector<token> encode(std::string_view text) const { return encode(decode_utf8(text)); }

    /// The same for code points.
    std::vector<token> encode(const std::u32string& points) const {
        std::vector<token> ids(points.size());
        for (std::size_t i = 0; i < points.size(); ++i) {
            const auto at = std::lower_bound(points_.begin(), points_.end(), points[i]);
            if (at == points_.end() || *at != points[i])
                throw io_error("the character " + described(points[i]) + " at position " + std::to_string(i) +
                               " is not among the " + std::to_string(size()) + " of the vocabulary");
            ids[i] = static_cast<token>(at - points_.begin());
        }
        return ids;
    }

    /// The text of `ids` in UTF-8. Throws shape_error naming the first id that is no token of the vocabulary.
    std::string decode(std::span<const token> ids) const {
        std::string text;
        for (const token id : ids) {
            if (id >= size())
                throw shape_error("token " + std::to_string(id) + " is not below the vocabulary's size of " +
                                  std::to_string(size()));
            append_utf8(text, points_[id]);
        }
        return text;
    }

    friend bool operator==(const vocabulary&, const vocabulary&) = default;

private:
    /// "é" (U+00E9)
    static std::string described(char32_t point) {
        std::string text;
        append_utf8(text, point);
        char code[16];
        std::snprintf(code, sizeof code, " (U+%04lX)", static_cast<unsigned long>(point));
        return detail::in_quotes(text) + code;
    }

    std::u32string points_;
};

}  // namespace xtn
