// SPDX-License-Identifier: BSD-3-Clause
// Random matrices and chains, and the norms and products to measure them by, as plain loops.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <limits>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <xtn/backend/xtensor.hpp>
#include <xtn/tt/mpo.hpp>
#include <xtn/tt/mps.hpp>

namespace random_matrix {

using scalars = std::tuple<float, double, std::complex<float>, std::complex<double>>;

/// So many roundings.
template <class T>
constexpr double rounding(double count = 64) {
    return count * std::numeric_limits<xtn::real_of<T>>::epsilon();
}

/// What a statement about a chain holds to.
template <class T>
constexpr double tight = sizeof(xtn::real_of<T>) == 8 ? 1e-12 : 1e-4;

/// Whether an exception's sentence contains this one.
inline auto says(const std::string& sentence) {
    return [sentence](const std::exception& e) { return std::string(e.what()).find(sentence) != std::string::npos; };
}

/// In [-1, 1), the same on every machine.
inline double uniform(std::mt19937_64& engine) { return std::ldexp(static_cast<double>(engine() >> 11), -52) - 1; }

inline std::size_t between(std::mt19937_64& engine, std::size_t low, std::size_t high) {
    return low + static_cast<std::size_t>(engine() % (high - low + 1));
}

inline std::vector<std::size_t> extents(std::mt19937_64& engine, std::size_t count, std::size_t most) {
    std::vector<std::size_t> list(count);
    for (std::size_t& e : list) e = between(engine, 1, most);
    return list;
}

template <class T>
T number(std::mt19937_64& engine) {
    const double re = uniform(engine);
    if constexpr (xtn::is_complex<T>)
        return T(static_cast<xtn::real_of<T>>(re), static_cast<xtn::real_of<T>>(uniform(engine)));
    else
        return static_cast<T>(re);
}

template <class T, std::size_t N>
void fill(xt::xtensor<T, N>& a, std::mt19937_64& engine) {
    for (std::size_t i = 0; i < a.size(); ++i) a.data()[i] = number<T>(engine);
}

template <class T>
xt::xtensor<T, 2> matrix(std::size_t rows, std::size_t columns, std::mt19937_64& engine) {
    xt::xtensor<T, 2> a = xt::xtensor<T, 2>::from_shape({rows, columns});
    fill(a, engine);
    return a;
}

template <class T>
xt::xtensor<T, 2> times(const xt::xtensor<T, 2>& a, const xt::xtensor<T, 2>& b) {
    xt::xtensor<T, 2> product = xt::zeros<T>(std::array{a.shape(0), b.shape(1)});
    for (std::size_t i = 0; i < a.shape(0); ++i)
        for (std::size_t j = 0; j < a.shape(1); ++j)
            for (std::size_t k = 0; k < b.shape(1); ++k) product(i, k) += a(i, j) * b(j, k);
    return product;
}

template <class T>
T conjugate(T x) {
    if constexpr (xtn::is_complex<T>)
        return std::conj(x);
    else
        return x;
}

template <class T>
xt::xtensor<T, 2> adjoint(const xt::xtensor<T, 2>& a) {
    xt::xtensor<T, 2> h = xt::xtensor<T, 2>::from_shape({a.shape(1), a.shape(0)});
    for (std::size_t i = 0; i < a.shape(0); ++i)
        for (std::size_t j = 0; j < a.shape(1); ++j) h(j, i) = conjugate(a(i, j));
    return h;
}

/// The largest entry of |a - factor 1|.
template <class T>
double distance_from_identity(const xt::xtensor<T, 2>& a) {
    double largest = 0;
    for (std::size_t i = 0; i < a.shape(0); ++i)
        for (std::size_t j = 0; j < a.shape(1); ++j)
            largest = std::max(largest, static_cast<double>(std::abs(a(i, j) - (i == j ? T{1} : T{0}))));
    return largest;
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

template <class T>
xtn::tt::mps<T> state(const std::vector<std::size_t>& sites, const std::vector<std::size_t>& bonds,
                      std::mt19937_64& engine) {
    std::vector<xt::xtensor<T, 3>> cores(sites.size());
    for (std::size_t k = 0; k < sites.size(); ++k) {
        cores[k].resize({k == 0 ? 1 : bonds[k - 1], sites[k], k + 1 == sites.size() ? 1 : bonds[k]});
        fill(cores[k], engine);
    }
    return xtn::tt::mps<T>(std::move(cores));
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
T entry(const xtn::tt::mps<T>& chain, std::size_t s) {
    std::vector<T> right{T{1}};
    for (std::size_t k = chain.site_count(); k-- > 0;) {
        const xt::xtensor<T, 3>& core = chain.cores()[k];
        std::vector<T> left(core.shape(0), T{0});
        for (std::size_t a = 0; a < core.shape(0); ++a)
            for (std::size_t b = 0; b < core.shape(2); ++b) left[a] += core(a, s % core.shape(1), b) * right[b];
        s /= core.shape(1);
        right = std::move(left);
    }
    return right[0];
}

template <class T, std::size_t N>
double norm(const xt::xtensor<T, N>& a) {
    double sum = 0;
    for (const T x : a) {
        const double size = static_cast<double>(std::abs(x));
        sum += size * size;
    }
    return std::sqrt(sum);
}

/// |a - b|_F / |b|_F
template <class T, std::size_t N>
double relative_distance(const xt::xtensor<T, N>& a, const xt::xtensor<T, N>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < b.size(); ++i) {
        const double d = static_cast<double>(std::abs(a.data()[i] - b.data()[i]));
        sum += d * d;
    }
    return std::sqrt(sum) / norm(b);
}

/// How far core k is from left-orthonormal (sum_p A[p]^H A[p] = 1), by loops.
template <class T, std::size_t N>
double left_defect(const xt::xtensor<T, N>& core) {
    const std::size_t bond = core.shape(N - 1);
    auto unfolding = xt::xtensor<T, 2>::from_shape({core.size() / bond, bond});
    std::copy(core.begin(), core.end(), unfolding.begin());
    return distance_from_identity(times(adjoint(unfolding), unfolding));
}
/// How far it is from right-orthonormal (sum_p A[p] A[p]^H = 1).
template <class T, std::size_t N>
double right_defect(const xt::xtensor<T, N>& core) {
    const std::size_t bond = core.shape(0);
    auto unfolding = xt::xtensor<T, 2>::from_shape({bond, core.size() / bond});
    std::copy(core.begin(), core.end(), unfolding.begin());
    return distance_from_identity(times(unfolding, adjoint(unfolding)));
}

/// Checks that a chain is orthonormal towards site k from both ends.
template <class T, std::size_t Physical>
double canonical_defect(const xtn::tt::chain<T, Physical>& chain, std::size_t centre) {
    double worst = 0;
    for (std::size_t k = 0; k < centre; ++k) worst = std::max(worst, left_defect(chain.cores()[k]));
    for (std::size_t k = centre + 1; k < chain.site_count(); ++k)
        worst = std::max(worst, right_defect(chain.cores()[k]));
    return worst;
}

}  // namespace random_matrix
