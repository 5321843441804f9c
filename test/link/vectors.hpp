// SPDX-License-Identifier: BSD-3-Clause
// Loops on the vectors of the target that this is compiled for: of no linkage, so each translation unit has its own.
#pragma once

#include <cstddef>
#include <vector>

#include <xtn/backend/simd.hpp>

/// 2 x and its sum by windows of whole vectors and by the tail.
static bool vectors_work() {
    constexpr std::size_t n = 2 * xtn::backend::lanes<float> * 4 + 3;
    std::vector<float> x(n), y(n);
    for (std::size_t i = 0; i < n; ++i) x[i] = static_cast<float>(i + 1);
    xtn::backend::transform<float>(
        n, y.data(), [](const auto& v) { return v + v; }, x.data());
    for (std::size_t i = 0; i < n; ++i)
        if (y[i] != 2 * x[i]) return false;
    const float sum = xtn::backend::sum<float>(n, [&](auto w) { return w.load(y.data()); });
    return sum == static_cast<float>(n * (n + 1)) && xtn::backend::maximum(n, y.data()) == static_cast<float>(2 * n);
}
