// SPDX-License-Identifier: BSD-3-Clause
// The header of NumPy's .npy format (numpy/lib/format.py; NEP 1):
//
//     6 bytes        "\x93NUMPY"
//     2 bytes        version: 1.0, 2.0 or 3.0
//     2 or 4 bytes   N, little-endian: 2 in version 1.0
//     N bytes        a Python dictionary, {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }, and blanks
//     the rest       data
//
// The dictionary is read by its own small grammar. Nothing is evaluated, and pickled objects are refused.
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <xtn/core/error.hpp>
#include <xtn/io/stored_tensor.hpp>
#include <xtn/io/utf8.hpp>

namespace xtn::detail {

inline constexpr std::string_view npy_magic("\x93NUMPY", 6);

/// Axes that NumPy 2 allows (32 before).
inline constexpr std::size_t most_npy_axes = 64;

/// NumPy's name of a dtype without the byte order, for example "f4"; empty where NumPy has none.
constexpr std::string_view npy_name(dtype type) {
    constexpr std::array<std::string_view, 20> names{"b1", "u1", "i1", "",   "",   "",   "",   "",   "i2", "u2",
                                                     "f2", "",   "i4", "u4", "f4", "c8", "f8", "i8", "u8", "c16"};
    return names[static_cast<std::size_t>(type)];
}

/// The dtype with this name, whatever the byte order: NumPy's "f8", its letter "d" or its word "float64".
inline std::optional<dtype> dtype_from_npy_name(std::string_view name) {
    constexpr dtype native_long = sizeof(long) == 8 ? dtype::i64 : dtype::i32;
    constexpr dtype native_unsigned_long = sizeof(long) == 8 ? dtype::u64 : dtype::u32;
    struct spelling {
        std::string_view letters, word;
        dtype type;
    };
    constexpr std::array<spelling, 16> spellings{{{"?", "bool", dtype::boolean},
                                                  {"b", "int8", dtype::i8},
                                                  {"B", "uint8", dtype::u8},
                                                  {"h", "int16", dtype::i16},
                                                  {"H", "uint16", dtype::u16},
                                                  {"i", "int32", dtype::i32},
                                                  {"I", "uint32", dtype::u32},
                                                  {"q", "int64", dtype::i64},
                                                  {"Q", "uint64", dtype::u64},
                                                  {"l", "l", native_long},
                                                  {"L", "L", native_unsigned_long},
                                                  {"e", "float16", dtype::f16},
                                                  {"f", "float32", dtype::f32},
                                                  {"d", "float64", dtype::f64},
                                                  {"F", "complex64", dtype::c64},
                                                  {"D", "complex128", dtype::c128}}};
    for (const spelling& s : spellings)
        if (name == s.letters || name == s.word) return s.type;
    for (std::size_t i = 0; i < dtype_table.size(); ++i)
        if (!name.empty() && npy_name(static_cast<dtype>(i)) == name) return static_cast<dtype>(i);
    return std::nullopt;
}

/// A sound header of an array that holds something else than numbers.
struct no_numbers : io_error {
    using io_error::io_error;
};

/// What the header says.
struct npy_header {
    dtype type = dtype::f64;
    bool big_endian = false, fortran_order = false;
    tensor_shape shape;
    std::size_t data = 0;  ///< where the data begin in the file
};

/// The dictionary of a header. Throws io_error, with `origin` before the message; no_numbers where the array is of records,
/// objects, strings, dates or long doubles.
class npy_dictionary {
public:
    npy_dictionary(std::string_view text, const std::string& origin) : rest_(text), origin_(origin) {
        expect('{');
        bool has_descr = false, has_order = false, has_shape = false;
        while (!accept('}')) {
            const std::string_view key = string();
            bool& seen = key == "descr"           ? has_descr
                         : key == "fortran_order" ? has_order
                         : key == "shape"         ? has_shape
                                                  : fail("unknown key " + in_quotes(key));
            if (std::exchange(seen, true)) fail("the key " + in_quotes(key) + " occurs twice");
            expect(':');
            if (key == "descr")
                read_descr();
            else if (key == "fortran_order")
                header.fortran_order = boolean();
            else
                read_shape();
            if (!accept(',')) {
                expect('}');
                break;
            }
        }
        skip_blanks();
        if (!rest_.empty()) fail("something follows the dictionary: " + in_quotes(rest_.substr(0, 16)));
        for (const auto& [seen, key] :
             {std::pair(has_descr, "descr"), std::pair(has_order, "fortran_order"), std::pair(has_shape, "shape")})
            if (!seen) fail("the key \"" + std::string(key) + "\" is missing");
    }

    npy_header header;

private:
    /// Returns a reference only so that it can stand in an expression.
    [[noreturn]] bool& fail(const std::string& what) const { throw io_error(origin_ + ": npy header: " + what); }

    void skip_blanks() {
        const std::size_t next = rest_.find_first_not_of(" \t\n\r");
        rest_.remove_prefix(next == std::string_view::npos ? rest_.size() : next);
    }
    bool accept(char c) {
        skip_blanks();
        if (!rest_.starts_with(c)) return false;
        rest_.remove_prefix(1);
        return true;
    }
    void expect(char c) {
        if (!accept(c)) fail("expected '" + std::string(1, c) + "', found " + found());
    }
    std::string found() const { return rest_.empty() ? "the end" : in_quotes(rest_.substr(0, 16)); }

    std::string_view string() {
        accept('u');  // Python 2 wrote u'descr'
        skip_blanks();
        const char quote = rest_.empty() ? '\0' : rest_.front();
        const std::size_t end = quote == '\'' || quote == '"' ? rest_.find(quote, 1) : std::string_view::npos;
        if (end == std::string_view::npos) fail("expected a string, found " + found());
        const std::string_view text = rest_.substr(1, end - 1);
        rest_.remove_prefix(end + 1);
        return text;
    }
    bool boolean() {
        skip_blanks();
        for (const std::string_view word : {"True", "False"})
            if (rest_.starts_with(word)) {
                rest_.remove_prefix(word.size());
                return word == "True";
            }
        fail("fortran_order must be True or False, found " + found());
    }

    void read_shape() {
        expect('(');
        while (!accept(')')) {
            skip_blanks();
            std::size_t extent = 0;
            const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), extent);
            if (error == std::errc::result_out_of_range) fail("an extent of shape exceeds 64 bits: " + found());
            if (error != std::errc()) fail("shape must be a tuple of integers from 0 on, found " + found());
            rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
            accept('L');  // Python 2 wrote (2L,)
            header.shape.push_back(extent);
            if (header.shape.size() > most_npy_axes)
                fail("shape has more than the " + std::to_string(most_npy_axes) + " axes that NumPy allows");
            if (!accept(',')) {
                expect(')');
                if (header.shape.size() == 1) fail("shape must be a tuple, such as (3,)");
                break;
            }
        }
    }

    void read_descr() {
        skip_blanks();
        if (rest_.starts_with('[')) refuse("the file holds structured records; save each field as an array of its own");
        const std::string_view descr = string();
        const bool ordered = !descr.empty() && std::string_view("<>|=").find(descr.front()) != std::string_view::npos;
        const std::string_view name = descr.substr(ordered ? 1 : 0);
        if (name.starts_with('O'))
            refuse("the file holds pickled Python objects, which are not read because unpickling runs code");
        const auto type = dtype_from_npy_name(name);
        if (!type)
            refuse("dtype " + in_quotes(descr) +
                   " is not a bool, integer, floating-point or complex type of up to 8 bytes a part");
        header.type = *type;
        header.big_endian = dtype_bytes(*type) > 1 && descr.front() == '>';  // else little, or the machine's, which is
    }
    [[noreturn]] void refuse(const std::string& what) const { throw no_numbers(origin_ + ": npy header: " + what); }

    std::string_view rest_;
    const std::string& origin_;
};

/// The header of a file. Throws io_error, with `origin` before the message.
inline npy_header read_npy_header(std::span<const std::byte> file, const std::string& origin) {
    const auto fail = [&](const std::string& what) { throw io_error(origin + ": " + what); };
    const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
    if (!text.starts_with(npy_magic)) fail("this is no .npy file: it does not start with \\x93NUMPY");
    if (file.size() < 10) fail("the .npy file ends within its first 10 bytes; it is truncated");
    const auto byte = [&](std::size_t i) { return std::to_integer<std::size_t>(file[i]); };
    const std::size_t major = byte(6), minor = byte(7), width = major == 1 ? 2 : 4, start = 8 + width;
    if (major < 1 || major > 3 || minor != 0)
        fail("versions 1.0, 2.0 and 3.0 of the .npy format are known, but this is " + std::to_string(major) + "." +
             std::to_string(minor));
    if (file.size() < start) fail("the .npy file ends within its first 12 bytes; it is truncated");
    std::size_t length = 0;
    for (std::size_t i = width; i-- > 0;) length = (length << 8) | byte(8 + i);
    if (length > file.size() - start)
        fail("the npy header is said to have " + std::to_string(length) + " bytes, but only " +
             std::to_string(file.size() - start) + " follow; the file is truncated");
    npy_header header = npy_dictionary(text.substr(start, length), origin).header;
    header.data = start + length;
    return header;
}

}  // namespace xtn::detail
