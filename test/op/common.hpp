// SPDX-License-Identifier: BSD-3-Clause
// What the tests of operators share: matrices, naive products, and one operator of each kind.
#pragma once

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <vector>

#include <xtn/xtn.hpp>

using matrix = xt::xtensor<double, 2>;

inline matrix random_matrix(std::size_t rows, std::size_t columns, std::uint64_t seed) {
    matrix m(std::array<std::size_t, 2>{rows, columns});
    xtn::random_stream random(seed);
    random.fill_normal(std::span<double>(m.data(), m.size()), 1.0);
    return m;
}

inline double norm(const matrix& m) { return std::sqrt(xt::sum(m * m)()); }

/// For BOOST_CHECK_EXCEPTION: the message contains this.
inline auto says(const std::string& text) {
    return [text](const std::exception& e) { return std::string(e.what()).find(text) != std::string::npos; };
}

template <class A, class B>
double difference(const A& a, const B& b) {  // max|a - b| / max|b|
    double worst = 0, scale = 0;
    BOOST_REQUIRE(a.shape() == b.shape());
    for (std::size_t i = 0; i < b.size(); ++i) {
        worst = std::max(worst, std::abs(a.flat(i) - b.flat(i)));
        scale = std::max(scale, std::abs(b.flat(i)));
    }
    return worst / scale;
}

/// y = x W^T by loops.
inline matrix multiplied(const matrix& x, const matrix& w) {
    matrix y = xt::zeros<double>({x.shape()[0], w.shape()[0]});
    for (std::size_t b = 0; b < x.shape()[0]; ++b)
        for (std::size_t o = 0; o < w.shape()[0]; ++o)
            for (std::size_t i = 0; i < w.shape()[1]; ++i) y(b, o) += x(b, i) * w(o, i);
    return y;
}

template <class Op>
void check_apply(const Op& op, const std::string& what) {
    static_assert(xtn::linear_operator<Op>);
    const matrix w = op.to_dense();
    BOOST_TEST(w.shape()[0] == op.out());
    BOOST_TEST(w.shape()[1] == op.in());
    for (const std::size_t rows : {1u, 2u, 7u, 64u, 300u}) {
        const matrix x = random_matrix(rows, op.in(), rows);
        BOOST_TEST(difference(xtn::apply(op, x), multiplied(x, w)) < 1e-12, what << ", " << rows << " rows");
        BOOST_TEST(difference(xtn::apply(xtn::any_operator<double>(op), x), multiplied(x, w)) < 1e-12, what);
    }
    BOOST_CHECK_THROW(xtn::apply(op, random_matrix(2, op.in() + 1, 1)), xtn::shape_error);
}

template <class Op>
Op drawn(Op op, double sigma = 1, std::uint64_t seed = 5) {
    xtn::random_stream random(seed);
    xtn::init_normal(op, sigma, random);
    return op;
}

/// An operator of a user: W[(o p), (i j)] = A[o, i] B[p, j] and nothing else.
struct kronecker_of_two : xtn::any_operator<double> {
    kronecker_of_two(const xtn::parameter<double>& a, const xtn::parameter<double>& b)
        : any_operator({"oi,pj", "op", "ij", {a, b}}, {{"a", a}, {"b", b}}) {}
    kronecker_of_two()
        : kronecker_of_two(xtn::parameter<double>(std::vector<std::size_t>{2, 3}),
                           xtn::parameter<double>(std::vector<std::size_t>{4, 2})) {}
};

struct named_operator {
    std::string name;
    xtn::any_operator<double> op;
};

/// One operator of each kind, small, with random parameters of order 1.
std::vector<named_operator> all_operators();
