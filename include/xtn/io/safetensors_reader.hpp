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

/// The length of the header, which the first 8 bytes announce; `start` is the beginning of a file of `size` bytes.
inline std::size_t safetensors_header_length(std::span<const std::byte> start, std::uint64_t size,
                                             const std::string& origin) {
    const auto fail = [&](const std::string& what) { throw io_error(origin + ": " + what); };
    if (size < 8)
        fail("a safetensors file starts with 8 bytes of header length, but there are only " + std::to_string(size) +
             " bytes");
    std::uint64_t length = 0;
    for (std::size_t i = 8; i-- > 0;) length = (length << 8) | std::to_integer<std::uint64_t>(start[i]);
    if (length > longest_safetensors_header)
        fail("the header is said to have " + std::to_string(length) + " bytes; the format allows " +
             std::to_string(longest_safetensors_header) + ", so this is no safetensors file");
    if (length > size - 8)
        fail("the header is said to have " + std::to_string(length) + " bytes, but only " + std::to_string(size - 8) +
             " follow; the file is truncated");
    return static_cast<std::size_t>(length);
}

/// Throws unless this is the beginning of a JSON object in UTF-8.
inline void check_safetensors_header_text(std::string_view text, const std::string& origin) {
    const auto fail = [&](const std::string& what) { throw io_error(origin + ": " + what); };
    if (!text.starts_with('{')) fail("the header must be a JSON object and start with '{'");
    if (const std::size_t valid = valid_utf8_prefix(text); valid != text.size())
        fail("the header is not valid UTF-8 at byte " + std::to_string(8 + valid) + " of the file");
    // The JSON parser takes a NUL for the end of its input and would ignore what follows.
    if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos)
        fail("the header has a NUL at byte " + std::to_string(8 + nul) + " of the file");
}

/// Sorted by offset, the tensors follow each other from 0 to the end of the data.
inline void check_cover(const std::vector<safetensors_entry>& entries, std::uint64_t data_size,
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

/// What the header says, all of it checked: tensors by ascending offset, which counts from the end of the header.
inline safetensors_header read_safetensors_header(std::string_view text, std::uint64_t data_size,
                                                  const std::string& origin) {
    check_safetensors_header_text(text, origin);
    safetensors_header header = parse_safetensors_header(text, origin);
    std::sort(header.entries.begin(), header.entries.end(), [](const auto& a, const auto& b) {
        return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
    });
    check_cover(header.entries, data_size, origin);
    return header;
}

/// `length` bytes behind the first 8, as text.
inline std::string_view safetensors_header_text(std::span<const std::byte> start, std::size_t length) {
    return {reinterpret_cast<const char*>(start.data()) + 8, length};
}

}  // namespace detail

/// The content of a safetensors file given as bytes, all of it checked. `origin` is what messages call it. Throws
/// io_error naming origin, tensor, what was expected and what was found.
inline safetensors parse_safetensors(std::span<const std::byte> file, std::string origin = "safetensors in memory") {
    const std::size_t length = detail::safetensors_header_length(file, file.size(), origin);
    const auto data = file.subspan(8 + length);
    auto header = detail::read_safetensors_header(detail::safetensors_header_text(file, length), data.size(), origin);

    safetensors result(std::move(origin));
    result.metadata() = std::move(header.metadata);
    for (auto& e : header.entries)
        result.add_bytes(std::move(e.name), e.type, std::move(e.shape), data.subspan(e.begin, e.end - e.begin));
    return result;
}

}  // namespace xtn
