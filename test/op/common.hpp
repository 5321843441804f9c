// SPDX-License-Identifier: BSD-3-Clause
// What the tests of operators share: matrices, naive products, and one operator of each kind.
#pragma once

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <xtn/xtn.hpp>

using scalars = std::tuple<float, double, std::complex<float>, std::complex<double>>;

template <class T>
using matrix_of = xt::xtensor<T, 2>;
using matrix = matrix_of<double>;

/// What a statement about an operator holds to.
template <class T>
constexpr double tight = sizeof(xtn::real_of<T>) == 8 ? 1e-12 : 2e-4;

template <class T = double>
matrix_of<T> random_matrix(std::size_t rows, std::size_t columns, std::uint64_t seed) {
    matrix_of<T> m(std::array<std::size_t, 2>{rows, columns});
    xtn::random_stream random(seed);
    random.fill_normal(std::span<T>(m.data(), m.size()), 1.0);
    return m;
}

template <class T>
double norm(const matrix_of<T>& m) {
    double sum = 0;
    for (const T x : m) sum = std::hypot(sum, static_cast<double>(std::abs(x)));
    return sum;
}

template <class T>
T conjugate(T x) {
    if constexpr (xtn::is_complex<T>)
        return std::conj(x);
    else
        return x;
}

/// For BOOST_CHECK_EXCEPTION: the message contains this.
inline auto says(const std::string& text) {
    return [text](const std::exception& e) { return std::string(e.what()).find(text) != std::string::npos; };
}

template <class A, class B>
double difference(const A& a, const B& b) {  // max|a - b| / max|b|
    double worst = 0, scale = 0;
    BOOST_REQUIRE(a.shape() == b.shape());
    for (std::size_t i = 0; i < b.size(); ++i) {
        worst = std::max(worst, static_cast<double>(std::abs(a.flat(i) - b.flat(i))));
        scale = std::max(scale, static_cast<double>(std::abs(b.flat(i))));
    }
    return worst / scale;
}

/// The product by loops.
template <class T>
matrix_of<T> product_of(const matrix_of<T>& a, const matrix_of<T>& b) {
    matrix_of<T> c = xt::zeros<T>({a.shape(0), b.shape(1)});
    for (std::size_t i = 0; i < a.shape(0); ++i)
        for (std::size_t k = 0; k < a.shape(1); ++k)
            for (std::size_t j = 0; j < b.shape(1); ++j) c(i, j) += a(i, k) * b(k, j);
    return c;
}

template <class T>
matrix_of<T> transpose_of(const matrix_of<T>& a) {
    return xt::transpose(a);
}

/// y = x W^T by loops.
template <class T>
matrix_of<T> multiplied(const matrix_of<T>& x, const matrix_of<T>& w) {
    return product_of(x, transpose_of(w));
}

template <class Op>
void check_apply(const Op& op, const std::string& what) {
    static_assert(xtn::linear_operator<Op>);
    using T = typename Op::value_type;
    const matrix_of<T> w = op.to_dense();
    BOOST_TEST(w.shape()[0] == op.out());
    BOOST_TEST(w.shape()[1] == op.in());
    for (const std::size_t rows : {1u, 2u, 7u, 64u, 300u}) {
        const auto x = random_matrix<T>(rows, op.in(), rows);
        const auto expected = multiplied(x, w);
        BOOST_TEST(difference(xtn::apply(op, x), expected) < tight<T>, what << ", " << rows << " rows");
        BOOST_TEST(difference(xtn::apply(xtn::any_operator<T>(op), x), expected) < tight<T>, what);
    }
    BOOST_CHECK_THROW(xtn::apply(op, random_matrix<T>(2, op.in() + 1, 1)), xtn::shape_error);
}

template <class Op>
Op drawn(Op op, double sigma = 1, std::uint64_t seed = 5) {
    xtn::random_stream random(seed);
    xtn::init_normal(op, sigma, random);
    return op;
}

/// A parameter of zeros.
template <class T = double>
xtn::parameter<T> zeros(std::vector<std::size_t> shape) {
    return xtn::parameter<T>(std::move(shape));
}

/// An operator of a user: W[(o p), (i j)] = A[o, i] B[p, j] and nothing else.
template <class T>
struct kronecker_of_two : xtn::any_operator<T> {
    kronecker_of_two(const xtn::parameter<T>& a, const xtn::parameter<T>& b)
        : xtn::any_operator<T>({"oi,pj", "op", "ij", {a, b}}, {{"a", a}, {"b", b}}) {}
    kronecker_of_two() : kronecker_of_two(zeros<T>({2, 3}), zeros<T>({4, 2})) {}
};

template <class T>
struct named_operator {
    std::string name;
    xtn::any_operator<T> op;
};

/// One operator of each kind, small, with random parameters of order 1.
template <class T>
std::vector<named_operator<T>> all_operators();
