// SPDX-License-Identifier: BSD-3-Clause
// Transposes matrices that fit the cache: squares of registers by interleaving, what remains element by element.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <xtn/backend/simd.hpp>

namespace xtn::backend {

namespace detail {

/// As many rows as a row has numbers become columns. A round of interleaving row i with row i + n / 2 moves every element
/// half of the way.
template <class Number, class T>
void transpose_square(const T* from, std::int64_t from_stride, T* to, std::int64_t to_stride) {
    constexpr std::size_t n = short_batch<Number>::size;
    std::array<short_batch<Number>, n> rows;
    std::array<Number, n> row;
    for (std::size_t i = 0; i < n; ++i) {
        std::memcpy(row.data(), from + static_cast<std::int64_t>(i) * from_stride, sizeof(row));
        rows[i] = short_batch<Number>::load_unaligned(row.data());
    }
    for (std::size_t round = 1; round < n; round *= 2) {
        const auto before = rows;
        for (std::size_t i = 0; i < n / 2; ++i) {
            rows[2 * i] = xsimd::zip_lo(before[i], before[i + n / 2]);
            rows[2 * i + 1] = xsimd::zip_hi(before[i], before[i + n / 2]);
        }
    }
    for (std::size_t i = 0; i < n; ++i) {
        rows[i].store_unaligned(row.data());
        std::memcpy(static_cast<void*>(to + static_cast<std::int64_t>(i) * to_stride), row.data(), sizeof(row));
    }
}

}  // namespace detail

/// to (columns x rows) = the transpose of from (rows x columns), whose rows begin so many elements apart.
template <class T>
void transpose(std::int64_t rows, std::int64_t columns, const T* from, std::int64_t from_stride, T* to,
               std::int64_t to_stride) {
    std::int64_t whole_rows = 0, whole_columns = 0;
    if constexpr (sizeof(T) <= sizeof(double)) {
        using number = std::conditional_t<sizeof(T) == sizeof(float), float, double>;  // carries the bits of a T
        constexpr auto side = static_cast<std::int64_t>(short_batch<number>::size);
        whole_rows = rows - rows % side;
        whole_columns = columns - columns % side;
        for (std::int64_t i = 0; i < whole_rows; i += side)
            for (std::int64_t j = 0; j < whole_columns; j += side)
                detail::transpose_square<number>(from + i * from_stride + j, from_stride, to + j * to_stride + i,
                                                 to_stride);
    }
    for (std::int64_t i = 0; i < rows; ++i)
        for (std::int64_t j = i < whole_rows ? whole_columns : 0; j < columns; ++j)
            to[j * to_stride + i] = from[i * from_stride + j];
}

}  // namespace xtn::backend
