// SPDX-License-Identifier: BSD-3-Clause
// Symmetric operators: one number for each pair of indices, or the Gram form of a factor, which may be a lower triangle,
//
//     W[i, j] = W[j, i] = w[max(i, j), min(i, j)],        W = T T^T,   W[i, j] = sum_r T[i, r] T[j, r].
//
// All store each number once; the gradient of an off-diagonal number is the sum over its two places, and that of T the
// sum over its two occurrences.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include <xtn/op/family.hpp>

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
        : any_operator<T>({"oi", "o", "i", {{triangle, both}}}, {{"triangle", triangle}}) {
        this->describe_as("symmetric").set("n", this->out());
    }
};

/// W = T T^T of a factor T (n x rank): symmetric, and positive semidefinite for real numbers.
template <scalar T>
class gram : public any_operator<T> {
public:
    /// Zeros. A rank beyond n is n. Throws shape_error for a rank of 0.
    gram(std::size_t n, std::size_t rank) : gram(parameter<T>(std::vector{n, std::min(n, rank)})) {}
    explicit gram(const parameter<T>& root) : any_operator<T>({"or,ir", "o", "i", {root, root}}, {{"root", root}}) {
        this->describe_as("gram").set("n", this->out()).set("rank", root.shape()[1]);
    }

    const parameter<T>& root() const { return this->parameters()[0].value; }
};

/// W = L L^T of a lower triangle L of n(n + 1)/2 parameters, row by row: symmetric, and positive semidefinite for real numbers.
template <scalar T>
class cholesky : public any_operator<T> {
public:
    /// Zeros.
    explicit cholesky(std::size_t n) : cholesky(index_embedding::lower_triangular(n)) {}
    /// This triangle. Throws shape_error where it has another number of elements.
    cholesky(std::size_t n, const parameter<T>& triangle) : cholesky(index_embedding::lower_triangular(n), triangle) {}

    const parameter<T>& triangle() const { return this->parameters()[0].value; }

private:
    explicit cholesky(const index_embedding& lower) : cholesky(lower, parameter<T>(std::vector{lower.stored()})) {}
    cholesky(const index_embedding& lower, const parameter<T>& triangle)
        : any_operator<T>({"or,ir", "o", "i", {{triangle, lower}, {triangle, lower}}}, {{"triangle", triangle}}) {
        this->describe_as("cholesky").set("n", this->out());
    }
};

namespace detail {

template <scalar T>
operator_family<T> symmetric_family() {
    return {
        "symmetric",
        [](const auto& d, const auto& from, const auto&) -> any_operator<T> {
            d.require({"n"});
            const std::size_t n = d.number("n");
            return xtn::symmetric<T>(n, from("triangle", {n * (n + 1) / 2}));
        },
        [](const auto& w, const auto&, const auto&) -> any_operator<T> { return xtn::symmetric<T>::from_dense(w); }};
}

template <scalar T>
operator_family<T> gram_family() {
    return {"gram", [](const auto& d, const auto& from, const auto&) -> any_operator<T> {
                d.require({"n", "rank"});
                return xtn::gram<T>(from("root", {d.number("n"), d.number("rank")}));
            }};
}

template <scalar T>
operator_family<T> cholesky_family() {
    return {"cholesky", [](const auto& d, const auto& from, const auto&) -> any_operator<T> {
                d.require({"n"});
                const std::size_t n = d.number("n");
                return xtn::cholesky<T>(n, from("triangle", {n * (n + 1) / 2}));
            }};
}

}  // namespace detail
}  // namespace xtn
