// SPDX-License-Identifier: BSD-3-Clause
// The first of two translation units with every umbrella header: a function that is not inline, defined in a header,
// would be defined twice.
#include "umbrellas.hpp"

#include <xtn/backend/gemm.hpp>

double product_in_second(double x, double y);

int main() {
    const double x = 2;
    const double y = 3;
    double z = 0;
    xtn::backend::gemm(false, false, 1, 1, 1, 1.0, &x, 1, &y, 1, 0.0, &z, 1);
    return z == 6 && product_in_second(x, y) == z ? 0 : 1;
}
