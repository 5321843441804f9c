// SPDX-License-Identifier: BSD-3-Clause
// The smallest program of a user: a matrix product and its plan.
#include <iostream>

#include <xtn/xtn.hpp>

int main() {
    const xt::xtensor<double, 2> a = {{1, 2}, {3, 4}};
    const xt::xtensor<double, 2> b = {{5, 6}, {7, 8}};
    const xt::xtensor<double, 2> c = xtn::einsum<"ij,jk->ik">(a, b);
    std::cout << xtn::describe(xtn::einsum<"ij,jk->ik">(a, b)) << '\n';
    return c(0, 0) == 19 && c(1, 1) == 50 ? 0 : 1;
}
