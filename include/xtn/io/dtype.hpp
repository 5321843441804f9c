// SPDX-License-Identifier: BSD-3-Clause
// The element types of stored tensors: those of the safetensors format that fill whole bytes, in the order of the
// reference implementation (huggingface/safetensors, safetensors/src/tensor.rs, enum Dtype), in which alignment never
// decreases, so that a file sorted by descending dtype has every tensor aligned; and the complex128 of NumPy's formats.
#pragma once

#include <array>
#include <complex>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

namespace xtn {

/// Element type of a stored tensor.
enum class dtype : std::uint8_t {
    boolean,
    u8,
    i8,
    f8_e5m2,
    f8_e4m3,
    f8_e8m0,
    f8_e4m3fnuz,
    f8_e5m2fnuz,
    i16,
    u16,
    f16,
    bf16,
    i32,
    u32,
    f32,
    c64,
    f64,
    i64,
    u64,
    c128  ///< two F64; not in safetensors files
};

namespace detail {

struct dtype_facts {
    std::string_view name;
    std::size_t bytes;
};

inline constexpr std::array<dtype_facts, 20> dtype_table{
    {{"BOOL", 1},        {"U8", 1},  {"I8", 1},  {"F8_E5M2", 1}, {"F8_E4M3", 1}, {"F8_E8M0", 1}, {"F8_E4M3FNUZ", 1},
     {"F8_E5M2FNUZ", 1}, {"I16", 2}, {"U16", 2}, {"F16", 2},     {"BF16", 2},    {"I32", 4},     {"U32", 4},
     {"F32", 4},         {"C64", 8}, {"F64", 8}, {"I64", 8},     {"U64", 8},     {"C128", 16}}};
static_assert(dtype_table[static_cast<std::size_t>(dtype::c128)].name == "C128");

}  // namespace detail

/// The name of a dtype, for example "BF16": that of the safetensors format, where it has one.
constexpr std::string_view dtype_name(dtype type) { return detail::dtype_table[static_cast<std::size_t>(type)].name; }

/// Bytes per element.
constexpr std::size_t dtype_bytes(dtype type) { return detail::dtype_table[static_cast<std::size_t>(type)].bytes; }

/// The dtype of that name, if it is one that fills whole bytes.
constexpr std::optional<dtype> dtype_from_name(std::string_view name) {
    for (std::size_t i = 0; i < detail::dtype_table.size(); ++i)
        if (detail::dtype_table[i].name == name) return static_cast<dtype>(i);
    return std::nullopt;
}

/// Whether safetensors files can hold it.
constexpr bool in_safetensors(dtype type) { return type != dtype::c128; }

/// True for the dtypes of less than a byte, F4 and F6_*, which this library does not read.
constexpr bool is_sub_byte_dtype(std::string_view name) {
    return name == "F4" || name == "F6_E2M3" || name == "F6_E3M2";
}

namespace detail {

template <class T, class... Others>
concept one_of = (std::same_as<T, Others> || ...);

}  // namespace detail

/// A C++ type that a dtype stores as it is: bool, the integers (not the character types), float, double,
/// std::complex of these two.
template <class T>
concept stored_type = (std::integral<T> && !detail::one_of<T, char, wchar_t, char8_t, char16_t, char32_t>) ||
                      detail::one_of<T, float, double, std::complex<float>, std::complex<double>>;

/// The dtype that stores T.
template <stored_type T>
constexpr dtype dtype_of() {
    constexpr bool is_signed = std::is_signed_v<T>;
    if constexpr (std::same_as<T, bool>)
        return dtype::boolean;
    else if constexpr (std::same_as<T, float>)
        return dtype::f32;
    else if constexpr (std::same_as<T, double>)
        return dtype::f64;
    else if constexpr (std::same_as<T, std::complex<float>>)
        return dtype::c64;
    else if constexpr (std::same_as<T, std::complex<double>>)
        return dtype::c128;
    else if constexpr (sizeof(T) == 1)
        return is_signed ? dtype::i8 : dtype::u8;
    else if constexpr (sizeof(T) == 2)
        return is_signed ? dtype::i16 : dtype::u16;
    else if constexpr (sizeof(T) == 4)
        return is_signed ? dtype::i32 : dtype::u32;
    else
        return is_signed ? dtype::i64 : dtype::u64;
}

}  // namespace xtn
