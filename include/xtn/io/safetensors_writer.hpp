// SPDX-License-Identifier: BSD-3-Clause
// safetensors -> bytes, in the layout of the reference implementation: tensors by descending dtype (so by descending
// alignment), then by name; the header padded with blanks to a multiple of 8, so that every tensor is aligned in the
// file. The reader describes the format.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <xtn/core/error.hpp>
#include <xtn/io/safetensors_file.hpp>
#include <xtn/io/safetensors_reader.hpp>
#include <xtn/io/utf8.hpp>

namespace xtn {

namespace detail {

/// The "__metadata__" member of the header; nothing if there is no metadata.
inline std::string safetensors_metadata(const safetensors& file) {
    if (file.metadata().empty()) return {};
    for (const auto& [key, text] : file.metadata())
        if (valid_utf8_prefix(key) != key.size() || valid_utf8_prefix(text) != text.size())
            throw io_error(file.origin() + ": metadata " + in_quotes(key) + " is not valid UTF-8 and cannot be stored");
    std::string member = "\"__metadata__\":";
    return member += nlohmann::json(file.metadata()).dump();
}

}  // namespace detail

/// The bytes of a safetensors file with this content; equal contents give equal bytes. Throws io_error if the metadata
/// are not UTF-8 or the header exceeds the format's 100 MB.
inline std::vector<std::byte> serialise_safetensors(const safetensors& file) {
    std::vector<std::string> names = file.names();
    std::sort(names.begin(), names.end(), [&](const std::string& a, const std::string& b) {
        return file.type(a) != file.type(b) ? file.type(a) > file.type(b) : a < b;
    });

    std::string header = "{";
    header += detail::safetensors_metadata(file);
    std::size_t offset = 0;
    for (const std::string& name : names) {
        const std::size_t end = offset + file.bytes(name).size();
        if (header.size() > 1) header += ',';
        header += nlohmann::json(name).dump() + ":{\"dtype\":\"" + std::string(dtype_name(file.type(name))) +
                  "\",\"shape\":" + nlohmann::json(file.shape(name)).dump() + ",\"data_offsets\":[" +
                  std::to_string(offset) + "," + std::to_string(end) + "]}";
        offset = end;
    }
    header += "}";
    header.append((8 - header.size() % 8) % 8, ' ');
    if (header.size() > detail::longest_safetensors_header)
        throw io_error(file.origin() + ": the header takes " + std::to_string(header.size()) +
                       " bytes; the format allows " + std::to_string(detail::longest_safetensors_header));

    std::vector<std::byte> bytes;
    bytes.reserve(8 + header.size() + offset);
    for (unsigned i = 0; i < 8; ++i) bytes.push_back(static_cast<std::byte>(header.size() >> (8 * i)));
    const auto append = [&](std::span<const std::byte> part) { bytes.insert(bytes.end(), part.begin(), part.end()); };
    append(std::as_bytes(std::span(header)));
    for (const std::string& name : names) append(file.bytes(name));
    return bytes;
}

}  // namespace xtn
