// SPDX-License-Identifier: BSD-3-Clause
// The first program of the README: a contraction, an MPO layer, a gradient, a plan.
#include <iostream>
#include <xtn/xtn.hpp>

int main() {
    // A contraction: lazy until assigned, its order chosen for you.
    xt::xtensor<float, 2> x = xt::ones<float>({64, 128}), w = xt::ones<float>({512, 128});
    xt::xtensor<float, 2> y = xtn::einsum<"bi,oi->bo">(x, w);

    // A 512 x 128 matrix as a matrix product operator: 512 = 8*8*8, 128 = 4*4*8, bond 16.
    using layout = xtn::balanced<512, 128, 3>;
    double error = 0;
    auto op = xtn::mpo<float, layout>::from_dense(w, 16, &error);
    y = xtn::apply(op, x);  // through the cores or through their matrix, whichever is cheaper for 64 rows

    // Gradients: one statement on the tape, its adjoint planned as a whole.
    xtn::tape<float> tape;
    auto loss = xtn::einsum<"bo,bo->">(xtn::apply(op, tape.leaf(x)), tape.constant(y));
    tape.backward(loss);
    std::cout << "error " << error << ", loss " << loss.item()
              << ", gradient of core 0: " << tape.gradient(op.cores()[0]).size() << " numbers\n";

    std::cout << xtn::describe(xtn::einsum<"bi,oi->bo">(x, w));  // the plan: steps, matrix shapes, flops, copies
}
