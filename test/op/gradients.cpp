// SPDX-License-Identifier: BSD-3-Clause
// Every operator in one table: gradients of the input and of each parameter, through apply and through the matrix.
#include "../parameter_error.hpp"
#include "common.hpp"

#include <complex>
#include <span>
#include <tuple>
#include <vector>

BOOST_AUTO_TEST_SUITE(op_gradients)

namespace {

using test::parameter_error;

using double_precision = std::tuple<double, std::complex<double>>;

BOOST_AUTO_TEST_CASE_TEMPLATE(rows_agree_with_differences, T, double_precision) {
    for (const auto& o : all_operators<T>()) {
        const auto x = random_matrix<T>(3, o.op.in(), 1);
        const auto errors = xtn::check_gradient([&](auto&, auto v) { return xtn::apply(o.op, v); }, std::tuple(x));
        BOOST_TEST(errors.worst() < 1e-7, o.name << ": input " << errors.worst());
    }
}

BOOST_AUTO_TEST_CASE(parameters_agree_with_differences) {
    for (const auto& o : all_operators<double>()) {
        const matrix x = random_matrix(3, o.op.in(), 1), readout = random_matrix(3, o.op.out(), 2);
        const auto through_apply = [&](xtn::tape<double>& t) {
            const auto y = xtn::apply(o.op, t.constant(x));
            return xtn::einsum<"bo,bo,bo->">(y, y, readout);
        };
        const matrix weights = random_matrix(o.op.out(), o.op.in(), 3);
        const auto through_matrix = [&](xtn::tape<double>& t) {
            const auto w = xtn::to_dense(o.op, t);
            return xtn::einsum<"oi,oi,oi->">(w, w, weights);
        };
        for (const auto& p : o.op.parameters()) {
            BOOST_TEST(parameter_error(p.value, through_apply) < 1e-7, o.name << ", apply, " << p.name);
            BOOST_TEST(parameter_error(p.value, through_matrix) < 1e-7, o.name << ", matrix, " << p.name);
        }
    }
}

/// The derivative of <G, W> along a direction v of all parameters is Re <g, v>, which a conjugated gradient would miss.
BOOST_AUTO_TEST_CASE(complex_parameters_agree_with_differences) {
    using complex = std::complex<double>;
    for (const auto& o : all_operators<complex>()) {
        const auto rows = random_matrix<complex>(3, o.op.in(), 1);
        const auto weights = random_matrix<complex>(o.op.out(), o.op.in(), 3),
                   readout = random_matrix<complex>(3, o.op.out(), 4);
        const auto check = [&](const auto& value, const auto& record, const std::string& what) {
            xtn::tape<complex> t;
            record(t);
            t.backward();
            double expected = 0, scale = 0;
            std::vector<std::vector<complex>> at, along;
            xtn::random_stream random(7);
            for (const auto& p : o.op.parameters()) {
                at.emplace_back(p.value.values().begin(), p.value.values().end());
                along.emplace_back(p.value.size());
                random.fill_normal(std::span(along.back()), 1.0);
                for (std::size_t i = 0; i < p.value.size(); ++i) {
                    expected += std::real(std::conj(t.gradient(p.value)[i]) * along.back()[i]);
                    scale += std::abs(t.gradient(p.value)[i] * along.back()[i]);
                }
            }
            const auto moved = [&](double h) {
                for (std::size_t k = 0; k < at.size(); ++k)
                    for (std::size_t i = 0; i < at[k].size(); ++i)
                        o.op.parameters()[k].value.values()[i] = at[k][i] + h * along[k][i];
                return value();
            };
            const double found = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            moved(0);
            BOOST_TEST(std::abs(found - expected) < 1e-7 * scale, o.name << ", " << what);
        };
        const auto product = [](const auto& g, const matrix_of<complex>& y) {
            double sum = 0;
            for (std::size_t i = 0; i < y.size(); ++i) sum += std::real(std::conj(g.data()[i]) * y.data()[i]);
            return sum;
        };
        check([&] { return product(readout, xtn::apply(o.op, rows)); },
              [&](auto& t) { t.seed(xtn::apply(o.op, t.constant(rows)), readout.data()); }, "apply");
        check([&] { return product(weights, o.op.to_dense()); },
              [&](auto& t) { t.seed(xtn::to_dense(o.op, t), weights.data()); }, "matrix");
    }
}

/// <W(v), G> = <v, W^T(G)> for operators that are linear in their parameters: the reconstruction and its adjoint.
BOOST_AUTO_TEST_CASE(reconstruction_and_its_adjoint) {
    using namespace xtn;
    using k = coefficients;
    const std::vector<any_operator<double>> linear{
        spectral<double>(24, 40, support::zigzag(k::fraction(0.2))),
        spectral<double>(24, 40, support::rectangle(k::fraction(0.2)), basis::random_orthonormal(1)),
        spectral<double>(24, 40, support::scattered(k::fraction(0.1), 7)), symmetric<double>(30)};
    for (const any_operator<double>& op : linear) {
        random_stream random(4);
        init_normal(op, 1.0, random);
        const matrix g = random_matrix(op.out(), op.in(), 9);
        tape<double> t;
        const auto w = to_dense(op, t);
        const parameter<double> p = op.parameters()[0].value;
        const double left = (einsum<"oi,oi->">(matrix(w.value()), g));
        t.seed(w, g.data());
        t.backward();
        double right = 0;
        for (std::size_t i = 0; i < p.size(); ++i) right += p.values()[i] * t.gradient(p)[i];
        BOOST_TEST(std::abs(left - right) < 1e-12 * std::abs(left));
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
