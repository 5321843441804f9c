// SPDX-License-Identifier: BSD-3-Clause
// The lowest eigenpair of a Hermitian map that is given by what it does to a tensor: the local problem of DMRG. Lanczos
// (J. Res. Natl. Bur. Stand. 45, 1950): in the orthonormal basis v_1, v_2, ... of the Krylov space
//
//     beta_j v_{j+1} = A v_j - alpha_j v_j - beta_{j-1} v_{j-1},
//
// A is the tridiagonal matrix of alpha and beta. Its lowest eigenpair (mu, s) gives mu and x = sum_j s_j v_j, and the
// residual |A x - mu x| = beta_k |s_k| without another product (Parlett, The Symmetric Eigenvalue Problem, section 13.2).
// Every new vector is made orthogonal to all before it, twice: the spaces are small, and rounding leaves no ghosts.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <xtn/backend/lapack.hpp>
#include <xtn/tt/common.hpp>
#include <xtn/tt/truncation.hpp>

namespace xtn::tt {

/// When lowest_eigenpair stops.
struct krylov {
    std::size_t steps = 20;    ///< the largest number of products with the map, at least 1
    double tolerance = 1e-12;  ///< the residual, relative to the largest |eigenvalue| seen, that is small enough
};

/// An eigenvalue and its vector, of norm 1.
template <class Tensor>
struct eigenpair {
    double value;
    Tensor vector;
    double residual;  ///< |A x - value x|_F
};

namespace detail {

template <scalar T, std::size_t N>
T dot(const xt::xtensor<T, N>& x, const xt::xtensor<T, N>& y) {
    std::conditional_t<is_complex<T>, std::complex<double>, double> sum{};
    for (std::size_t i = 0; i < x.size(); ++i) {
        using wide = decltype(sum);
        if constexpr (is_complex<T>)
            sum += std::conj(wide(x.data()[i])) * wide(y.data()[i]);
        else
            sum += wide{x.data()[i]} * wide{y.data()[i]};
    }
    return static_cast<T>(sum);
}

/// y += factor x
template <scalar T, std::size_t N>
void add_to(xt::xtensor<T, N>& y, T factor, const xt::xtensor<T, N>& x) {
    for (std::size_t i = 0; i < x.size(); ++i) y.data()[i] += factor * x.data()[i];
}

/// The eigenvalues of a symmetric tridiagonal matrix, ascending, and the eigenvector of the lowest.
struct tridiagonal_eigen {
    std::vector<double> values, lowest;

    tridiagonal_eigen(const std::vector<double>& diagonal, std::vector<double> beside) : values(diagonal) {
        const std::size_t n = diagonal.size();
        std::vector<double> vectors(n * n);
        beside.resize(n);
        if (backend::stev(static_cast<int>(n), values.data(), beside.data(), vectors.data()) != 0)
            throw numeric_error("xtn::tt::lowest_eigenpair: the tridiagonal problem did not converge");
        lowest.assign(vectors.begin(), vectors.begin() + static_cast<std::ptrdiff_t>(n));
    }
};

}  // namespace detail

/// The lowest eigenvalue of a Hermitian map and its vector, from the Krylov space of a start that is not orthogonal to
/// it. map(x) is A x as a tensor of the same shape, or as a lazy contraction. Throws shape_error where steps is 0 or a
/// product has another shape, numeric_error where the tolerance is negative, the start is zero, or it or a product is not
/// finite.
template <scalar T, std::size_t N, class Map>
eigenpair<xt::xtensor<T, N>> lowest_eigenpair(const Map& map, xt::xtensor<T, N> start, const krylov& limit = {}) {
    const std::string caller = "xtn::tt::lowest_eigenpair";
    if (limit.steps == 0) throw shape_error(caller + ": the number of steps is 0, it must be at least 1");
    if (!backend::all_finite(1, &limit.tolerance) || limit.tolerance < 0)
        throw numeric_error(caller + ": the tolerance must be finite and at least 0");
    const auto finite_norm = [&](const xt::xtensor<T, N>& x, const char* what) {
        const double norm = frobenius_norm(x);
        if (!backend::all_finite(1, &norm)) throw numeric_error(caller + ": the norm of " + what + " is not finite");
        return norm;
    };
    std::vector<xt::xtensor<T, N>> basis;
    std::vector<double> alpha, beta;
    if (finite_norm(start, "the start") == 0) throw numeric_error(caller + ": the start is zero");
    for (xt::xtensor<T, N> next = std::move(start);;) {
        detail::take_power(next);
        const auto length = static_cast<real_of<T>>(frobenius_norm(next));
        for (T& x : next) x /= length;
        basis.push_back(std::move(next));
        next = map(std::as_const(basis.back()));
        if (next.shape() != basis.back().shape())
            throw shape_error(caller + ": the map makes a tensor of shape " +
                              to_string(geometry::row_major(next.shape())) + " of one of shape " +
                              to_string(geometry::row_major(basis.back().shape())));
        alpha.push_back(static_cast<double>(std::real(detail::dot(basis.back(), next))));
        for (int pass = 0; pass < 2; ++pass)
            for (const auto& v : basis) detail::add_to(next, -detail::dot(v, next), v);
        const double rest = finite_norm(next, "a product");

        const detail::tridiagonal_eigen small(alpha, beta);
        const double residual = rest * std::abs(small.lowest.back());
        const double scale = std::max(std::abs(small.values.front()), std::abs(small.values.back()));
        const bool complete = basis.size() == std::min(limit.steps, next.size());
        if (residual > limit.tolerance * scale && !complete) {
            beta.push_back(rest);
            continue;
        }
        eigenpair<xt::xtensor<T, N>> lowest{small.values.front(), xt::zeros<T>(next.shape()), residual};
        for (std::size_t j = 0; j < basis.size(); ++j)
            detail::add_to(lowest.vector, static_cast<T>(static_cast<real_of<T>>(small.lowest[j])), basis[j]);
        return lowest;
    }
}

}  // namespace xtn::tt
