// SPDX-License-Identifier: BSD-3-Clause
// Operators made of operators, against the same on matrices.
#include "common.hpp"

#include <complex>

namespace {

matrix product_of(const matrix& a, const matrix& b) {
    matrix c = xt::zeros<double>({a.shape(0), b.shape(1)});
    for (std::size_t i = 0; i < a.shape(0); ++i)
        for (std::size_t k = 0; k < a.shape(1); ++k)
            for (std::size_t j = 0; j < b.shape(1); ++j) c(i, j) += a(i, k) * b(k, j);
    return c;
}

BOOST_AUTO_TEST_CASE(every_pair_of_operators) {
    const std::vector<named_operator> all = all_operators();
    std::size_t products = 0, sums = 0;
    for (const named_operator& a : all) {
        const matrix w = a.op.to_dense();
        BOOST_TEST(difference(xtn::transposed(a.op).to_dense(), matrix(xt::transpose(w))) < 1e-12, a.name);
        BOOST_TEST(difference(xtn::scaled(-2.5, a.op).to_dense(), matrix(-2.5 * w)) < 1e-12, a.name);
        for (const named_operator& b : all) {
            const matrix v = b.op.to_dense();
            const std::string names = a.name + " and " + b.name;
            if (w.shape() == v.shape() && ++sums > 0)
                BOOST_TEST(difference(xtn::sum(a.op, b.op).to_dense(), matrix(w + v)) < 1e-12, names);
            std::size_t factors = 2;  // the rows and, where sites differ, what joins the terms
            for (const auto* op : {&a.op, &b.op}) {
                std::size_t most = 0;
                for (const auto& t : op->network().terms()) most = std::max(most, t.factors().size());
                factors += most;
            }
            if (factors > xtn::max_operands) continue;
            const matrix gramian = product_of(matrix(xt::transpose(w)), w);
            if (&a == &b)
                BOOST_TEST(difference(xtn::product(xtn::transposed(a.op), a.op).to_dense(), gramian) < 1e-11, names);
            if (w.shape(1) != v.shape(0)) continue;
            ++products;
            BOOST_TEST(difference(xtn::product(a.op, b.op).to_dense(), product_of(w, v)) < 1e-11, names);
        }
    }
    BOOST_TEST(products > 30);  // or the table above has become too diverse for this test
    BOOST_TEST(sums > 30);
}

BOOST_AUTO_TEST_CASE(blocks_lie_one_behind_the_other) {
    const std::vector<named_operator> all = all_operators();
    std::vector<xtn::any_operator<double>> blocks;
    for (std::size_t k = 0; k < all.size(); k += 3) blocks.push_back(all[k].op);
    const auto op = xtn::block_diagonal(blocks);
    matrix expected = xt::zeros<double>({op.out(), op.in()});
    std::size_t row = 0, column = 0;
    for (const auto& b : blocks) {
        const matrix w = b.to_dense();
        for (std::size_t o = 0; o < b.out(); ++o)
            for (std::size_t i = 0; i < b.in(); ++i) expected(row + o, column + i) = w(o, i);
        row += b.out();
        column += b.in();
    }
    BOOST_TEST(difference(op.to_dense(), expected) < 1e-12);
    const matrix x = random_matrix(4, op.in(), 3);
    BOOST_TEST(difference(xtn::apply(op, x), multiplied(x, expected)) < 1e-12);
}

BOOST_AUTO_TEST_CASE(a_product_is_one_network) {
    using namespace xtn;
    // (8, 16) meets (16, 8): the common sites (8, 2, 8) let the planner see all factors.
    const auto p =
        product(mpo<double, scheme<sites<4, 4>, sites<8, 16>>>(3), mpo<double, scheme<sites<16, 8>, sites<5, 7>>>(2));
    BOOST_TEST(p.network().terms().size() == 1u);
    BOOST_TEST(p.network().terms()[0].factors().size() == 4u);
    BOOST_TEST(p.parameters().size() == 4u);
    BOOST_TEST(p.parameters()[0].name == "left.cores.0");
    BOOST_TEST(p.parameters()[3].name == "right.cores.1");
}

BOOST_AUTO_TEST_CASE(shared_parameters_are_listed_once) {
    using namespace xtn;
    const symmetric<double> s(4);
    BOOST_TEST(product(s, s).parameters().size() == 1u);
    BOOST_TEST(sum(s, transposed(s)).parameters().size() == 1u);
    BOOST_TEST(parameter_count(product(s, s).parameters()) == 10u);
}

BOOST_AUTO_TEST_CASE(adjoint_of_a_complex_operator) {
    using namespace xtn;
    using complex = std::complex<double>;
    const parameter<complex> left(std::vector<std::size_t>{4, 2}), right(std::vector<std::size_t>{2, 3});
    const any_operator<complex> op({"or,ri", "o", "i", {left, right}}, {{"left", left}, {"right", right}});
    random_stream random(1);
    init_normal(op, 1.0, random);
    const xt::xtensor<complex, 2> w = op.to_dense(), h = adjoint(op).to_dense(), t = transposed(op).to_dense();
    for (std::size_t o = 0; o < 4; ++o)
        for (std::size_t i = 0; i < 3; ++i) {
            BOOST_TEST(std::abs(h(i, o) - std::conj(w(o, i))) < 1e-14);
            BOOST_TEST(std::abs(t(i, o) - w(o, i)) < 1e-14);
        }
    // The gradient of |W W^H x|^2 flows through both occurrences, the conjugated one too.
    const auto square = product(op, adjoint(op));
    const xt::xtensor<complex, 2> x({2, 4}, complex(0.3, -0.2));
    const auto value = [&] {
        const xt::xtensor<complex, 2> y = xtn::apply(square, x);
        double sum = 0;
        for (const complex e : y) sum += std::norm(e);
        return sum;
    };
    tape<complex> tape;
    const auto y = xtn::apply(square, tape.constant(x));
    const xt::xtensor<complex, 2> cotangent = 2.0 * y.value();
    tape.seed(y, cotangent.data());
    tape.backward();
    for (const auto& p : op.parameters())
        for (std::size_t i = 0; i < p.value.size(); ++i)
            for (const complex direction : {complex(1, 0), complex(0, 1)}) {
                const complex at = p.value.values()[i];
                constexpr double step = 1e-5;
                p.value.values()[i] = at + step * direction;
                const double up = value();
                p.value.values()[i] = at - step * direction;
                const double down = value();
                p.value.values()[i] = at;
                const complex g = tape.gradient(p.value)[i];
                BOOST_TEST(std::abs((up - down) / (2 * step) - std::real(std::conj(g) * direction)) < 1e-6, p.name);
            }
}

BOOST_AUTO_TEST_CASE(operators_that_do_not_fit_say_so) {
    using namespace xtn;
    const dense<double> a(3, 4), b(4, 3);
    BOOST_CHECK_EXCEPTION(sum(a, b), shape_error, says("operator 1 is 4 x 3"));
    BOOST_CHECK_EXCEPTION(product(a, a), shape_error, says("takes 4 numbers, but the right one makes 3"));
    BOOST_CHECK_EXCEPTION(scaled(parameter<double>(std::vector<std::size_t>{2}), a), shape_error, says("one number"));
    BOOST_CHECK_EXCEPTION(sum(std::vector<any_operator<double>>{}), shape_error, says("at least one"));
    const mpo<double, scheme<sites<2, 2, 2, 2, 2, 2, 2, 2>, sites<2, 2, 2, 2, 2, 2, 2, 2>>> long_chain(2);
    BOOST_CHECK_THROW(product(long_chain, long_chain), shape_error);  // 16 operands and the input
}

}  // namespace
