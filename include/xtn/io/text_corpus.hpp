// SPDX-License-Identifier: BSD-3-Clause
// A text for a character-level language model: its vocabulary, its tokens, and the usual split, the first floor(0.9 n)
// characters for training and the rest for validation.
#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <xtn/core/error.hpp>
#include <xtn/io/atomic_file.hpp>
#include <xtn/io/utf8.hpp>
#include <xtn/io/vocabulary.hpp>

namespace xtn {

/// A text in tokens, split in two.
class text_corpus {
public:
    /// From text in UTF-8, line ends as they are. `origin` names the text in messages. Throws io_error if the text is
    /// empty or not UTF-8 (with the offset of the byte).
    explicit text_corpus(std::string_view text, std::string origin = "text")
        : text_corpus(decode_utf8(text, origin), origin) {}

    const std::string& origin() const { return origin_; }
    const vocabulary& characters() const { return vocabulary_; }

    /// All tokens, in text order.
    std::span<const token> tokens() const { return tokens_; }
    std::span<const token> train() const { return tokens().first(cut()); }
    std::span<const token> validation() const { return tokens().subspan(cut()); }

    /// Throws io_error, saying how many characters are needed and found, unless both splits hold a window of `length`
    /// characters and the one after it, which the last prediction is compared with.
    void require_window(std::size_t length) const {
        if (length == 0) throw shape_error("a window must have at least one character");
        if (std::min(train().size(), validation().size()) > length) return;
        // The validation split is the shorter one: ceil(n / 10) >= length + 1.
        throw io_error(origin_ + " is too short for windows of " + std::to_string(length) + " characters: it has " +
                       std::to_string(tokens_.size()) + ", of which " + std::to_string(validation().size()) +
                       " are for validation; at least " + std::to_string(10 * length + 1) + " are needed, " +
                       std::to_string(length + 1) + " in each split");
    }

private:
    text_corpus(const std::u32string& points, std::string origin)
        : origin_(std::move(origin)), vocabulary_(points), tokens_(vocabulary_.encode(points)) {
        if (tokens_.empty()) throw io_error(origin_ + " is empty; a corpus needs text");
    }

    /// floor(0.9 n) in integers, without overflow.
    std::size_t cut() const { return tokens_.size() / 10 * 9 + tokens_.size() % 10 * 9 / 10; }

    std::string origin_;
    vocabulary vocabulary_;
    std::vector<token> tokens_;
};

/// The corpus in the text file at `path`. Throws io_error naming the path.
inline text_corpus load_text_corpus(const std::filesystem::path& path) {
    return text_corpus(read_file<std::string>(path), path.string());
}

}  // namespace xtn
