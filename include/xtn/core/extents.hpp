// SPDX-License-Identifier: BSD-3-Clause
// Extents: how long each axis and each label is, and the checks that the operands of a network agree.
#pragma once

#include <array>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <xtn/core/error.hpp>
#include <xtn/core/labels.hpp>
#include <xtn/core/network.hpp>

namespace xtn {

/// Marks an extent, bond or rank that is known at run time only.
inline constexpr std::size_t dynamic = static_cast<std::size_t>(-1);

/// The extent of every label of a network.
using label_extents = std::array<std::int64_t, max_labels>;

/// Shape and strides (in elements) of a tensor in memory.
struct geometry {
    std::size_t rank = 0;
    std::array<std::int64_t, max_rank> extent;
    std::array<std::int64_t, max_rank> stride;

    geometry() = default;

    /// A row-major tensor of these extents (any range of integers). Strides wrap where no memory could hold the tensor: an
    /// error's text may still name its shape.
    template <class Extents>
    static geometry row_major(const Extents& extents) {
        geometry g;
        for (const auto e : extents) {
            if (g.rank == max_rank) throw shape_error("a tensor has at most 32 axes");
            g.extent[g.rank++] = static_cast<std::int64_t>(e);
        }
        std::uint64_t volume = 1;
        for (std::size_t i = g.rank; i-- > 0; volume *= static_cast<std::uint64_t>(g.extent[i]))
            g.stride[i] = static_cast<std::int64_t>(volume);
        return g;
    }

    std::span<const std::int64_t> extents() const { return {extent.data(), rank}; }
    std::span<const std::int64_t> strides() const { return {stride.data(), rank}; }

    std::int64_t volume() const {
        std::int64_t v = 1;
        for (std::size_t i = 0; i < rank; ++i) v *= extent[i];
        return v;
    }
};

/// The shape as text: "(3, 4)".
inline std::string to_string(const geometry& g) {
    std::string s = "(";
    for (std::size_t i = 0; i < g.rank; ++i) s += (i == 0 ? "" : ", ") + std::to_string(g.extent[i]);
    return s + ")";
}

/// The extent of every label, from the shapes of the operands. Throws shape_error naming label, operands and extents
/// where they disagree, a rank differs from the number of labels, or an extent exceeds what a BLAS can index.
inline label_extents infer_extents(const network& net, const geometry* operands) {
    label_extents extent{};
    std::array<std::size_t, max_labels> seen_in{};  // operand, counted from 1
    for (std::size_t i = 0; i < net.operands; ++i) {
        const axes& a = net.operand[i];
        const geometry& g = operands[i];
        const auto where = [&] { return "einsum \"" + to_string(net) + "\": operand " + std::to_string(i); };
        if (g.rank != a.rank())
            throw shape_error(where() + " has the labels \"" + to_string(net, a) + "\", so it needs " +
                              std::to_string(a.rank()) + " axes, but its shape is " + to_string(g));
        for (std::size_t axis = 0; axis < a.rank(); ++axis) {
            const label l = a[axis];
            const std::int64_t e = g.extent[axis];
            if (e > INT_MAX)
                throw shape_error(where() + ": the extent " + std::to_string(e) + " of label '" + net.name[l] +
                                  "' exceeds what a BLAS can index (" + std::to_string(INT_MAX) + ")");
            if (seen_in[l] != 0 && extent[l] != e)
                throw shape_error(where() + " has extent " + std::to_string(e) + " for label '" + net.name[l] +
                                  "', but operand " + std::to_string(seen_in[l] - 1) + " has " +
                                  std::to_string(extent[l]));
            extent[l] = e;
            if (seen_in[l] == 0) seen_in[l] = i + 1;
        }
    }
    return extent;
}

/// The shape of the result, row-major.
inline geometry output_geometry(const network& net, const label_extents& extent) {
    std::array<std::int64_t, max_rank> shape{};
    const std::size_t rank = net.output.rank();
    for (std::size_t i = 0; i < rank; ++i) shape[i] = extent[net.output[i]];
    geometry g;
    g.rank = rank;
    std::int64_t volume = 1;
    for (std::size_t i = rank; i-- > 0; volume *= shape[i]) {
        g.extent[i] = shape[i];
        g.stride[i] = volume;
    }
    return g;
}

}  // namespace xtn
