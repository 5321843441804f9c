// SPDX-License-Identifier: BSD-3-Clause
// Sinusoidal positions (Vaswani et al., arXiv 1706.03762, section 3.5).
//   p_{t, 2i} = sin(t w_i),  p_{t, 2i + 1} = cos(t w_i),  w_i = 10000^(-2i / dim)
#pragma once

#include <cmath>
#include <cstddef>

namespace xtn::nn::kernels {

/// table (time x dim), computed in double and rounded. An odd dim ends with a sine.
template <class T>
inline void sinusoidal_positions(std::size_t time, std::size_t dim, T* table) {
    for (std::size_t j = 0; j < dim; j += 2) {
        const double frequency = std::pow(10000.0, -static_cast<double>(j) / static_cast<double>(dim));
        for (std::size_t t = 0; t < time; ++t) {
            const double angle = static_cast<double>(t) * frequency;
            table[t * dim + j] = static_cast<T>(std::sin(angle));
            if (j + 1 < dim) table[t * dim + j + 1] = static_cast<T>(std::cos(angle));
        }
    }
}

}  // namespace xtn::nn::kernels
