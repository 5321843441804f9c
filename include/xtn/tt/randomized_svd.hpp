// SPDX-License-Identifier: BSD-3-Clause
// The leading part of an SVD from a random sketch: Halko, Martinsson and Tropp, "Finding structure with randomness",
// SIAM Review 53 (2011), algorithms 4.4 (subspace iteration) and 5.1. For a tall M (A itself, or A^H of a wide A):
//
//     Q = orth(M Omega), Omega Gaussian with rank + oversampling columns;   q times: Q = orth(M orth(M^H Q))
//     M ~ Q (Q^H M),  and the SVD of the small Q^H M gives the rest.
//
// Every product is made orthonormal again: without it rounding loses the directions whose singular value is below
// eps^(1 / (2 q + 1)) of the largest. Products dominate, 2 m n (rank + oversampling) flops each, 2 q + 2 of them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <span>
#include <string>
#include <utility>

#include <xtn/backend/random.hpp>
#include <xtn/expr/einsum.hpp>
#include <xtn/tt/qr.hpp>
#include <xtn/tt/svd.hpp>

namespace xtn::tt {

/// How a matrix is sketched. The same seed gives the same sketch everywhere.
struct sketch {
    std::size_t oversampling = 10;     ///< columns beyond the rank
    std::size_t power_iterations = 2;  ///< each divides the excess over the optimal error, at two more products
    std::uint64_t seed = 0;
};

/// An approximation of the leading `rank` (or min(m, n), if smaller) singular values and vectors of a matrix with finite
/// entries. Where the sketch would be as wide as the matrix, the exact ones. Throws numeric_error for a non-finite entry or a norm beyond T,
/// shape_error for an empty matrix, one beyond LAPACK's sizes, or a rank of 0.
template <scalar T>
svd_result<T> randomized_svd(const xt::xtensor<T, 2>& a, std::size_t rank, const sketch& how = {}) {
    using matrix = xt::xtensor<T, 2>;
    detail::require_matrix(a, "xtn::tt::randomized_svd");
    if (rank == 0) throw shape_error("xtn::tt::randomized_svd: the rank is 0, it must be at least 1");
    const std::size_t m = a.shape(0), n = a.shape(1), shorter = std::min(m, n);
    if (rank >= shorter || how.oversampling >= shorter - rank) return svd(a).leading(rank);
    detail::require_finite(a, "xtn::tt::randomized_svd");
    if (const int e = detail::scaled_norm(a).exponent;
        std::abs(e) > std::numeric_limits<real_of<T>>::max_exponent / 4) {
        matrix scaled = a;
        backend::multiply_by_power(std::span<T>(scaled.data(), scaled.size()), -e);
        svd_result<T> f = randomized_svd(scaled, rank, how);
        backend::multiply_by_power(std::span<real_of<T>>(f.s), e);
        detail::require_results(std::span<const real_of<T>>(f.s), "xtn::tt::randomized_svd");
        return f;
    }

    const bool tall = m >= n;
    // A X, and A^H X as conj(A^T conj(X)), which spares a conjugate copy of A.
    const auto times = [&](const matrix& x) -> matrix { return einsum<"ij,jk->ik">(a, x); };
    const auto adjoint_times = [&](const matrix& x) -> matrix {
        const matrix y = einsum<"ij,ik->jk">(a, detail::conjugated(x));
        return detail::conjugated(y);
    };
    const auto forward = [&](const matrix& x) { return tall ? times(x) : adjoint_times(x); };   // M X
    const auto backward = [&](const matrix& x) { return tall ? adjoint_times(x) : times(x); };  // M^H X

    random_stream random(how.seed);
    matrix omega(std::array{shorter, rank + how.oversampling});
    random.fill_normal(std::span<T>(omega.data(), omega.size()), 1.0);
    matrix q = qr(forward(omega)).q;
    for (std::size_t i = 0; i < how.power_iterations; ++i) q = qr(forward(qr(backward(q)).q)).q;

    // M^H Q = u s vt, so M ~ (Q vt^H) s u^H, and A is M or M^H.
    svd_result<T> f = svd(backward(q)).leading(rank);
    const auto& conj_q = detail::conjugated(q);
    const matrix outer = einsum<"ri,ji->rj">(f.vt, conj_q);  // vt Q^H
    if (!tall) return {std::move(f.u), std::move(f.s), outer};
    svd_result<T> result;
    result.s = std::move(f.s);
    result.u = einsum<"rj->jr">(detail::conjugated(outer));
    result.vt = einsum<"jr->rj">(detail::conjugated(f.u));
    return result;
}

/// The same for any other matrix expression. Throws shape_error unless it has two axes.
template <class E>
auto randomized_svd(const xt::xexpression<E>& a, std::size_t rank, const sketch& how = {}) {
    return randomized_svd(detail::row_major_matrix(a, "xtn::tt::randomized_svd"), rank, how);
}

}  // namespace xtn::tt
