// SPDX-License-Identifier: BSD-3-Clause
// Broadcasting as in NumPy: shapes are compared from the last axis on, and an extent of 1, or no axis at all, is repeated.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <xtn/backend/strided.hpp>
#include <xtn/core/error.hpp>
#include <xtn/core/extents.hpp>

namespace xtn::detail {

/// Widens `shape` so that an operand of `other` goes with it. Throws shape_error, which names the function, where none does.
template <std::size_t Rank, std::size_t Other>
void broadcast_with(std::array<std::size_t, Rank>& shape, const std::array<std::size_t, Other>& other,
                    const char* function) {
    const std::array<std::size_t, Rank> before = shape;
    for (std::size_t i = 0; i < Other; ++i) {
        std::size_t& extent = shape[Rank - Other + i];
        if (extent == 1)
            extent = other[i];
        else if (other[i] != 1 && other[i] != extent)
            throw shape_error(std::string(function) + ": the shapes " + to_string(geometry::row_major(before)) +
                              " and " + to_string(geometry::row_major(other)) +
                              " differ; from the last axis on, extents are equal or one of them is 1");
    }
}

/// The steps of a row-major operand along the axes of the result: 0 where it is repeated.
template <std::size_t Rank>
std::array<std::size_t, Rank> steps_of(std::span<const std::size_t> operand,
                                       const std::array<std::size_t, Rank>& shape) {
    std::array<std::size_t, Rank> steps{};
    std::size_t step = 1;
    for (std::size_t i = operand.size(), axis = Rank; i-- > 0;) {
        --axis;
        steps[axis] = operand[i] == 1 && shape[axis] != 1 ? 0 : step;
        step *= operand[i];
    }
    return steps;
}

/// The loops that sum a row-major tensor of this shape over the axes where a result has step 0: the others come first, and
/// their number is `kept`.
template <std::size_t Rank>
struct summing_loops {
    std::array<loop, Rank> all{};
    std::size_t kept = 0;

    summing_loops(const std::array<std::size_t, Rank>& shape, const std::array<std::size_t, Rank>& result_steps) {
        const auto whole = steps_of<Rank>(shape, shape);
        std::size_t next = 0;
        const auto add_those = [&](bool summed) {
            for (std::size_t i = 0; i < Rank; ++i)
                if ((result_steps[i] == 0 && shape[i] != 1) == summed)
                    all[next++] = {static_cast<std::int64_t>(shape[i]), static_cast<std::int64_t>(whole[i]), 0,
                                   static_cast<std::int64_t>(result_steps[i])};
            return next;
        };
        kept = add_those(false);
        add_those(true);
    }
    /// y (=, +=) the sums of x.
    template <scalar T>
    void sum(const T* x, T* y, bool accumulate) const {
        backend::transfer<T>(all, Rank - kept, x, y, accumulate);
    }
};

/// Loops over the elements of a row-major result and of operands that are repeated along some axes, as few as possible. The
/// innermost step of each operand is 1 or 0.
template <std::size_t Rank, std::size_t Operands>
class broadcast_loops {
public:
    broadcast_loops(const std::array<std::size_t, Rank>& shape,
                    const std::array<std::array<std::size_t, Rank>, Operands>& steps) {
        for (std::size_t axis = 0; axis < Rank; ++axis) {
            if (shape[axis] == 1) continue;
            loop next{shape[axis], {}};
            for (std::size_t o = 0; o < Operands; ++o) next.step[o] = steps[o][axis];
            if (size_ > 0 && continues(loops_[size_ - 1], next)) next.extent *= loops_[--size_].extent;
            loops_[size_++] = next;
        }
    }

    /// f(place in the result, places in the operands, length) for every run of the innermost loop.
    template <class F>
    void for_each_run(F&& f) const {
        std::array<std::size_t, Operands> at{};
        if (size_ == 0) return f(std::size_t{0}, at, std::size_t{1});
        const std::size_t length = loops_[size_ - 1].extent;
        std::size_t place = 0;
        visit(0, place, at, [&](const auto& places) {
            f(place, places, length);
            place += length;
        });
    }
    /// Whether the innermost loop repeats one element of an operand.
    bool repeats(std::size_t operand) const { return size_ > 0 && loops_[size_ - 1].step[operand] == 0; }

private:
    struct loop {
        std::size_t extent = 1;
        std::array<std::size_t, Operands> step{};
    };
    static bool continues(const loop& outer, const loop& inner) {
        for (std::size_t o = 0; o < Operands; ++o)
            if (outer.step[o] != inner.step[o] * inner.extent) return false;
        return true;
    }
    template <class F>
    void visit(std::size_t level, std::size_t& place, std::array<std::size_t, Operands> at, const F& f) const {
        if (level + 1 == size_) return f(at);
        for (std::size_t i = 0; i < loops_[level].extent; ++i) {
            visit(level + 1, place, at, f);
            for (std::size_t o = 0; o < Operands; ++o) at[o] += loops_[level].step[o];
        }
    }

    std::array<loop, Rank == 0 ? 1 : Rank> loops_{};
    std::size_t size_ = 0;
};

}  // namespace xtn::detail
