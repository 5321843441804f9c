// SPDX-License-Identifier: BSD-3-Clause
// Operators made of operators: sum, product, multiple, transpose, adjoint, block-diagonal. Each is again one network (a
// sum of terms), so that the planner sees all factors at once: applying a product may contract factors of both sides
// first, or reconstruct the whole matrix, as is cheapest.
//
//     (A + B)[o, i] = A[o, i] + B[o, i]        terms of both
//     (A B)[o, i]   = sum_m A[o, m] B[m, i]    the labels of A's in index and of B's out index become one
//     (alpha A)     one more factor of rank 0
//     diag(A, B)    terms placed one behind the other
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <xtn/backend/norm.hpp>
#include <xtn/core/number.hpp>
#include <xtn/op/apply.hpp>
#include <xtn/op/term_algebra.hpp>

namespace xtn {

namespace detail {

/// An operator under construction: its parameters, each once, and what it is.
template <scalar T>
struct composition {
    operator_description description;
    std::vector<named_parameter<T>> parameters{};

    void add(const std::string& prefix, const any_operator<T>& operand) {
        description.operands.push_back(operand.description());
        for (const named_parameter<T>& p : operand.parameters()) {
            const auto is_listed = [&](const named_parameter<T>& q) { return q.value == p.value; };
            const auto listed = std::find_if(parameters.begin(), parameters.end(), is_listed);
            if (listed == parameters.end())
                parameters.push_back({prefix + p.name, p.value});
            else if (listed->name != prefix + p.name)
                description.shared.emplace(prefix + p.name, listed->name);
        }
    }
    any_operator<T> with(operator_network<T> net) && {
        return {std::move(net), std::move(parameters), std::move(description)};
    }
};

/// The network whose terms are f(term), of this shape.
template <scalar T, class F>
operator_network<T> each_term(const operator_network<T>& net, std::size_t out, std::size_t in, F f) {
    std::vector<operator_term<T>> terms;
    for (const operator_term<T>& t : net.terms()) terms.push_back(f(t));
    return {std::move(terms), out, in};
}

template <scalar T>
operator_network<T> scaled(const factor<T>& alpha, const any_operator<T>& a) {
    return each_term(a.network(), a.out(), a.in(), [&](const operator_term<T>& t) { return scaled(alpha, t); });
}
template <scalar T>
any_operator<T> transposed(const any_operator<T>& a, bool conjugate) {
    composition<T> made{{conjugate ? "adjoint" : "transposed"}};
    made.add("", a);
    return std::move(made).with(
        each_term(a.network(), a.in(), a.out(), [&](const operator_term<T>& t) { return transposed(t, conjugate); }));
}

/// A number so that it can be read without rounding; a complex one as two.
template <scalar T>
std::string exact_text(T x) {
    std::array<char, 64> text{};
    const auto write = [&](real_of<T> part) {
        return std::string(text.data(), std::to_chars(text.data(), text.data() + text.size(), part).ptr);
    };
    if constexpr (is_complex<T>)
        return write(x.real()) + " " + write(x.imag());
    else
        return write(x);
}
/// The number in a description that exact_text wrote.
template <scalar T>
T exact_number(const operator_description& d, const std::string& name) {
    const std::string& text = d.text(name);
    const std::size_t blank = is_complex<T> ? std::min(text.find(' '), text.size()) : text.size();
    const auto first = parse_number<real_of<T>>(text.substr(0, blank));
    const auto second = parse_number<real_of<T>>(blank < text.size() ? text.substr(blank + 1) : "0");
    if (!first || !second) d.refuse("expects a number as " + name + ", not \"" + text + "\"");
    if constexpr (is_complex<T>)
        return {*first, *second};
    else
        return *first;
}

}  // namespace detail

/// A + B + ...; parameters "terms.<k>.<name>". Throws shape_error where there is none, or the shapes differ.
template <scalar T>
any_operator<T> sum(const std::vector<any_operator<T>>& operands) {
    if (operands.empty()) throw shape_error("sum: at least one operator is needed");
    const std::size_t out = operands[0].out(), in = operands[0].in();
    std::vector<operator_term<T>> terms;
    detail::composition<T> made{{"sum"}};
    for (std::size_t k = 0; k < operands.size(); ++k) {
        const any_operator<T>& op = operands[k];
        if (op.out() != out || op.in() != in)
            throw shape_error("sum: operator 0 is " + std::to_string(out) + " x " + std::to_string(in) +
                              ", but operator " + std::to_string(k) + " is " + std::to_string(op.out()) + " x " +
                              std::to_string(op.in()));
        terms.insert(terms.end(), op.network().terms().begin(), op.network().terms().end());
        made.add("terms." + std::to_string(k) + ".", op);
    }
    return std::move(made).with({std::move(terms), out, in});
}

/// The same, sum(a, b, ...).
template <linear_operator First, linear_operator... Rest>
auto sum(const First& first, const Rest&... rest) {
    return sum(std::vector<any_operator<typename First::value_type>>{first, rest...});
}

/// A B: first B, then A; parameters "left.<name>" and "right.<name>". Throws shape_error where A's in is not B's out.
template <scalar T>
any_operator<T> product(const any_operator<T>& a, const any_operator<T>& b) {
    if (a.in() != b.out())
        throw shape_error("product: the left operator takes " + std::to_string(a.in()) +
                          " numbers, but the right one makes " + std::to_string(b.out()));
    std::vector<operator_term<T>> terms;
    for (const operator_term<T>& s : a.network().terms())
        for (const operator_term<T>& t : b.network().terms())
            if (s.at().column < t.at().row + t.at().rows && t.at().row < s.at().column + s.at().columns)
                terms.push_back(detail::product(s, t));
    detail::composition<T> made{{"product"}};
    made.add("left.", a);
    made.add("right.", b);
    return std::move(made).with({std::move(terms), a.out(), b.in()});
}

/// alpha A, where alpha, a parameter of one element, is trained; parameters "scale" and "operand.<name>". Throws shape_error
/// for another number of elements.
template <scalar T>
any_operator<T> scaled(const parameter<T>& alpha, const any_operator<T>& a) {
    if (alpha.size() != 1) throw shape_error("scaled: the factor is one number, not " + std::to_string(alpha.size()));
    detail::composition<T> made{operator_description{"scaled"}.set("shape", alpha.shape()), {{"scale", alpha}}};
    made.add("operand.", a);
    return std::move(made).with(detail::scaled(factor<T>(alpha), a));
}
/// alpha A; A's parameters. Throws numeric_error where alpha is not finite.
template <scalar T>
any_operator<T> scaled(std::type_identity_t<T> alpha, const any_operator<T>& a) {
    if (!backend::all_finite(std::span<const T>(&alpha, 1))) throw numeric_error("scaled: the factor is not finite");
    detail::composition<T> made{operator_description{"scaled"}.set("by", detail::exact_text<T>(alpha))};
    made.add("", a);
    return std::move(made).with(detail::scaled(factor<T>::constant(xt::xtensor<T, 1>{alpha}), a));
}

/// A^T; A's parameters.
template <scalar T>
any_operator<T> transposed(const any_operator<T>& a) {
    return detail::transposed(a, false);
}

/// A^H, the conjugate transpose; of a real operator the transpose; A's parameters.
template <scalar T>
any_operator<T> adjoint(const any_operator<T>& a) {
    return detail::transposed(a, true);
}

/// diag(A, B, ...), one behind the other; parameters "blocks.<k>.<name>". Throws shape_error where there is none.
template <scalar T>
any_operator<T> block_diagonal(const std::vector<any_operator<T>>& blocks) {
    if (blocks.empty()) throw shape_error("block_diagonal: at least one operator is needed");
    std::vector<operator_term<T>> terms;
    detail::composition<T> made{{"block_diagonal"}};
    std::size_t row = 0, column = 0;
    for (std::size_t k = 0; k < blocks.size(); ++k) {
        for (const operator_term<T>& t : blocks[k].network().terms()) terms.push_back(t.moved(row, column));
        made.add("blocks." + std::to_string(k) + ".", blocks[k]);
        row += blocks[k].out();
        column += blocks[k].in();
    }
    return std::move(made).with({std::move(terms), row, column});
}

/// The same, block_diagonal(a, b, ...).
template <linear_operator First, linear_operator... Rest>
auto block_diagonal(const First& first, const Rest&... rest) {
    return block_diagonal(std::vector<any_operator<typename First::value_type>>{first, rest...});
}

}  // namespace xtn
