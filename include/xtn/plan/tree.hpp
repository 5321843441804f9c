// SPDX-License-Identifier: BSD-3-Clause
// A contraction tree of up to 16 operands, and what searches for one compute with: label sets of the operands, volumes of sets,
// the time of a step, neighbours.
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
            double* const table = table_.data() + 256 * part;
            table[0] = 1;
            const std::size_t used = labels - 8 * part < 8 ? labels - 8 * part : 8;
            for (unsigned m = 1; m < (1u << used); ++m)
                table[m] = table[m & (m - 1)] *
                           static_cast<double>(extent[8 * part + static_cast<std::size_t>(std::countr_zero(m))]);
        }
    }
    constexpr double operator()(label_set s) const {
        double v = 1;
        for (const double *t = table_.data(), *end = t + 256 * parts_; t != end; t += 256, s >>= 8) v *= t[s & 255];
        return v;
    }

private:
    std::size_t parts_;
    std::array<double, 256 * max_labels / 8> table_{};
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

/// Seconds of contracting tensors of volumes a and b to volume c, where all labels touched have volume `touched`, and of the
/// gradients dA = dC B^T and dB = A^T dC that are wanted.
constexpr double step_seconds(const cost_model& model, double a, double b, double c, double touched,
                              bool gradient_a = false, bool gradient_b = false) {
    if (touched == 0) return 0;
    const double kernels = 1. + (gradient_a ? 1 : 0) + (gradient_b ? 1 : 0);
    double seconds = model.kernel(a, b, c, touched) + kernels * model.touch(a + b + c);
    if (gradient_a) seconds += model.kernel(c, b, a, touched);
    if (gradient_b) seconds += model.kernel(a, c, b, touched);
    return seconds;
}

/// For each operand the others that share a label with it, as bits. Of a network of several parts the first operand of each
/// part is made a neighbour of the first of the next, so that the whole hangs together.
constexpr std::array<std::uint32_t, max_operands> neighbours(const network_sets& net) {
    std::array<std::uint32_t, max_operands> found{};
    for (std::size_t i = 0; i < net.operands; ++i)
        for (std::size_t j = 0; j < net.operands; ++j)
            if (i != j && (net.operand[i] & net.operand[j]) != 0) found[i] |= std::uint32_t{1} << j;
    std::uint32_t joined = 0;
    std::size_t first = 0;
    for (std::size_t i = 0; i < net.operands; ++i) {
        if ((joined >> i & 1) != 0) continue;
        if (i > 0) {
            found[first] |= std::uint32_t{1} << i;
            found[i] |= std::uint32_t{1} << first;
        }
        first = i;
        std::uint32_t part = std::uint32_t{1} << i, grown = part;
        do {
            part = grown;
            for (std::size_t k = i; k < net.operands; ++k)
                if ((part >> k & 1) != 0) grown |= found[k];
            grown &= ~joined;
        } while (grown != part);
        joined |= part;
    }
    return found;
}

}  // namespace detail

}  // namespace xtn
