// SPDX-License-Identifier: BSD-3-Clause
// The lower convex hull of lines first + per_row * (rows - 1) over rows >= 1: what is cheapest as a function of the batch.
#pragma once

#include <array>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace xtn {

/// Cost of something as a function of the number of rows: that of the first row, and that of every further one.
struct cost_line {
    double first = 0, per_row = 0;

    constexpr double at(double rows) const { return first + per_row * (rows - 1); }
    constexpr cost_line operator+(const cost_line& o) const { return {first + o.first, per_row + o.per_row}; }

    /// The number of rows at which a line that rises less meets this one.
    constexpr double crosses(const cost_line& o) const { return 1 + (o.first - first) / (per_row - o.per_row); }
};

namespace detail {

/// A line and where it came from.
struct hull_line : cost_line {
    std::uint16_t left = 0;  ///< operands of the left subtree
    std::uint8_t left_line = 0, right_line = 0;
};

/// Lines none of which is above the others everywhere, by rising first and falling per-row cost.
template <std::size_t Capacity>
class hull {
public:
    constexpr std::size_t size() const { return size_; }
    constexpr const hull_line& operator[](std::size_t i) const { return lines_[i]; }
    constexpr const hull_line& first() const { return lines_[0]; }
    constexpr const hull_line& last() const { return lines_[size_ - 1]; }

    /// The number of rows up to which line i is the lowest, once the hull is convex.
    constexpr double until(std::size_t i) const {
        return i + 1 == size_ ? std::numeric_limits<double>::infinity() : lines_[i].crosses(lines_[i + 1]);
    }

    /// Some line is nowhere above x.
    constexpr bool covers(const cost_line& x) const {
        for (std::size_t i = 0; i < size_; ++i)
            if (lines_[i].first <= x.first && lines_[i].per_row <= x.per_row) return true;
        return false;
    }

    /// Adds a line, and drops those above it. False, and nothing is added, if there is no room.
    constexpr bool add(const hull_line& x) {
        if (covers(x)) return true;
        std::size_t kept = 0;
        for (std::size_t i = 0; i < size_; ++i)
            if (lines_[i].first < x.first || lines_[i].per_row < x.per_row) lines_[kept++] = lines_[i];
        size_ = kept;
        if (size_ == Capacity) {
            keep_convex();
            if (size_ == Capacity) return false;
        }
        std::size_t at = size_++;
        for (; at > 0 && lines_[at - 1].first > x.first; --at) lines_[at] = lines_[at - 1];
        lines_[at] = x;
        return true;
    }

    /// Drops lines that are the lowest nowhere up to the largest extent there is.
    constexpr void keep_convex() {
        std::size_t n = 0;
        for (std::size_t i = 0; i < size_; ++i) {
            const hull_line x = lines_[i];
            while (n > 1 && above_crossing(lines_[n - 2], lines_[n - 1], x)) --n;
            if (n == 0 || lines_[n - 1].crosses(x) < INT_MAX) lines_[n++] = x;
        }
        size_ = n;
    }

private:
    /// y is nowhere below both x and z (first rows cost more from x to z).
    static constexpr bool above_crossing(const cost_line& x, const cost_line& y, const cost_line& z) {
        return (y.first - x.first) * (z.per_row - x.per_row) <= (z.first - x.first) * (y.per_row - x.per_row);
    }

    std::array<hull_line, Capacity> lines_{};
    std::size_t size_ = 0;
};

}  // namespace detail
}  // namespace xtn
