// SPDX-License-Identifier: BSD-3-Clause
// The contraction order: which two tensors are contracted next, until one is left.
//
// Up to 8 operands the search is exact: a dynamic programme over subsets of operands (Held-Karp style; for tensor
// networks Pfeifer, Haegeman and Verstraete, Phys. Rev. E 90, 033315, 2014) that considers every tree, bushy ones and
// outer products included. Beyond, the cheapest pair by cost - the step's own time less what the merge frees - goes
// first (greedy, as in opt_einsum). Both run at compile time and at run time.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <xtn/core/extents.hpp>
#include <xtn/core/network.hpp>
#include <xtn/plan/cost.hpp>

namespace xtn {

inline constexpr std::size_t max_exact_operands = 8;

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
    return touched == 0 ? 0 : model.kernel(a, b, c, touched) + model.move(a + b + c);
}

constexpr contraction_tree exact_order(const network_sets& net, const volumes& volume, const cost_model& model) {
    constexpr std::size_t subsets = std::size_t{1} << max_exact_operands;
    const unsigned all = (1u << net.operands) - 1;
    std::array<label_set, subsets> labels{}, open{};  // of a subset: all its labels; those still needed outside it
    std::array<double, subsets> size{}, best{};
    std::array<std::uint8_t, subsets> split{};
    for (unsigned s = 1; s <= all; ++s)
        labels[s] = labels[s & (s - 1)] | net.operand[static_cast<std::size_t>(std::countr_zero(s))];
    for (unsigned s = 1; s <= all; ++s) {
        open[s] = labels[s] & (net.output | labels[all ^ s]);
        size[s] = volume(open[s]);
    }
    for (unsigned s = 1; s <= all; ++s) {
        if (std::has_single_bit(s)) continue;
        best[s] = -1;
        const unsigned first = s & (0u - s), rest = s ^ first;  // the left subtree holds the first operand
        for (unsigned r = (rest - 1) & rest;; r = (r - 1) & rest) {
            const unsigned left = first | r, right = s ^ left;
            const double seconds =
                best[left] + best[right] +
                step_seconds(model, size[left], size[right], size[s], volume(open[left] | open[right]));
            if (best[s] < 0 || seconds < best[s]) {
                best[s] = seconds;
                split[s] = static_cast<std::uint8_t>(left);
            }
            if (r == 0) break;
        }
    }

    contraction_tree tree;
    tree.seconds = best[all];
    // Subsets in the order in which they are built: children before parents, by an explicit stack.
    std::array<unsigned, 2 * max_exact_operands> stack{};
    std::array<std::uint8_t, subsets> tensor{};
    std::size_t depth = 0;
    stack[depth++] = all;
    while (depth > 0) {
        const unsigned s = stack[depth - 1];
        if (std::has_single_bit(s)) {
            tensor[s] = static_cast<std::uint8_t>(std::countr_zero(s) + 1);
            --depth;
            continue;
        }
        const unsigned left = split[s], right = s ^ left;
        if (tensor[left] == 0) {
            stack[depth++] = left;
        } else if (tensor[right] == 0) {
            stack[depth++] = right;
        } else {
            tree.add(tensor[left] - 1u, tensor[right] - 1u);
            tree.flops += 2 * volume(open[left] | open[right]);
            tensor[s] = static_cast<std::uint8_t>(net.operands + tree.steps);
            --depth;
        }
    }
    return tree;
}

constexpr contraction_tree greedy_order(const network_sets& net, const volumes& volume, const cost_model& model) {
    contraction_tree tree;
    std::array<label_set, 2 * max_operands> open{};
    std::array<std::uint8_t, max_operands> alive{};  // tensors not contracted yet
    std::size_t count = net.operands;
    for (std::size_t i = 0; i < max_operands; ++i) {  // a constant bound: g++ 12 warns of an overflow otherwise
        open[i] = net.operand[i];
        alive[i] = static_cast<std::uint8_t>(i);
    }
    while (count > 1) {
        std::size_t best_i = 0, best_j = 1;
        double best_score = 0, best_seconds = 0;
        label_set best_open = 0;
        bool found = false;
        for (std::size_t i = 0; i < count; ++i)
            for (std::size_t j = i + 1; j < count; ++j) {
                const label_set a = open[alive[i]], b = open[alive[j]];
                label_set needed = net.output;
                for (std::size_t o = 0; o < count; ++o)
                    if (o != i && o != j) needed |= open[alive[o]];
                const label_set c = (a | b) & needed;
                const double va = volume(a), vb = volume(b), vc = volume(c);
                const double seconds = step_seconds(model, va, vb, vc, volume(a | b));
                const double score = seconds + model.move(vc) - model.move(va + vb);
                if (!found || score < best_score) {
                    found = true;
                    best_i = i;
                    best_j = j;
                    best_score = score;
                    best_seconds = seconds;
                    best_open = c;
                }
            }
        tree.flops += 2 * volume(open[alive[best_i]] | open[alive[best_j]]);
        tree.seconds += best_seconds;
        tree.add(alive[best_i], alive[best_j]);
        const std::size_t made = net.operands + tree.steps - 1u;
        open[made] = best_open;
        alive[best_i] = static_cast<std::uint8_t>(made);
        alive[best_j] = alive[--count];
    }
    return tree;
}

}  // namespace detail

/// The best order found for these extents: exact for up to 8 operands, greedy beyond.
constexpr contraction_tree contraction_order(const network& net, const label_extents& extent,
                                             const cost_model& model = {}) {
    const detail::network_sets sets(net);
    const detail::volumes volume(extent, net.labels);
    return net.operands <= max_exact_operands ? detail::exact_order(sets, volume, model)
                                              : detail::greedy_order(sets, volume, model);
}

}  // namespace xtn
