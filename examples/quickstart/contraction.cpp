// SPDX-License-Identifier: BSD-3-Clause
// A contraction and its plan. A chain of three cores acts on b rows; each axis is a label, and labels that the output
// does not name are summed. The order of the matrix products depends on b, and nobody has to choose it.
#include <cmath>
#include <iostream>
#include <span>
#include <xtn/xtn.hpp>

int main() {
    xtn::random_stream random(1);
    const auto normal = [&](auto tensor) {
        random.fill_normal(std::span(tensor.data(), tensor.size()), 1.0);
        return tensor;
    };
    const auto a = normal(xt::xtensor<double, 3>({8, 4, 16}));  // out, in, bond
    const auto b = normal(xt::xtensor<double, 4>({16, 8, 4, 16}));
    const auto c = normal(xt::xtensor<double, 3>({16, 8, 8}));

    for (const std::size_t rows : {1UL, 512UL}) {
        const auto x = normal(xt::xtensor<double, 4>({rows, 4, 4, 8}));
        const auto y = xtn::einsum<"bijk,oir,rpjs,sqk->bopq">(x, a, b, c);  // lazy: nothing is computed yet
        std::cout << xtn::describe(y) << '\n';                              // the plan for these extents

        // Assignment evaluates. One element, by the definition:
        const xt::xtensor<double, 4> value = y;
        double sum = 0;
        for (std::size_t i = 0; i < 4; ++i)
            for (std::size_t j = 0; j < 4; ++j)
                for (std::size_t k = 0; k < 8; ++k)
                    for (std::size_t r = 0; r < 16; ++r)
                        for (std::size_t s = 0; s < 16; ++s)
                            sum += x(0, i, j, k) * a(5, i, r) * b(r, 6, j, s) * c(s, 7, k);
        if (std::abs(value(0, 5, 6, 7) - sum) > 1e-10 * std::abs(sum)) return 1;
    }
}
