// SPDX-License-Identifier: BSD-3-Clause
// Differentiable rules beside the contraction and the element-wise expression. Each is a value and its pullback; a user's own
// rule is written the same way.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <type_traits>

#include <xtn/ad/elementwise/operators.hpp>
#include <xtn/ad/tape.hpp>
#include <xtn/core/error.hpp>

namespace xtn {

/// alpha x + beta y, element by element. Throws shape_error where the shapes differ.
template <scalar T, std::size_t Rank>
variable<T, Rank> linear_combination(std::type_identity_t<T> alpha, const variable<T, Rank>& x,
                                     std::type_identity_t<T> beta, const variable<T, Rank>& y) {
    if (x.shape() != y.shape())
        throw shape_error("linear_combination: the shapes " + to_string(geometry::row_major(x.shape())) + " and " +
                          to_string(geometry::row_major(y.shape())) + " differ");
    return alpha * x + beta * y;
}

/// The window of a matrix that has this shape and whose first element is (row, column) of the matrix; what lies outside
/// of the matrix is 0. So it cuts, pads and moves.
template <scalar T>
variable<T, 2> window(const variable<T, 2>& x, const std::array<std::size_t, 2>& shape,
                      const std::array<std::ptrdiff_t, 2>& first = {}) {
    struct range {  // of the window's indices that lie inside the matrix
        std::ptrdiff_t begin, end;
    };
    const auto inside = [&](std::size_t axis) {
        const auto extent = static_cast<std::ptrdiff_t>(shape[axis]), of = static_cast<std::ptrdiff_t>(x.shape()[axis]);
        const std::ptrdiff_t begin = std::clamp<std::ptrdiff_t>(-first[axis], 0, extent);
        return range{begin, std::clamp(of - first[axis], begin, extent)};
    };
    const range rows = inside(0), columns = inside(1);
    const auto each_row = [rows, columns, first, wide = x.shape()[1], narrow = shape[1]](auto f) {
        for (std::ptrdiff_t r = rows.begin; r < rows.end; ++r)
            f((r + first[0]) * static_cast<std::ptrdiff_t>(wide) + columns.begin + first[1],
              r * static_cast<std::ptrdiff_t>(narrow) + columns.begin, columns.end - columns.begin);
    };
    const variable<T, 2> y = x.tape().result(shape, x);
    std::fill_n(y.data(), y.size(), T{});
    each_row([&](std::ptrdiff_t from, std::ptrdiff_t to, std::ptrdiff_t n) {
        std::copy_n(x.data() + from, n, y.data() + to);
    });
    y.tape().record(y, [x, each_row](const T* dy) {
        const gradient_sink<T> s = x.sink();
        if (!s) return;
        if (!s.accumulate) std::fill_n(s.data, x.size(), T{});
        each_row([&](std::ptrdiff_t from, std::ptrdiff_t to, std::ptrdiff_t n) {
            for (std::ptrdiff_t c = 0; c < n; ++c) s.data[from + c] += dy[to + c];
        });
    });
    return y;
}

}  // namespace xtn
