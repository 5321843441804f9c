// SPDX-License-Identifier: BSD-3-Clause
// safetensors -> bytes, in the layout of the reference implementation: tensors by descending dtype (so by descending
// alignment), then by name; the header padded with blanks to a multiple of 8, so that every tensor is aligned in the
// file. The reader describes the format.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <xtn/core/error.hpp>
#include <xtn/io/atomic_file.hpp>
#include <xtn/io/json_text.hpp>
#include <xtn/io/named_list.hpp>
#include <xtn/io/safetensors_file.hpp>
#include <xtn/io/safetensors_reader.hpp>
#include <xtn/io/utf8.hpp>

namespace xtn {

/// What stands in the header of a safetensors file about one tensor but its place.
struct tensor_description {
    std::string name;
    dtype type;
    tensor_shape shape;
};

namespace detail {

/// The "__metadata__" member of the header; nothing if there is no metadata.
inline std::string safetensors_metadata(const std::map<std::string, std::string>& metadata, const std::string& origin) {
    if (metadata.empty()) return {};
    for (const auto& [key, text] : metadata)
        if (valid_utf8_prefix(key) != key.size() || valid_utf8_prefix(text) != text.size())
            throw io_error(origin + ": metadata " + in_quotes(key) + " is not valid UTF-8 and cannot be stored");
    std::string member = "\"__metadata__\":";
    return member += json_text(metadata);
}

/// The first bytes of a file, up to the data, and where in the file each tensor's data are.
struct safetensors_layout {
    struct place {
        std::uint64_t begin, bytes;
    };
    std::string start;
    named_list<place> places;
    std::uint64_t size = 0;  ///< of the file

    safetensors_layout(std::vector<tensor_description> tensors, const std::map<std::string, std::string>& metadata,
                       const std::string& origin) {
        std::sort(tensors.begin(), tensors.end(),
                  [](const auto& a, const auto& b) { return a.type != b.type ? a.type > b.type : a.name < b.name; });
        std::string header = "{" + safetensors_metadata(metadata, origin);
        std::uint64_t offset = 0;
        for (const tensor_description& t : tensors) {
            require_storable(t.name, t.type, origin);
            const auto bytes = checked_product(t.shape, dtype_bytes(t.type));
            if (!bytes || *bytes > UINT64_MAX / 2 - offset)
                throw io_error(called(origin, t.name) + " cannot be stored: the file would exceed 2^63 bytes");
            places.insert(t.name, {offset, *bytes}, origin);
            if (header.size() > 1) header += ',';
            header += json_text(t.name) + ":{\"dtype\":\"" + std::string(dtype_name(t.type)) +
                      "\",\"shape\":" + json_text(t.shape) + ",\"data_offsets\":[" + std::to_string(offset) + "," +
                      std::to_string(offset + *bytes) + "]}";
            offset += *bytes;
        }
        header += "}";
        header.append((8 - header.size() % 8) % 8, ' ');
        if (header.size() > longest_safetensors_header)
            throw io_error(origin + ": the header takes " + std::to_string(header.size()) +
                           " bytes; the format allows " + std::to_string(longest_safetensors_header));
        for (unsigned i = 0; i < 8; ++i)
            start += static_cast<char>(static_cast<unsigned char>(header.size() >> (8 * i)));
        start += header;
        size = start.size() + offset;
    }
};

}  // namespace detail

/// The bytes of a safetensors file with this content; equal contents give equal bytes. Throws io_error if the metadata
/// are not UTF-8 or the header exceeds the format's 100 MB.
inline std::vector<std::byte> serialise_safetensors(const safetensors& file) {
    std::vector<tensor_description> tensors;
    for (const std::string& name : file.names()) tensors.push_back({name, file.type(name), file.shape(name)});
    const detail::safetensors_layout layout(std::move(tensors), file.metadata(), file.origin());
    std::vector<std::byte> bytes;
    bytes.reserve(layout.size);
    const auto append = [&](std::span<const std::byte> part) { bytes.insert(bytes.end(), part.begin(), part.end()); };
    append(std::as_bytes(std::span(layout.start)));
    for (const auto& [name, place] : layout.places) append(file.bytes(name));
    return bytes;
}

/// Writes a safetensors file tensor by tensor, for files larger than memory: what it holds is told first, the bytes follow
/// in any order. The path holds the old content, or nothing, until finish().
class safetensors_stream {
public:
    /// Throws io_error where the file cannot be written, or the format has no such tensors.
    safetensors_stream(const std::filesystem::path& path, std::vector<tensor_description> tensors,
                       const std::map<std::string, std::string>& metadata = {})
        : origin_(path.string()), layout_(std::move(tensors), metadata, origin_), file_(detail::write_target(path)) {
        file_.write(0, std::as_bytes(std::span(layout_.start)));
    }

    /// Writes a tensor that was told of. Throws shape_error for another number of bytes, io_error for a tensor that is
    /// unknown or was written before.
    void write(const std::string& name, std::span<const std::byte> bytes) {
        const auto& place = layout_.places.at(name, origin_);
        if (bytes.size() != place.bytes)
            throw shape_error(detail::called(origin_, name) + " takes " + std::to_string(place.bytes) +
                              " bytes, found " + std::to_string(bytes.size()));
        if (written_.contains(name)) throw io_error(detail::called(origin_, name) + " was written before");
        file_.write(layout_.start.size() + place.begin, bytes);
        written_.insert(name);
    }

    /// Puts the file in its place, as write_file does. Throws io_error, naming one, unless all tensors were written.
    void finish() {
        for (const auto& [name, place] : layout_.places)
            if (!written_.contains(name)) throw io_error(detail::called(origin_, name) + " was not written");
        file_.rename_to_target();
    }

private:
    std::string origin_;
    detail::safetensors_layout layout_;
    detail::temporary_sibling file_;
    std::set<std::string> written_;
};

}  // namespace xtn
