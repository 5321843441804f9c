// SPDX-License-Identifier: BSD-3-Clause
// A factorised linear map as tensor networks over its parameters: a sum of terms, mostly of one. Everything an operator
// can do is derived from it (op/apply.hpp, op/algebra.hpp, init/normal.hpp).
//
// The matrix of an operator, W (out x in), acts as y = x W^T. Its network names the labels of the factors, of the out
// index and of the in index, for instance W[o, i] = sum_r left[o, r] right[r, i]:
//
//     operator_network<T>("or,ri", "o", "i", {left, right})
//
// An out or in index with several labels is their row-major product, first label most significant.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <xtn/op/term.hpp>

namespace xtn {

/// The networks of a factorised matrix, one for each term of a sum. Copies share it.
template <scalar T>
class operator_network {
public:
    /// One term that fills the matrix. Throws shape_error where a label string is faulty or the factors do not fit it.
    operator_network(const std::string& factors, const std::string& out, const std::string& in,
                     std::vector<factor<T>> operands)
        : operator_network(operator_term<T>({split(factors), out, in}, std::move(operands))) {}
    explicit operator_network(const operator_term<T>& term)
        : operator_network(std::vector{term}, term.at().rows, term.at().columns) {}
    /// The sum of these terms in an out x in matrix. No term at all is 0. Throws shape_error for a term that does not lie in
    /// the matrix, and for a matrix without rows or columns.
    operator_network(std::vector<operator_term<T>> terms, std::size_t out, std::size_t in)
        : content_(std::make_shared<const content>(std::move(terms), out, in)) {}

    const std::vector<operator_term<T>>& terms() const { return content_->terms; }
    std::size_t out() const { return content_->out; }
    std::size_t in() const { return content_->in; }
    /// The same for all copies of this network.
    const void* id() const { return content_.get(); }

    /// Whether a term is as large as the matrix.
    bool fills(const operator_term<T>& t) const { return t.out() == out() && t.in() == in(); }
    /// Whether the matrix is one stored tensor, so that there is nothing to reconstruct.
    bool is_matrix() const {
        return terms().size() == 1 && terms()[0].dense_factors().size() == 1 && terms()[0].factors()[0].is_plain() &&
               fills(terms()[0]);
    }

private:
    struct content {
        std::vector<operator_term<T>> terms;
        std::size_t out, in;
        content(std::vector<operator_term<T>> all, std::size_t rows, std::size_t columns)
            : terms(std::move(all)), out(rows), in(columns) {
            if (out == 0 || in == 0)
                throw shape_error("operator network: the matrix is " + std::to_string(out) + " x " +
                                  std::to_string(in) + ", but needs at least one row and one column");
            const auto lies = [](std::size_t first, std::size_t count, std::size_t of) {
                return count <= of && first <= of - count;
            };
            for (const operator_term<T>& t : terms)
                if (!lies(t.at().row, t.at().rows, out) || !lies(t.at().column, t.at().columns, in))
                    throw shape_error("operator network: the term \"" + t.labels().joined() + "\" shows " +
                                      std::to_string(t.at().rows) + " x " + std::to_string(t.at().columns) +
                                      " elements from (" + std::to_string(t.at().row) + ", " +
                                      std::to_string(t.at().column) + ") on, beyond a matrix of " +
                                      std::to_string(out) + " x " + std::to_string(in));
        }
    };
    /// "or,ri" -> "or", "ri"; blanks do not count.
    static std::vector<std::string> split(const std::string& text) {
        std::vector<std::string> parts(1);
        for (const char c : text) {
            if (c == ',')
                parts.emplace_back();
            else if (c != ' ')
                parts.back() += c;
        }
        return parts;
    }

    std::shared_ptr<const content> content_;
};

}  // namespace xtn
