// SPDX-License-Identifier: BSD-3-Clause
// The contraction order: which two tensors are contracted next, until one is left.
//
// Up to 8 operands the search is exact: a dynamic programme over subsets of operands (Held-Karp style; for tensor
// networks Pfeifer, Haegeman and Verstraete, Phys. Rev. E 90, 033315, 2014) that considers every tree, bushy ones and
// outer products included. Beyond, the same over subsets that hang together: all of them at run time (connected_order.hpp),
// those that are cheap enough at compile time (capped_order.hpp). The greedy order takes the cheapest pair by cost - the
// step's own time less what the merge frees - first, as in opt_einsum. With one extent open, the batch, a tree costs
// first + per_row * (rows - 1), and the search keeps the lower convex hull of these lines instead of one optimum: the
// envelope (envelope.hpp). All of it runs at compile time and at run time.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>

#include <xtn/core/extents.hpp>
#include <xtn/core/network.hpp>
#include <xtn/plan/capped_order.hpp>
#include <xtn/plan/connected_order.hpp>
#include <xtn/plan/cost.hpp>
#include <xtn/plan/hull.hpp>
#include <xtn/plan/tree.hpp>

namespace xtn {

inline constexpr std::size_t max_exact_operands = 8;  ///< beyond, orders with outer products are not looked at

namespace detail {

/// The volume of a tensor with one row and with two: the line over the rows that it is.
struct sized {
    double one = 1, two = 1;
};

/// Ways to run one step, as lines over the rows: the faster kernel may change with the batch.
class step_lines {
public:
    /// C = A B, and where their gradients are wanted dA = dC B^T and dB = A^T dC, which touch the same labels.
    constexpr step_lines(const cost_model& model, sized a, sized b, sized c, sized touched, bool gradient_a,
                         bool gradient_b) {
        if (touched.one == 0) return;
        const double kernels = 1. + (gradient_a ? 1 : 0) + (gradient_b ? 1 : 0);
        lines_[0] = line(kernels * model.touch(a.one + b.one + c.one), kernels * model.touch(a.two + b.two + c.two));
        add(model, a, b, c, touched);
        if (gradient_a) add(model, c, b, a, touched);
        if (gradient_b) add(model, a, c, b, touched);
    }
    constexpr const cost_line* begin() const { return lines_.data(); }
    constexpr const cost_line* end() const { return lines_.data() + size_; }

private:
    static constexpr cost_line line(double one, double two) { return {one, two - one}; }

    constexpr void add(const cost_model& model, sized a, sized b, sized c, sized touched) {
        const cost_line gemm =
            line(model.gemm(a.one, b.one, c.one, touched.one), model.gemm(a.two, b.two, c.two, touched.two));
        const cost_line product = line(model.product(2 * touched.one), model.product(2 * touched.two));
        const bool gemm_only = gemm.first <= product.first && gemm.per_row <= product.per_row;
        const bool product_only = !gemm_only && product.first <= gemm.first && product.per_row <= gemm.per_row;
        const std::size_t before = size_;
        for (std::size_t i = 0; i < before; ++i) {
            const cost_line base = lines_[i];
            lines_[i] = base + (product_only ? product : gemm);
            if (!gemm_only && !product_only) lines_[size_++] = base + product;
        }
    }

    std::array<cost_line, 8> lines_{};
    std::size_t size_ = 1;
};

/// For every subset of operands, as a bit mask, the labels that are still needed outside it.
constexpr std::array<label_set, std::size_t{1} << max_exact_operands> open_labels(const network_sets& net) {
    std::array<label_set, std::size_t{1} << max_exact_operands> all_labels{}, open{};
    const unsigned all = (1u << net.operands) - 1;
    for (unsigned s = 1; s <= all; ++s)
        all_labels[s] = all_labels[s & (s - 1)] | net.operand[static_cast<std::size_t>(std::countr_zero(s))];
    for (unsigned s = 1; s <= all; ++s) open[s] = all_labels[s] & (net.output | all_labels[all ^ s]);
    return open;
}

/// The exact search: for every subset of operands the hull of its trees. A hull is closed under what the recursion
/// does: the sums of two hulls, plus a step, and the hull again.
template <std::size_t Lines>
class subset_search {
public:
    /// `volume` has one row, `batch` holds the batch label or nothing.
    constexpr subset_search(const network_sets& net, const volumes& volume, const cost_model& model, label_set batch,
                            label_set gradients)
        : open_(open_labels(net)), operands_(net.operands), all_((1u << net.operands) - 1) {
        const auto sized_as = [&](label_set s) {
            const double v = volume(s);
            return sized{v, (s & batch) != 0 ? 2 * v : v};
        };
        std::array<sized, subsets> size{};
        for (unsigned s = 1; s <= all_; ++s) size[s] = sized_as(open_[s]);
        const auto join = [&](unsigned s, unsigned left) {
            const unsigned right = s ^ left;
            const hull<Lines>&l = best_[left], &r = best_[right];
            if (best_[s].covers({l.first().first + r.first().first, l.last().per_row + r.last().per_row})) return;
            const step_lines step(model, size[left], size[right], size[s], sized_as(open_[left] | open_[right]),
                                  (gradients & left) != 0, (gradients & right) != 0);
            for (std::size_t i = 0, j = 0; i < l.size() && j < r.size();) {  // the pieces of the sum of two hulls
                for (const cost_line& line : step)
                    complete_ = best_[s].add({l[i] + r[j] + line, static_cast<std::uint16_t>(left),
                                              static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(j)}) &&
                                complete_;
                ++(l.until(i) <= r.until(j) ? i : j);
            }
        };
        for (unsigned s = 1; s <= all_; ++s) {
            if (std::has_single_bit(s)) {
                best_[s].add({});
                continue;
            }
            const unsigned first = s & (0u - s), rest = s ^ first;  // the left subtree holds the first operand
            for (unsigned r = (rest - 1) & rest;; r = (r - 1) & rest) {
                join(s, first | r);
                if (r == 0) break;
            }
            best_[s].keep_convex();
        }
    }

    /// False if some hull had more lines than there was room for; the trees are then good, not best.
    constexpr bool complete() const { return complete_; }
    constexpr std::size_t size() const { return best_[all_].size(); }
    constexpr cost_line cost(std::size_t i) const { return best_[all_][i]; }

    /// Tree i of the hull. Flops and seconds are those of `rows` rows.
    constexpr contraction_tree tree(std::size_t i, const volumes& volume, label_set batch, double rows) const {
        contraction_tree t;
        t.seconds = best_[all_][i].at(rows);
        append(t, all_, i, volume, batch, rows);
        return t;
    }

private:
    static constexpr std::size_t subsets = std::size_t{1} << max_exact_operands;

    /// Appends the steps of one subset, children first; returns its tensor.
    constexpr std::size_t append(contraction_tree& t, unsigned s, std::size_t line, const volumes& volume,
                                 label_set batch, double rows) const {
        if (std::has_single_bit(s)) return static_cast<std::size_t>(std::countr_zero(s));
        const hull_line& l = best_[s][line];
        const unsigned right = s ^ l.left;
        const std::size_t a = append(t, l.left, l.left_line, volume, batch, rows);
        const std::size_t b = append(t, right, l.right_line, volume, batch, rows);
        const label_set touched = open_[l.left] | open_[right];
        t.add(a, b);
        t.flops += 2 * volume(touched) * ((touched & batch) != 0 ? rows : 1);
        return operands_ + t.steps - 1u;
    }

    std::array<label_set, subsets> open_;
    std::array<hull<Lines>, subsets> best_{};
    std::size_t operands_;
    unsigned all_;
    bool complete_ = true;
};

constexpr contraction_tree exact_order(const network_sets& net, const volumes& volume, const cost_model& model,
                                       label_set gradients = 0) {
    return subset_search<1>(net, volume, model, 0, gradients).tree(0, volume, 0, 1);
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
                const double score = seconds + model.touch(vc) - model.touch(va + vb);
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

/// The best order for these extents, if a compiler can find it: of up to 8 operands always; beyond, without outer products, if
/// few enough parts of the network are worth looking at (capped_order.hpp). `gradients`, a bit for each operand whose gradient
/// will be wanted, makes it that of forward and pullback together.
constexpr std::optional<contraction_tree> compiled_order(const network& net, const label_extents& extent,
                                                         const cost_model& model = {}, label_set gradients = 0) {
    const detail::network_sets sets(net);
    const detail::volumes volume(extent, net.labels);
    if (net.operands <= max_exact_operands) return detail::exact_order(sets, volume, model, gradients);
    const double greedy = detail::greedy_order(sets, volume, model).seconds;
    return detail::capped_search(sets, volume, model, gradients).best(greedy);
}

/// The best order found for these extents: exact for up to 8 operands; beyond, at run time, the best without outer products or
/// the greedy one, whichever is cheaper; at compile time what the compiler finds (compiled_order), else the greedy one.
constexpr contraction_tree contraction_order(const network& net, const label_extents& extent,
                                             const cost_model& model = {}, label_set gradients = 0) {
    if (std::is_constant_evaluated() || net.operands <= max_exact_operands)
        if (const auto best = compiled_order(net, extent, model, gradients)) return *best;
    const detail::network_sets sets(net);
    const detail::volumes volume(extent, net.labels);
    const contraction_tree greedy = detail::greedy_order(sets, volume, model);
    if (std::is_constant_evaluated()) return greedy;
    const contraction_tree connected = detail::connected_search(sets, volume, model, gradients).tree();
    return gradients == 0 && greedy.seconds < connected.seconds ? greedy : connected;
}

}  // namespace xtn
