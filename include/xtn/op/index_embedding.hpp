// SPDX-License-Identifier: BSD-3-Clause
// Linear embeddings by a table of places: each element of the tensor that a network contracts is one stored number, or 0,
//
//     to[j] = from[place[j]]   or   0,            adjoint:  d from[i] = sum over j with place[j] = i of d to[j].
//
// Coefficients on a support, symmetric and triangular matrices, zero padding and windows are all of this kind.
#pragma once

#include <algorithm>
#include <array>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <xtn/core/error.hpp>
#include <xtn/core/extents.hpp>

namespace xtn {

/// A table of places, shared by copies. It is linear and has an adjoint; see this file's head.
class index_embedding {
public:
    static constexpr std::int32_t zero = -1;  ///< a place that is no stored number

    /// From `stored` numbers to a row-major tensor of this shape, by the place of each of its elements. Throws shape_error
    /// where a place is out of range or their number is not that of the elements.
    index_embedding(std::size_t stored, std::vector<std::size_t> shape, std::vector<std::int32_t> places)
        : content_(std::make_shared<const content>(content{stored, std::move(shape), std::move(places)})) {
        const std::size_t size = volume(content_->shape);
        if (size != content_->places.size())
            throw shape_error("index_embedding: a tensor of shape " + to_string(geometry::row_major(content_->shape)) +
                              " has " + std::to_string(size) + " elements, but " +
                              std::to_string(content_->places.size()) + " places were given");
        for (const std::int32_t p : content_->places)
            if (p != zero && (p < 0 || static_cast<std::size_t>(p) >= stored))
                throw shape_error("index_embedding: place " + std::to_string(p) + " is not among the " +
                                  std::to_string(stored) + " stored numbers");
    }

    /// Stored number k goes to element support[k] of the tensor, counted row-major; all others are 0. Throws shape_error
    /// for an element outside the tensor or named twice, and for a tensor of more than 2^31 - 1 elements.
    static index_embedding scatter(std::vector<std::size_t> shape, std::span<const std::size_t> support) {
        const std::size_t size = volume(shape);
        std::vector<std::int32_t> places(size, zero);
        for (std::size_t k = 0; k < support.size(); ++k) {
            if (support[k] >= size)
                throw shape_error("the support names element " + std::to_string(support[k]) + " of a tensor of " +
                                  std::to_string(size));
            if (places[support[k]] != zero)
                throw shape_error("the support names element " + std::to_string(support[k]) + " twice");
            places[support[k]] = static_cast<std::int32_t>(k);
        }
        return {support.size(), std::move(shape), std::move(places)};
    }
    /// n(n + 1)/2 numbers, the lower triangle row by row, to the symmetric n x n matrix. Throws shape_error for one of more
    /// than 2^31 - 1 elements.
    static index_embedding symmetric(std::size_t n) { return triangle(n, true); }
    /// The same to the lower-triangular matrix.
    static index_embedding lower_triangular(std::size_t n) { return triangle(n, false); }
    /// Of a matrix (rows, columns) the window of this shape whose first element is (row, column) of the matrix; what lies
    /// outside of it is 0: pads and slices. Throws shape_error where either has more than 2^31 - 1 elements.
    static index_embedding window(std::array<std::size_t, 2> matrix, std::array<std::size_t, 2> shape,
                                  std::array<std::ptrdiff_t, 2> first = {}) {
        const std::size_t stored = volume(matrix);
        std::vector<std::int32_t> places;
        places.reserve(volume(shape));
        const auto [rows, columns] = matrix;
        for (std::size_t r = 0; r < shape[0]; ++r)
            for (std::size_t c = 0; c < shape[1]; ++c) {
                const auto i = static_cast<std::size_t>(first[0] + static_cast<std::ptrdiff_t>(r));
                const auto j = static_cast<std::size_t>(first[1] + static_cast<std::ptrdiff_t>(c));
                places.push_back(i < rows && j < columns ? static_cast<std::int32_t>(i * columns + j) : zero);
            }
        return {stored, {shape[0], shape[1]}, std::move(places)};
    }

    std::size_t stored() const { return content_->stored; }
    const std::vector<std::size_t>& shape() const { return content_->shape; }
    std::span<const std::int32_t> places() const { return content_->places; }

private:
    struct content {
        std::size_t stored;
        std::vector<std::size_t> shape;
        std::vector<std::int32_t> places;
    };

    /// The number of elements, of which places are 32-bit numbers.
    static std::size_t volume(std::span<const std::size_t> shape) {
        std::size_t size = 1;
        for (const std::size_t e : shape) {
            if (e != 0 && size > std::size_t{INT_MAX} / e)
                throw shape_error("index_embedding: a tensor of shape " + to_string(geometry::row_major(shape)) +
                                  " has more than 2^31 - 1 elements");
            size *= e;
        }
        return size;
    }

    static index_embedding triangle(std::size_t n, bool mirrored) {
        std::vector<std::int32_t> places(volume(std::array{n, n}), zero);
        std::int32_t k = 0;
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j <= i; ++j, ++k) {
                places[i * n + j] = k;
                if (mirrored) places[j * n + i] = k;
            }
        return {static_cast<std::size_t>(k), {n, n}, std::move(places)};
    }

    std::shared_ptr<const content> content_;  // copies share the table
};

}  // namespace xtn
