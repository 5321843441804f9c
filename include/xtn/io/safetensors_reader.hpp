// SPDX-License-Identifier: BSD-3-Clause
// Bytes -> safetensors. The format (huggingface/safetensors, README "Format"):
//
//     8 bytes   N, little-endian
//     N bytes   the header, a JSON object in UTF-8, perhaps padded with blanks
//     the rest  data; the header's offsets count from here, and the tensors cover it without a hole or an overlap
//
// The bytes are hostile until checked. The checks are those of the reference implementation, and two more: the header
// must start with '{', as the format says, and may hold no NUL, which this JSON parser would stop at.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <xtn/core/error.hpp>
#include <xtn/io/safetensors_file.hpp>
#include <xtn/io/safetensors_header.hpp>
#include <xtn/io/utf8.hpp>

namespace xtn {

namespace detail {

/// The largest header that the format allows.
inline constexpr std::uint64_t longest_safetensors_header = 100'000'000;

/// The header's bytes, which the 8 bytes before them announce.
inline std::string_view safetensors_header_text(std::span<const std::byte> file, const std::string& origin) {
    const auto fail = [&](const std::string& what) { throw io_error(origin + ": " + what); };
    if (file.size() < 8)
        fail("a safetensors file starts with 8 bytes of header length, but there are only " +
             std::to_string(file.size()) + " bytes");
    std::uint64_t length = 0;
    for (std::size_t i = 8; i-- > 0;) length = (length << 8) | std::to_integer<std::uint64_t>(file[i]);
    if (length > longest_safetensors_header)
        fail("the header is said to have " + std::to_string(length) + " bytes; the format allows " +
             std::to_string(longest_safetensors_header) + ", so this is no safetensors file");
    if (length > file.size() - 8)
        fail("the header is said to have " + std::to_string(length) + " bytes, but only " +
             std::to_string(file.size() - 8) + " follow; the file is truncated");
    const std::string_view text(reinterpret_cast<const char*>(file.data()) + 8, static_cast<std::size_t>(length));
    if (!text.starts_with('{')) fail("the header must be a JSON object and start with '{'");
    if (const std::size_t valid = valid_utf8_prefix(text); valid != text.size())
        fail("the header is not valid UTF-8 at byte " + std::to_string(8 + valid) + " of the file");
    // The JSON parser takes a NUL for the end of its input and would ignore what follows.
    if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos)
        fail("the header has a NUL at byte " + std::to_string(8 + nul) + " of the file");
    return text;
}

/// Sorted by offset, the tensors follow each other from 0 to the end of the data.
inline void check_cover(const std::vector<safetensors_entry>& entries, std::size_t data_size,
                        const std::string& origin) {
    std::size_t expected = 0;
    for (const safetensors_entry& e : entries) {
        const std::string tensor = origin + ": tensor " + in_quotes(e.name) + ": ";
        if (e.begin != expected)
            throw io_error(
                tensor +
                (e.begin < expected ? "its data overlap those of another tensor" : "there is a hole before its data") +
                ": they begin at " + std::to_string(e.begin) + ", but the tensors before end at " +
                std::to_string(expected));
        if (e.end > data_size)
            throw io_error(tensor + "its data end at " + std::to_string(e.end) + ", but the file holds only " +
                           std::to_string(data_size) + " bytes of data; it is truncated");
        expected = e.end;
    }
    if (expected != data_size)
        throw io_error(origin + ": the tensors take " + std::to_string(expected) +
                       " bytes of data, but the file holds " + std::to_string(data_size));
}

}  // namespace detail

/// The content of a safetensors file given as bytes, all of it checked. `origin` is what messages call it. Throws
/// io_error naming origin, tensor, what was expected and what was found.
inline safetensors parse_safetensors(std::span<const std::byte> file, std::string origin = "safetensors in memory") {
    const std::string_view text = detail::safetensors_header_text(file, origin);
    detail::safetensors_header header(text, origin);
    std::sort(header.entries.begin(), header.entries.end(), [](const auto& a, const auto& b) {
        return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
    });
    const auto data = file.subspan(8 + text.size());
    detail::check_cover(header.entries, data.size(), origin);

    safetensors result(std::move(origin));
    result.metadata() = std::move(header.metadata);
    for (auto& e : header.entries)
        result.add_bytes(std::move(e.name), e.type, std::move(e.shape), data.subspan(e.begin, e.end - e.begin));
    return result;
}

}  // namespace xtn
