// SPDX-License-Identifier: BSD-3-Clause
// A contraction tree of up to 16 operands, and what searches for one compute with: label sets of the operands, volumes of sets,
// the time of a step.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <xtn/core/extents.hpp>
#include <xtn/core/network.hpp>
#include <xtn/plan/cost.hpp>

namespace xtn {

/// A contraction order in single-assignment form: step i contracts tensors left[i] and right[i] to tensor operands + i.
/// Tensors 0 .. operands-1 are the operands themselves.
struct contraction_tree {
    std::array<std::uint8_t, max_operands> left{}, right{};
    std::uint8_t steps = 0;
    double seconds = 0;  ///< predicted by the cost model
    double flops = 0;    ///< additions and multiplications

    constexpr void add(std::size_t l, std::size_t r) {
        left[steps] = static_cast<std::uint8_t>(l);
        right[steps] = static_cast<std::uint8_t>(r);
        ++steps;
    }
};

namespace detail {

/// Product of the extents in a set, by a table look-up for every eight labels.
class volumes {
public:
    constexpr volumes(const label_extents& extent, std::size_t labels) : parts_((labels + 7) / 8) {
        for (std::size_t part = 0; part < parts_; ++part) {
            table_[part][0] = 1;
            const std::size_t used = labels - 8 * part < 8 ? labels - 8 * part : 8;
            for (unsigned m = 1; m < (1u << used); ++m)
                table_[part][m] = table_[part][m & (m - 1)] *
                                  static_cast<double>(extent[8 * part + static_cast<std::size_t>(std::countr_zero(m))]);
        }
    }
    constexpr double operator()(label_set s) const {
        double v = 1;
        for (std::size_t part = 0; part < parts_; ++part, s >>= 8) v *= table_[part][s & 255];
        return v;
    }

private:
    std::size_t parts_;
    std::array<std::array<double, 256>, max_labels / 8> table_{};
};

/// The label sets that an order depends on: what each operand shows to the others once its private labels are summed.
struct network_sets {
    std::array<label_set, max_operands> operand{};
    label_set output = 0;
    std::size_t operands = 0;

    constexpr explicit network_sets(const network& net) : output(net.output.set()), operands(net.operands) {
        for (std::size_t i = 0; i < operands; ++i) {
            label_set others = output;
            for (std::size_t j = 0; j < operands; ++j)
                if (j != i) others |= net.operand[j].set();
            operand[i] = net.operand[i].set() & others;
        }
    }
};

/// Seconds of contracting tensors of volumes a and b to volume c, where all labels touched have volume `touched`.
constexpr double step_seconds(const cost_model& model, double a, double b, double c, double touched) {
    return touched == 0 ? 0 : model.kernel(a, b, c, touched) + model.touch(a + b + c);
}

}  // namespace detail

}  // namespace xtn
