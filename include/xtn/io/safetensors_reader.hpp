// SPDX-License-Identifier: BSD-3-Clause
// Bytes -> safetensors. The format (huggingface/safetensors, README "Format"):
//
//     8 bytes   N, little-endian
//     N bytes   a JSON object in UTF-8, perhaps padded with blanks:
//               {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}, ...,
//                "__metadata__": {"key": "value", ...}}
//     the rest  data; the offsets count from here, and the tensors cover it without a hole or an overlap
//
// The bytes are hostile until checked. The checks are those of the reference implementation, and a few where a JSON
// parser is more lenient than its: a header that does not start with '{', a NUL byte, any key twice, needless depth.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <xtn/core/error.hpp>
#include <xtn/io/dtype.hpp>
#include <xtn/io/safetensors_file.hpp>
#include <xtn/io/utf8.hpp>

namespace xtn {

namespace detail {

/// The largest header that the format allows.
inline constexpr std::uint64_t longest_safetensors_header = 100'000'000;

class safetensors_reader {
public:
    safetensors_reader(std::span<const std::byte> file, std::string origin) : file_(file), origin_(std::move(origin)) {}

    safetensors read() const {
        const std::string_view text = header_text();
        const nlohmann::json header = parse(text);
        const auto data = file_.subspan(8 + text.size());

        safetensors result(origin_);
        std::vector<tensor_entry> entries;
        for (const auto& [name, value] : header.items()) {
            if (name == "__metadata__")
                read_metadata(value, result);
            else
                entries.push_back(read_entry(name, value));
        }
        std::sort(entries.begin(), entries.end(), [](const tensor_entry& a, const tensor_entry& b) {
            return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
        });
        check_cover(entries, data.size());
        for (tensor_entry& e : entries)
            result.add_bytes(std::move(e.name), e.type, std::move(e.shape), data.subspan(e.begin, e.end - e.begin));
        return result;
    }

private:
    struct tensor_entry {
        std::string name;
        dtype type;
        tensor_shape shape;
        std::size_t begin, end;
    };

    [[noreturn]] void fail(const std::string& what) const { throw io_error(origin_ + ": " + what); }
    [[noreturn]] void fail(std::string_view tensor, const std::string& what) const {
        fail("tensor " + in_quotes(tensor) + ": " + what);
    }

    std::string_view header_text() const {
        if (file_.size() < 8)
            fail("a safetensors file starts with 8 bytes of header length, but there are only " +
                 std::to_string(file_.size()) + " bytes");
        std::uint64_t length = 0;
        for (std::size_t i = 8; i-- > 0;) length = (length << 8) | std::to_integer<std::uint64_t>(file_[i]);
        if (length > longest_safetensors_header)
            fail("the header is said to have " + std::to_string(length) + " bytes; the format allows " +
                 std::to_string(longest_safetensors_header) + ", so this is no safetensors file");
        if (length > file_.size() - 8)
            fail("the header is said to have " + std::to_string(length) + " bytes, but only " +
                 std::to_string(file_.size() - 8) + " follow; the file is truncated");
        const std::string_view text(reinterpret_cast<const char*>(file_.data()) + 8, static_cast<std::size_t>(length));
        if (!text.starts_with('{')) fail("the header must be a JSON object and start with '{'");
        if (const std::size_t valid = valid_utf8_prefix(text); valid != text.size())
            fail("the header is not valid UTF-8 at byte " + std::to_string(8 + valid) + " of the file");
        // The JSON parser takes a NUL for the end of its input and would ignore what follows.
        if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos)
            fail("the header has a NUL at byte " + std::to_string(8 + nul) + " of the file");
        return text;
    }

    /// The JSON library lets the last of two equal keys win; here they are an error.
    nlohmann::json parse(std::string_view text) const {
        constexpr int deepest = 2;  // the header, a tensor, its shape
        std::vector<std::set<std::string>> keys;
        const auto check = [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
            using event_type = nlohmann::json::parse_event_t;
            if ((event == event_type::object_start || event == event_type::array_start) && depth > deepest)
                fail("the header is nested deeper than a name, its fields and their lists");
            if (event == event_type::object_start) keys.emplace_back();
            if (event == event_type::object_end) keys.pop_back();
            if (event == event_type::key && !keys.back().insert(parsed.get_ref<const std::string&>()).second)
                fail("the header has the key " + in_quotes(parsed.get_ref<const std::string&>()) +
                     " twice in the same object");
            return true;
        };
        try {
            return nlohmann::json::parse(text.begin(), text.end(), check);
        } catch (const nlohmann::json::exception& e) {
            fail("the header is not valid JSON: " + printable(e.what(), 300));
        }
    }

    void read_metadata(const nlohmann::json& value, safetensors& result) const {
        if (!value.is_object()) fail("\"__metadata__\" must be an object of strings, found " + kind(value));
        for (const auto& [key, text] : value.items()) {
            if (!text.is_string()) fail("metadata " + in_quotes(key) + " must be a string, found " + kind(text));
            result.metadata().emplace(key, text.get_ref<const std::string&>());
        }
    }

    tensor_entry read_entry(const std::string& name, const nlohmann::json& value) const {
        if (!value.is_object())
            fail(name, "must be an object with dtype, shape and data_offsets, found " + kind(value));
        const dtype type = read_dtype(name, field(name, value, "dtype"));
        tensor_shape shape = read_list(name, "shape", field(name, value, "shape"));
        const tensor_shape offsets = read_list(name, "data_offsets", field(name, value, "data_offsets"));
        if (offsets.size() != 2)
            fail(name, "data_offsets must be [begin, end], found a list of " + std::to_string(offsets.size()));
        const std::size_t begin = offsets[0], end = offsets[1];
        if (begin > end)
            fail(name,
                 "data_offsets end before they begin: [" + std::to_string(begin) + ", " + std::to_string(end) + "]");
        const auto needed = checked_product(shape, dtype_bytes(type));
        if (!needed) fail(name, "the size of shape " + shape_text(shape) + " overflows 64 bits");
        if (*needed != end - begin)
            fail(name, "shape " + shape_text(shape) + " in " + std::string(dtype_name(type)) + " takes " +
                           std::to_string(*needed) + " bytes, but data_offsets span " + std::to_string(end - begin));
        return {name, type, std::move(shape), begin, end};
    }

    const nlohmann::json& field(const std::string& name, const nlohmann::json& entry, const char* key) const {
        const auto at = entry.find(key);
        if (at == entry.end()) fail(name, "the field \"" + std::string(key) + "\" is missing");
        return *at;
    }

    dtype read_dtype(const std::string& name, const nlohmann::json& value) const {
        if (!value.is_string()) fail(name, "dtype must be a string, found " + kind(value));
        const auto& text = value.get_ref<const std::string&>();
        if (is_sub_byte_dtype(text))
            fail(name, "dtype " + text + " packs several elements into a byte and is not supported; convert the file");
        const auto type = dtype_from_name(text);
        if (!type) fail(name, "unknown dtype " + in_quotes(text));
        return *type;
    }

    /// A list of sizes. An integer beyond 2^64 - 1 arrives from the JSON library as a floating-point number.
    tensor_shape read_list(const std::string& name, const char* key, const nlohmann::json& value) const {
        if (!value.is_array()) fail(name, std::string(key) + " must be a list, found " + kind(value));
        tensor_shape list;
        for (const nlohmann::json& element : value) {
            if (!element.is_number_unsigned() || !std::in_range<std::size_t>(element.get<std::uint64_t>()))
                fail(name, std::string(key) + " must hold integers from 0 to 2^64 - 1, found " + kind(element));
            list.push_back(element.get<std::size_t>());
        }
        return list;
    }

    /// Sorted by offset, the tensors follow each other from 0 to the end of the data.
    void check_cover(const std::vector<tensor_entry>& entries, std::size_t data_size) const {
        std::size_t expected = 0;
        for (const tensor_entry& e : entries) {
            if (e.begin != expected)
                fail(e.name, std::string(e.begin < expected ? "its data overlap those of another tensor"
                                                            : "there is a hole before its data") +
                                 ": they begin at " + std::to_string(e.begin) + ", but the tensors before end at " +
                                 std::to_string(expected));
            if (e.end > data_size)
                fail(e.name, "its data end at " + std::to_string(e.end) + ", but the file holds only " +
                                 std::to_string(data_size) + " bytes of data; it is truncated");
            expected = e.end;
        }
        if (expected != data_size)
            fail("the tensors take " + std::to_string(expected) + " bytes of data, but the file holds " +
                 std::to_string(data_size));
    }

    /// A JSON value for a message: numbers as they are, everything else by its type.
    static std::string kind(const nlohmann::json& value) {
        return value.is_number() ? value.dump() : "a value of type " + std::string(value.type_name());
    }

    std::span<const std::byte> file_;
    std::string origin_;
};

}  // namespace detail

/// The content of a safetensors file given as bytes, all of it checked. `origin` is what messages call it. Throws
/// io_error naming origin, tensor, what was expected and what was found.
inline safetensors parse_safetensors(std::span<const std::byte> file, std::string origin = "safetensors in memory") {
    return detail::safetensors_reader(file, std::move(origin)).read();
}

}  // namespace xtn
