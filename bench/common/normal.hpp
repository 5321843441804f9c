// SPDX-License-Identifier: BSD-3-Clause
// Normally distributed numbers for kernels to work on.
#pragma once

#include <cstddef>
#include <random>
#include <vector>

namespace bench {

/// n numbers of N(0, 1), which depend on the seed alone.
inline std::vector<float> normal(std::size_t n, unsigned seed = 1) {
    std::mt19937 generator(seed);
    std::normal_distribution<float> distribution;
    std::vector<float> x(n);
    for (float& v : x) v = distribution(generator);
    return x;
}

}  // namespace bench
