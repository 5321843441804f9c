// SPDX-License-Identifier: BSD-3-Clause
// From the bits of a stored element to a number. Floating point goes to floating point (rounded to nearest where it is
// narrowed), integers to integers and to floating point if the value is kept exactly, complex to complex; everything
// else is refused. Finiteness is decided on bits, so that it also holds under -ffast-math.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#include <xtn/core/bfloat16.hpp>
#include <xtn/io/dtype.hpp>

namespace xtn {

/// What a tensor can be read as: an integer (BOOL reads as 0 and 1), float, double, or a complex of these.
template <class T>
concept readable_type = stored_type<T> && !std::same_as<T, bool>;

namespace detail {

static_assert(std::endian::native == std::endian::little, "stored tensors are read and written in the machine's order");
static_assert(std::numeric_limits<float>::is_iec559 && std::numeric_limits<double>::is_iec559);

/// IEEE 754 binary16: 1 sign, 5 exponent (bias 15) and 10 fraction bits.
struct binary16 {
    std::uint16_t bits;
    float value() const {
        const std::uint32_t sign = (bits & 0x8000u) << 16, exponent = (bits >> 10) & 31u, fraction = bits & 0x3FFu;
        if (exponent == 0) return (sign ? -0x1p-24f : 0x1p-24f) * static_cast<float>(fraction);
        const std::uint32_t widened = exponent == 31 ? 255u : exponent + (127u - 15u);
        return std::bit_cast<float>(sign | (widened << 23) | (fraction << 13));
    }
};

/// A BOOL: one byte, zero or not.
struct boolean_byte {
    std::uint8_t bits;
    std::uint8_t value() const { return bits != 0; }
};

/// The 8-bit float that is the upper half of a binary16.
struct float8_e5m2 {
    std::uint8_t bits;
    float value() const { return binary16{static_cast<std::uint16_t>(bits << 8)}.value(); }
};

/// Powers of two alone, without a sign: 2^(bits - 127).
struct float8_e8m0 {
    std::uint8_t bits;
    float value() const {
        if (bits == 255) return std::numeric_limits<float>::quiet_NaN();
        return bits == 0 ? 0x1p-127f : std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 23);
    }
};

/// The 8-bit floats without infinities: 1 sign, 7 - F exponent and F fraction bits, and one pattern (per sign, if it is
/// 0x7F) for NaN.
template <unsigned F, unsigned Bias, std::uint8_t NaN>
struct float8 {
    std::uint8_t bits;
    float value() const {
        const std::uint32_t sign = (bits & 0x80u) << 24, exponent = (bits & 0x7Fu) >> F,
                            fraction = bits & ((1u << F) - 1);
        if (bits == NaN || (NaN == 0x7F && bits == 0xFF)) return std::numeric_limits<float>::quiet_NaN();
        if (exponent != 0) return std::bit_cast<float>(sign | (exponent + 127 - Bias) << 23 | fraction << (23 - F));
        const float unit = std::bit_cast<float>(sign | (127 + 1 - Bias - F) << 23);
        return unit * static_cast<float>(fraction);
    }
};
using float8_e4m3 = float8<3, 7, 0x7F>;
using float8_e4m3fnuz = float8<3, 8, 0x80>;
using float8_e5m2fnuz = float8<2, 16, 0x80>;

/// The bits of the number nearest to x, ties to even, with so many exponent and fraction bits as IEEE 754 has them; of
/// infinity for what rounds beyond the largest.
template <unsigned ExponentBits, unsigned FractionBits>
std::uint16_t nearest_bits(double x) {
    constexpr int bias = (1 << (ExponentBits - 1)) - 1;
    constexpr std::uint32_t infinity = ((1u << ExponentBits) - 1) << FractionBits;
    const auto bits = std::bit_cast<std::uint64_t>(x), magnitude = bits & ~(std::uint64_t{1} << 63);
    const auto sign = static_cast<std::uint32_t>(bits >> 63) << (ExponentBits + FractionBits);
    std::uint32_t nearest = infinity;
    if (magnitude > 0x7FF0000000000000) {
        nearest |= 1u << (FractionBits - 1);
    } else if (magnitude < 0x7FF0000000000000) {
        // A number is a count of steps of 2^(e - F); patterns are consecutive, so a carry goes into the exponent.
        const double size = std::bit_cast<double>(magnitude);
        const int e = size == 0 ? 1 - bias : std::max(std::ilogb(size), 1 - bias);
        if (e <= bias)
            nearest = std::min(infinity, (static_cast<std::uint32_t>(e + bias - 1) << FractionBits) +
                                             static_cast<std::uint32_t>(
                                                 std::nearbyint(std::ldexp(size, static_cast<int>(FractionBits) - e))));
    }
    return static_cast<std::uint16_t>(sign | nearest);
}

/// False for the bit patterns of `type` that mean infinity or NaN. A C64 is two F32; a C128 does not fit in here.
constexpr bool finite_bits(dtype type, std::uint64_t bits) {
    const auto all_ones = [bits](std::uint64_t mask) { return (bits & mask) == mask; };
    switch (type) {
        case dtype::f8_e5m2: return !all_ones(0x7C);
        case dtype::f8_e4m3: return !all_ones(0x7F);  // E4M3FN has no infinity and one NaN per sign
        case dtype::f8_e8m0: return !all_ones(0xFF);
        case dtype::f8_e4m3fnuz:
        case dtype::f8_e5m2fnuz: return bits != 0x80;  // the pattern of -0 is the one NaN
        case dtype::f16: return !all_ones(0x7C00);
        case dtype::bf16: return !all_ones(0x7F80);
        case dtype::f32: return !all_ones(0x7F800000);
        case dtype::c64: return !all_ones(0x7F800000) && !all_ones(0x7F80000000000000);
        case dtype::f64: return !all_ones(0x7FF0000000000000);
        default: return true;
    }
}

template <class T>
inline constexpr bool is_complex_number = one_of<T, std::complex<float>, std::complex<double>>;

/// value -> to. False if the value cannot be kept: an integer that `To` does not hold exactly, a finite double beyond
/// the range of float. Complex numbers go part by part.
template <class To, class From>
bool convert(From value, To& to) {
    if constexpr (is_complex_number<From>) {
        typename To::value_type real, imaginary;
        const bool kept = convert(value.real(), real) && convert(value.imag(), imaginary);
        if (kept) to = {real, imaginary};
        return kept;
    } else if constexpr (std::integral<From> && std::integral<To>) {
        to = static_cast<To>(value);
        return std::in_range<To>(value);
    } else if constexpr (std::integral<From>) {
        const auto wide = static_cast<std::uint64_t>(value);
        const std::uint64_t magnitude = std::is_signed_v<From> && value < From{0} ? 0 - wide : wide;
        const int digits =
            magnitude == 0 ? 0 : static_cast<int>(std::bit_width(magnitude)) - std::countr_zero(magnitude);
        to = static_cast<To>(value);
        return digits <= std::numeric_limits<To>::digits;
    } else {
        to = static_cast<To>(value);
        if constexpr (std::same_as<From, double> && std::same_as<To, float>)
            return finite_bits(dtype::f32, std::bit_cast<std::uint32_t>(to)) ||
                   !finite_bits(dtype::f64, std::bit_cast<std::uint64_t>(value));
        return true;
    }
}

/// The conversions that exist at all, by types.
template <class To, class From>
inline constexpr bool convertible = (std::integral<From> && (std::integral<To> || std::floating_point<To>)) ||
                                    (std::floating_point<From> && std::floating_point<To>) ||
                                    (is_complex_number<From> && is_complex_number<To>);

/// Calls f(std::type_identity<Stored>{}) with the type that holds the bits of `type`.
template <class F>
decltype(auto) with_stored_type(dtype type, F&& f) {
    switch (type) {
        case dtype::boolean: return f(std::type_identity<boolean_byte>{});
        case dtype::u8: return f(std::type_identity<std::uint8_t>{});
        case dtype::i8: return f(std::type_identity<std::int8_t>{});
        case dtype::f8_e5m2: return f(std::type_identity<float8_e5m2>{});
        case dtype::f8_e4m3: return f(std::type_identity<float8_e4m3>{});
        case dtype::f8_e8m0: return f(std::type_identity<float8_e8m0>{});
        case dtype::f8_e4m3fnuz: return f(std::type_identity<float8_e4m3fnuz>{});
        case dtype::f8_e5m2fnuz: return f(std::type_identity<float8_e5m2fnuz>{});
        case dtype::i16: return f(std::type_identity<std::int16_t>{});
        case dtype::u16: return f(std::type_identity<std::uint16_t>{});
        case dtype::f16: return f(std::type_identity<binary16>{});
        case dtype::bf16: return f(std::type_identity<bfloat16>{});
        case dtype::i32: return f(std::type_identity<std::int32_t>{});
        case dtype::u32: return f(std::type_identity<std::uint32_t>{});
        case dtype::f32: return f(std::type_identity<float>{});
        case dtype::c64: return f(std::type_identity<std::complex<float>>{});
        case dtype::f64: return f(std::type_identity<double>{});
        case dtype::i64: return f(std::type_identity<std::int64_t>{});
        case dtype::u64: return f(std::type_identity<std::uint64_t>{});
        default: return f(std::type_identity<std::complex<double>>{});  // C128
    }
}

/// The number in an element as stored.
template <class Stored>
auto number(Stored stored) {
    if constexpr (requires { stored.value(); })
        return stored.value();
    else
        return stored;
}

}  // namespace detail
}  // namespace xtn
