// SPDX-License-Identifier: BSD-3-Clause
// Gradients: the overlap of a matrix product state of three sites with a given tensor, differentiated by every core
// at once, and checked against finite differences.
#include <cmath>
#include <iostream>
#include <span>
#include <tuple>
#include <xtn/xtn.hpp>

int main() {
    xtn::random_stream random(1);
    const auto normal = [&](auto tensor) {
        random.fill_normal(std::span(tensor.data(), tensor.size()), 1.0);
        return tensor;
    };
    const auto a = normal(xt::xtensor<double, 2>({2, 4})), c = normal(xt::xtensor<double, 2>({4, 2}));
    const auto b = normal(xt::xtensor<double, 3>({4, 2, 4})), target = normal(xt::xtensor<double, 3>({2, 2, 2}));

    // With a variable among its operands einsum is evaluated at once and recorded; its adjoint is planned as a whole.
    xtn::tape<double> tape;
    const auto va = tape.leaf(a), vc = tape.leaf(c);  // a variable knows its rank, so b is one of another type
    const auto vb = tape.leaf(b);
    const auto overlap = xtn::einsum<"ir,rjs,sk,ijk->">(va, vb, vc, target);
    tape.backward(overlap);
    const xt::xtensor<double, 2> gradient = va.gradient();
    std::cout << "overlap " << overlap.item() << ", its derivative by a(0, 0) " << gradient(0, 0) << '\n';

    // One element by a central difference ...
    const double step = 1e-6;
    const auto at = [&](double shift) -> double {
        auto moved = a;
        moved(0, 0) += shift;
        return xtn::einsum<"ir,rjs,sk,ijk->">(moved, b, c, target);
    };
    const double difference = (at(step) - at(-step)) / (2 * step);
    // ... and all of them, of all inputs, by the checker.
    const auto errors = xtn::check_gradient(
        [&](auto& t, const auto&... core) { return xtn::einsum<"ir,rjs,sk,ijk->">(core..., t.constant(target)); },
        std::tuple(a, b, c));
    std::cout << "worst relative error of all derivatives " << errors.worst() << '\n';
    return std::abs(gradient(0, 0) - difference) < 1e-7 && errors.worst() < 1e-8 ? 0 : 1;
}
