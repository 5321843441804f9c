// SPDX-License-Identifier: BSD-3-Clause
// The low-rank operator: W[o, i] = sum_r left[o, r] right[r, i].
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <xtn/op/apply.hpp>
#include <xtn/tt/svd.hpp>

namespace xtn {

/// Rank is static or xtn::dynamic.
template <scalar T, std::size_t Rank = dynamic>
class low_rank {
public:
    using value_type = T;

    /// Zeros.
    low_rank(std::size_t out, std::size_t in, std::size_t rank = Rank)
        : low_rank(parameter<T>(std::vector{out, rank}), parameter<T>(std::vector{rank, in})) {}
    /// The factors left (out x rank) and right (rank x in).
    low_rank(parameter<T> left, parameter<T> right)
        : left_(left), right_(right), network_("or,ri", "o", "i", {left, right}) {
        if (Rank != dynamic && this->rank() != Rank)
            throw shape_error("low_rank: the rank is fixed to " + std::to_string(Rank) + ", but the factors have " +
                              std::to_string(this->rank()));
    }
    /// The best approximation of that rank in the Frobenius norm (Eckart & Young 1936), the singular values shared
    /// evenly by both factors.
    template <class E>
    static low_rank from_dense(const xt::xexpression<E>& w, std::size_t rank = Rank) {
        const xt::xtensor<T, 2> matrix = w;
        const std::size_t out = matrix.shape()[0], in = matrix.shape()[1];
        const tt::svd_result<T> svd = tt::svd(matrix);
        low_rank result(out, in, rank);
        for (std::size_t r = 0; r < std::min(rank, svd.s.size()); ++r) {
            const T root = std::sqrt(svd.s[r]);
            for (std::size_t o = 0; o < out; ++o) result.left_.values()[o * rank + r] = svd.u(o, r) * root;
            for (std::size_t i = 0; i < in; ++i) result.right_.values()[r * in + i] = svd.vt(r, i) * root;
        }
        return result;
    }

    std::size_t out() const { return network_.out(); }
    std::size_t in() const { return network_.in(); }
    std::size_t rank() const { return left_.shape()[1]; }
    const operator_network<T>& network() const { return network_; }
    std::vector<named_parameter<T>> parameters() const { return {{"left", left_}, {"right", right_}}; }
    xt::xtensor<T, 2> to_dense() const { return xtn::to_dense(*this); }

private:
    parameter<T> left_, right_;
    operator_network<T> network_;
};

}  // namespace xtn
