// SPDX-License-Identifier: BSD-3-Clause
// Random matrices and chains, and the norms and products to measure them by, as plain loops.
#pragma once

#include <cmath>
#include <cstddef>
#include <random>
#include <utility>
#include <vector>

#include <xtn/backend/xtensor.hpp>
#include <xtn/tt/mpo.hpp>

namespace random_matrix {

/// In [-1, 1), the same on every machine.
inline double uniform(std::mt19937_64& engine) { return std::ldexp(static_cast<double>(engine() >> 11), -52) - 1; }

inline std::size_t between(std::mt19937_64& engine, std::size_t low, std::size_t high) {
    return low + static_cast<std::size_t>(engine() % (high - low + 1));
}

template <class T, std::size_t N>
void fill(xt::xtensor<T, N>& a, std::mt19937_64& engine) {
    for (std::size_t i = 0; i < a.size(); ++i) a.data()[i] = static_cast<T>(uniform(engine));
}

template <class T>
xt::xtensor<T, 2> matrix(std::size_t rows, std::size_t columns, std::mt19937_64& engine) {
    xt::xtensor<T, 2> a = xt::xtensor<T, 2>::from_shape({rows, columns});
    fill(a, engine);
    return a;
}

/// A chain with these sites and the bonds between them.
template <class T>
xtn::tt::mpo<T> chain(const std::vector<std::size_t>& out, const std::vector<std::size_t>& in,
                      const std::vector<std::size_t>& bonds, std::mt19937_64& engine) {
    std::vector<xt::xtensor<T, 4>> cores(out.size());
    for (std::size_t k = 0; k < out.size(); ++k) {
        cores[k].resize({k == 0 ? 1 : bonds[k - 1], out[k], in[k], k + 1 == out.size() ? 1 : bonds[k]});
        fill(cores[k], engine);
    }
    return xtn::tt::mpo<T>(std::move(cores));
}

/// One entry of a chain's matrix, from the definition: a product of small matrices, the first site most significant.
template <class T>
T entry(const xtn::tt::mpo<T>& chain, std::size_t o, std::size_t i) {
    std::vector<T> right{T{1}};
    for (std::size_t k = chain.site_count(); k-- > 0;) {
        const xt::xtensor<T, 4>& core = chain.cores()[k];
        std::vector<T> left(core.shape(0), T{0});
        for (std::size_t a = 0; a < core.shape(0); ++a)
            for (std::size_t b = 0; b < core.shape(3); ++b)
                left[a] += core(a, o % core.shape(1), i % core.shape(2), b) * right[b];
        o /= core.shape(1);
        i /= core.shape(2);
        right = std::move(left);
    }
    return right[0];
}

template <class T>
double norm(const xt::xtensor<T, 2>& a) {
    double sum = 0;
    for (const T x : a) sum += static_cast<double>(x) * static_cast<double>(x);
    return std::sqrt(sum);
}

/// |a - b|_F / |b|_F
template <class T>
double relative_distance(const xt::xtensor<T, 2>& a, const xt::xtensor<T, 2>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < b.size(); ++i) {
        const double d = static_cast<double>(a.data()[i]) - static_cast<double>(b.data()[i]);
        sum += d * d;
    }
    return std::sqrt(sum) / norm(b);
}

}  // namespace random_matrix
