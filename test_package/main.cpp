// SPDX-License-Identifier: BSD-3-Clause
// A user's program: a contraction and its plan, an MPO layer, a gradient. Fails if a number is not what it must be.
#include <cmath>
#include <iostream>

#include <xtn/xtn.hpp>

int main() {
    const xt::xtensor<double, 2> a = {{1, 2}, {3, 4}}, b = {{5, 6}, {7, 8}};
    const xt::xtensor<double, 2> c = xtn::einsum<"ij,jk->ik">(a, b);
    std::cout << xtn::describe(xtn::einsum<"ij,jk->ik">(a, b)) << '\n';
    if (c(0, 0) != 19 || c(1, 1) != 50) return 1;

    // W[o, i] = (o + 1)(i + 1): each factor is a sum over two sites, of rank 2, so bond 4 holds W exactly.
    xt::xtensor<double, 2> w = xt::zeros<double>({6, 4});
    for (std::size_t o = 0; o < 6; ++o)
        for (std::size_t i = 0; i < 4; ++i) w(o, i) = static_cast<double>((o + 1) * (i + 1));
    double error = 1;
    const auto layer = xtn::mpo<double, xtn::scheme<xtn::sites<2, 3>, xtn::sites<2, 2>>>::from_dense(w, 4, &error);
    const xt::xtensor<double, 2> x = {{1, 0, 0, -1}};
    const xt::xtensor<double, 2> y = xtn::apply(layer, x);  // -3 (o + 1)
    std::cout << "MPO of relative error " << error << "; y = " << y(0, 0) << " ... " << y(0, 5) << '\n';
    if (error > 1e-12 || std::abs(y(0, 0) + 3) > 1e-10 || std::abs(y(0, 5) + 18) > 1e-10) return 2;

    // d/dx of sum_o (x W^T)_o^2 / 2 is y W: -3 sum_o (o + 1)^2 (i + 1) = -273 (i + 1).
    xtn::tape<double> tape;
    const auto input = tape.leaf(x);
    const auto output = xtn::apply(layer, input);
    tape.backward(xtn::einsum<"bo,bo->">(output, output));
    const xt::xtensor<double, 2> gradient = input.gradient() / 2;
    std::cout << "gradient " << gradient(0, 0) << " ... " << gradient(0, 3) << '\n';
    return std::abs(gradient(0, 0) + 273) < 1e-9 && std::abs(gradient(0, 3) + 1092) < 1e-9 ? 0 : 3;
}
