// SPDX-License-Identifier: BSD-3-Clause
// Operators made of operators, against the same on matrices.
#include "common.hpp"

#include <complex>

#include <xtn/train/parameter_store.hpp>

BOOST_AUTO_TEST_SUITE(op_algebra)

namespace {

BOOST_AUTO_TEST_CASE_TEMPLATE(every_pair_of_operators, T, scalars) {
    using real = xtn::real_of<T>;
    const auto all = all_operators<T>();
    std::size_t products = 0, sums = 0;
    for (const auto& a : all) {
        const matrix_of<T> w = a.op.to_dense(), scaled = T(real(-2.5)) * w, transposed = xt::transpose(w);
        matrix_of<T> adjoint = transposed;
        for (T& x : adjoint) x = conjugate(x);
        BOOST_TEST(difference(xtn::transposed(a.op).to_dense(), transposed) < tight<T>, a.name);
        BOOST_TEST(difference(xtn::adjoint(a.op).to_dense(), adjoint) < tight<T>, a.name);
        BOOST_TEST(difference(xtn::scaled(real(-2.5), a.op).to_dense(), scaled) < tight<T>, a.name);
        for (const auto& b : all) {
            const matrix_of<T> v = b.op.to_dense();
            const std::string names = a.name + " and " + b.name;
            if (w.shape() == v.shape() && ++sums > 0)
                BOOST_TEST(difference(xtn::sum(a.op, b.op).to_dense(), matrix_of<T>(w + v)) < tight<T>, names);
            std::size_t factors = 2;  // the rows and, where sites differ, what joins the terms
            for (const auto* op : {&a.op, &b.op}) {
                std::size_t most = 0;
                for (const auto& t : op->network().terms()) most = std::max(most, t.factors().size());
                factors += most;
            }
            if (factors > xtn::max_operands) continue;
            if (&a == &b)
                BOOST_TEST(difference(xtn::product(xtn::adjoint(a.op), a.op).to_dense(), product_of(adjoint, w)) <
                               10 * tight<T>,
                           names);
            if (w.shape(1) != v.shape(0)) continue;
            ++products;
            BOOST_TEST(difference(xtn::product(a.op, b.op).to_dense(), product_of(w, v)) < 10 * tight<T>, names);
        }
    }
    BOOST_TEST(products > 30);  // or the table above has become too diverse for this test
    BOOST_TEST(sums > 30);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(blocks_lie_one_behind_the_other, T, scalars) {
    const auto all = all_operators<T>();
    std::vector<xtn::any_operator<T>> blocks;
    for (std::size_t k = 0; k < all.size(); k += 3) blocks.push_back(all[k].op);
    const auto op = xtn::block_diagonal(blocks);
    matrix_of<T> expected = xt::zeros<T>({op.out(), op.in()});
    std::size_t row = 0, column = 0;
    for (const auto& b : blocks) {
        const matrix_of<T> w = b.to_dense();
        for (std::size_t o = 0; o < b.out(); ++o)
            for (std::size_t i = 0; i < b.in(); ++i) expected(row + o, column + i) = w(o, i);
        row += b.out();
        column += b.in();
    }
    BOOST_TEST(difference(op.to_dense(), expected) < tight<T>);
    const auto x = random_matrix<T>(4, op.in(), 3);
    BOOST_TEST(difference(xtn::apply(op, x), multiplied(x, expected)) < tight<T>);
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
    const low_rank<complex> op(4, 3, 2);
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

// Whatever is made of operators, its parameters have names of their own, so that a store and a file take them.
BOOST_AUTO_TEST_CASE(names_are_unique_at_any_depth) {
    using namespace xtn;
    const auto one = [] { return zeros({1}); };
    const auto make = [&](const any_operator<double>& a, const any_operator<double>& b, std::size_t how) {
        switch (how) {
            case 0: return sum(a, b);
            case 1: return product(a, transposed(b));
            case 2: return scaled(one(), a);
            case 3: return scaled(0.5, adjoint(a));
            case 4: return block_diagonal(a, b);
            default: return product(scaled(one(), sum(a, scaled(one(), b))), transposed(a));
        }
    };
    const auto shared =
        joint_low_rank<double>({random_matrix(4, 4, 1), random_matrix(4, 4, 2)}, common_factor::left, 2);
    const any_operator<double> first = shared.operators[0], second = shared.operators[1];
    int made = 0;
    for (std::size_t i = 0; i < 6; ++i)
        for (std::size_t j = 0; j < 6; ++j)
            for (std::size_t k = 0; k < 6; ++k) try {
                    const auto twice = make(make(first, second, i), make(second, dense<double>(4, 4), i), j);
                    const auto op = make(twice, twice, k);
                    parameter_store<double> store(op.parameters());
                    BOOST_TEST(store.size() == parameter_count(op.parameters()));
                    BOOST_TEST(store.entries().size() == op.parameters().size());
                    ++made;
                } catch (const shape_error& e) {
                    BOOST_TEST(says("at most 16 operands")(e), e.what());  // products of products
                }
    BOOST_TEST(made > 100);
    const auto nested = scaled(one(), scaled(one(), low_rank<double>(4, 3, 2)));
    std::string names;
    for (const auto& p : nested.parameters()) names += p.name + " ";
    BOOST_TEST(names == "scale operand.scale operand.operand.left operand.operand.right ");
}

BOOST_AUTO_TEST_CASE(operators_that_do_not_fit_say_so) {
    using namespace xtn;
    const dense<double> a(3, 4), b(4, 3);
    BOOST_CHECK_EXCEPTION(sum(a, b), shape_error, says("operator 1 is 4 x 3"));
    BOOST_CHECK_EXCEPTION(product(a, a), shape_error, says("takes 4 numbers, but the right one makes 3"));
    BOOST_CHECK_EXCEPTION(scaled(zeros({2}), a), shape_error, says("one number"));
    BOOST_CHECK_EXCEPTION(sum(std::vector<any_operator<double>>{}), shape_error, says("sum: at least one"));
    BOOST_CHECK_EXCEPTION(block_diagonal(std::vector<any_operator<double>>{}), shape_error,
                          says("block_diagonal: at least one"));
    const mpo<double, scheme<sites<2, 2, 2, 2, 2, 2, 2, 2>, sites<2, 2, 2, 2, 2, 2, 2, 2>>> long_chain(2);
    BOOST_CHECK_THROW(product(long_chain, long_chain), shape_error);  // 16 operands and the input
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
