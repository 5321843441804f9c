// SPDX-License-Identifier: BSD-3-Clause
// What the planner expects an operator to cost, and whether a matrix that many calls share is worth reconstructing.
#pragma once

#include <cstddef>
#include <vector>

#include <xtn/op/apply.hpp>
#include <xtn/plan/cost.hpp>
#include <xtn/plan/order.hpp>

namespace xtn {

/// What the planner expects the multiplication of `rows` rows to cost, in seconds: through the factors (of which it has
/// `flops`), and through the matrix; reconstructing that comes on top once.
struct apply_cost {
    double through_factors, through_matrix, reconstruct, flops;
};
/// The cost of apply() for so many rows.
template <linear_operator O, class T = typename O::value_type>
apply_cost cost_of_apply(const O& op, std::size_t rows) {
    const operator_network<T>& net = op.network();
    constexpr cost_model model = cost_model::of<T>();
    const double m = static_cast<double>(rows), n = static_cast<double>(net.out()), k = static_cast<double>(net.in());
    apply_cost cost{0, model.gemm(m, n, k) + model.touch(m * k + k * n + m * n), 0, 0};
    for (const operator_term<T>& term : net.terms()) {
        const auto embeddings = [&](const std::vector<factor<T>>& factors) {
            double seconds = 0;
            for (const factor<T>& f : factors)
                if (!f.is_plain()) seconds += model.touch(2 * static_cast<double>(f.size()));
            return seconds;
        };
        const auto order = [&](const network& labels, std::vector<geometry> shapes,
                               const std::vector<factor<T>>& factors) {
            for (const factor<T>& f : factors) shapes.push_back(geometry::row_major(f.shape()));
            return contraction_order(labels, infer_extents(labels, shapes.data()), model);
        };
        const auto apply = order(term.apply(), {detail::joined({&rows, 1}, term.in_sites())}, term.factors());
        cost.through_factors += embeddings(term.factors()) + apply.seconds;
        cost.flops += apply.flops;
        cost.reconstruct += embeddings(term.dense_factors()) + order(term.dense(), {}, term.dense_factors()).seconds;
    }
    return cost;
}

/// Whether `calls` multiplications of `rows` rows each are cheaper with a matrix that is reconstructed once for all.
template <linear_operator O>
bool worth_reconstructing(const O& op, std::size_t rows, std::size_t calls) {
    if (op.network().is_matrix()) return false;
    const apply_cost cost = cost_of_apply(op, rows);
    const auto n = static_cast<double>(calls);
    return cost.reconstruct + n * cost.through_matrix < n * cost.through_factors;
}

}  // namespace xtn
