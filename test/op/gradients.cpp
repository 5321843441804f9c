// SPDX-License-Identifier: BSD-3-Clause
// Every operator in one table: gradients of the input and of each parameter, through apply and through the matrix.
#include "../parameter_error.hpp"
#include "common.hpp"

namespace {

using test::parameter_error;

BOOST_AUTO_TEST_CASE(every_operator_agrees_with_differences) {
    for (const named_operator& o : all_operators()) {
        const matrix x = random_matrix(3, o.op.in(), 1), readout = random_matrix(3, o.op.out(), 2);
        const auto errors = xtn::check_gradient([&](auto&, auto v) { return xtn::apply(o.op, v); }, std::tuple(x));
        BOOST_TEST(errors.worst() < 1e-7, o.name << ": input " << errors.worst());

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
