// SPDX-License-Identifier: BSD-3-Clause
// Memory of somebody else as an operand or a destination: a pointer or a span, with extents.
//
//     xtn::assign(xtn::as_tensor(out, {rows, 512}), xtn::einsum<"bi,oi->bo">(xtn::as_tensor(in, {rows, 128}), w));
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>

#include <xtn/backend/xtensor.hpp>
#include <xtn/core/error.hpp>
#include <xtn/core/extents.hpp>

namespace xtn {

/// Row-major elements at `data`, as an xtensor expression of static rank. It holds the pointer, not the elements.
template <class T, std::size_t Rank>
auto as_tensor(T* data, const std::size_t (&extents)[Rank]) {
    std::array<std::size_t, Rank> shape;
    std::size_t size = 1;
    for (std::size_t i = 0; i < Rank; ++i) size *= shape[i] = extents[i];
    return xt::adapt<xt::layout_type::row_major>(data, size, xt::no_ownership(), shape);
}

/// The same for a span. Throws shape_error unless it has exactly as many elements as the extents say.
template <class T, std::size_t Size, std::size_t Rank>
auto as_tensor(std::span<T, Size> elements, const std::size_t (&extents)[Rank]) {
    const geometry g = geometry::row_major(extents);
    if (g.volume() != static_cast<std::int64_t>(elements.size()))
        throw shape_error("as_tensor: the shape " + to_string(g) + " needs " + std::to_string(g.volume()) +
                          " elements, but the span has " + std::to_string(elements.size()));
    return as_tensor(elements.data(), extents);
}

}  // namespace xtn
