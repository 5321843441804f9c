// SPDX-License-Identifier: BSD-3-Clause
// Symmetric operators: one number for each pair of indices, or the Gram form of a factor,
//
//     W[i, j] = W[j, i] = w[max(i, j), min(i, j)],        W = T T^T,   W[i, j] = sum_r T[i, r] T[j, r].
//
// Both store each number once; the gradient of an off-diagonal number is the sum over its two places, and that of T the
// sum over its two occurrences.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include <xtn/op/apply.hpp>

namespace xtn {

/// A symmetric n x n matrix of n(n + 1)/2 parameters: the lower triangle row by row.
template <scalar T>
class symmetric : public any_operator<T> {
public:
    /// Zeros.
    explicit symmetric(std::size_t n) : symmetric(index_embedding::symmetric(n)) {}
    /// This triangle. Throws shape_error where it has another number of elements.
    symmetric(std::size_t n, const parameter<T>& triangle) : symmetric(index_embedding::symmetric(n), triangle) {}
    /// The nearest symmetric matrix, (W + W^T) / 2. Throws shape_error unless W is square.
    template <class E>
    static symmetric from_dense(const xt::xexpression<E>& w) {
        const xt::xtensor<T, 2> matrix = w;
        const std::size_t n = matrix.shape(0);
        if (matrix.shape(1) != n)
            throw shape_error("symmetric::from_dense: the matrix must be square, not " + std::to_string(n) + " x " +
                              std::to_string(matrix.shape(1)));
        symmetric result(n);
        T* to = result.triangle().data();
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j <= i; ++j) *to++ = (matrix(i, j) + matrix(j, i)) / T(2);
        return result;
    }

    const parameter<T>& triangle() const { return this->parameters()[0].value; }

private:
    explicit symmetric(const index_embedding& both) : symmetric(both, parameter<T>(std::vector{both.stored()})) {}
    symmetric(const index_embedding& both, const parameter<T>& triangle)
        : any_operator<T>({"oi", "o", "i", {{triangle, both}}}, {{"triangle", triangle}}) {}
};

/// W = T T^T of a factor T (n x rank): symmetric, and positive semidefinite for real numbers.
template <scalar T>
class gram : public any_operator<T> {
public:
    /// Zeros. A rank beyond n is n. Throws shape_error for a rank of 0.
    gram(std::size_t n, std::size_t rank) : gram(parameter<T>(std::vector{n, std::min(n, rank)})) {}
    explicit gram(const parameter<T>& root) : any_operator<T>({"or,ir", "o", "i", {root, root}}, {{"root", root}}) {}

    const parameter<T>& root() const { return this->parameters()[0].value; }
};

}  // namespace xtn
