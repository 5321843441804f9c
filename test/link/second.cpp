// SPDX-License-Identifier: BSD-3-Clause
#include "umbrellas.hpp"

#include <vector>

#include <xtn/backend/gemm.hpp>

double product_in_second(const std::vector<double>& x, const std::vector<double>& y) {
    std::vector<double> z(16);
    xtn::backend::gemm(false, false, 4, 4, 4, 1.0, x.data(), 4, y.data(), 4, 0.0, z.data(), 4);
    return z.back();
}
