// SPDX-License-Identifier: BSD-3-Clause
// The thin orthogonal factorisations of a row-major m x n matrix, with k = min(m, n), by Householder reflections:
//
//     A = Q R  (Q: m x k, orthonormal columns; R: k x n, upper trapezoidal),
//     A = L Q  (L: m x k, lower trapezoidal; Q: k x n, orthonormal rows).
//
// QR of a row-major A is LQ of the column-major A^T, and the other way round (lapack.hpp).
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include <xtn/tt/lapack.hpp>

#include <xflens/cxxlapack/interface/gelqf.tcc>
#include <xflens/cxxlapack/interface/geqrf.tcc>
#include <xflens/cxxlapack/interface/orglq.tcc>
#include <xflens/cxxlapack/interface/orgqr.tcc>
#include <xflens/cxxlapack/interface/unglq.tcc>
#include <xflens/cxxlapack/interface/ungqr.tcc>

namespace xtn::tt {

/// A = q r for an m x n matrix A, k = min(m, n).
template <scalar T>
struct qr_result {
    xt::xtensor<T, 2> q;  ///< m x k, orthonormal columns
    xt::xtensor<T, 2> r;  ///< k x n, zero below the diagonal
};

/// A = l q for an m x n matrix A, k = min(m, n).
template <scalar T>
struct lq_result {
    xt::xtensor<T, 2> l;  ///< m x k, zero above the diagonal
    xt::xtensor<T, 2> q;  ///< k x n, orthonormal rows
};

namespace detail {

/// with_workspace() for a routine that fails for illegal arguments only.
template <scalar T, class Call>
void run_lapack(const char* caller, Call call) {
    if (const int info = with_workspace<T>(call); info != 0)
        throw numeric_error(std::string(caller) + ": LAPACK refused argument " + std::to_string(-info));
}

/// One name for the routines that write Q out: LAPACK's or... are real, its un... complex.
template <scalar T>
int form_rows(int m, int n, int k, T* a, int lda, const T* tau, T* work, int size) {
    if constexpr (is_complex<T>)
        return cxxlapack::unglq<int>(m, n, k, a, lda, tau, work, size);
    else
        return cxxlapack::orglq<int>(m, n, k, a, lda, tau, work, size);
}
template <scalar T>
int form_columns(int m, int n, int k, T* a, int lda, const T* tau, T* work, int size) {
    if constexpr (is_complex<T>)
        return cxxlapack::ungqr<int>(m, n, k, a, lda, tau, work, size);
    else
        return cxxlapack::orgqr<int>(m, n, k, a, lda, tau, work, size);
}

}  // namespace detail

/// A = Q R for a matrix with finite entries. Throws numeric_error for others, shape_error for an empty matrix or one
/// beyond LAPACK's sizes.
template <scalar T>
qr_result<T> qr(const xt::xtensor<T, 2>& a) {
    detail::require_matrix(a, "xtn::tt::qr");
    detail::require_finite(a, "xtn::tt::qr");
    const std::size_t m = a.shape(0), n = a.shape(1), k = std::min(m, n);
    const int rows = static_cast<int>(n), columns = static_cast<int>(m), rank = static_cast<int>(k);  // of A^T
    detail::lapack_matrix<T> packed(a);
    T* const f = packed.data();
    std::vector<T> tau(k);
    detail::run_lapack<T>("xtn::tt::qr", [&](T* work, int size) {
        return cxxlapack::gelqf<int>(rows, columns, f, rows, tau.data(), work, size);
    });
    qr_result<T> result;
    result.r = xt::zeros<T>(std::array{k, n});
    for (std::size_t i = 0; i < k; ++i) std::copy(f + i * n + i, f + (i + 1) * n, &result.r(i, i));
    detail::run_lapack<T>("xtn::tt::qr", [&](T* work, int size) {
        return detail::form_rows(rank, columns, rank, f, rows, tau.data(), work, size);
    });
    result.q = packed.part(m, k);
    return result;
}

/// A = L Q for a matrix with finite entries. Throws numeric_error for others, shape_error for an empty matrix or one
/// beyond LAPACK's sizes.
template <scalar T>
lq_result<T> lq(const xt::xtensor<T, 2>& a) {
    detail::require_matrix(a, "xtn::tt::lq");
    detail::require_finite(a, "xtn::tt::lq");
    const std::size_t m = a.shape(0), n = a.shape(1), k = std::min(m, n);
    const int rows = static_cast<int>(n), columns = static_cast<int>(m), rank = static_cast<int>(k);  // of A^T
    detail::lapack_matrix<T> packed(a);
    T* const f = packed.data();
    std::vector<T> tau(k);
    detail::run_lapack<T>("xtn::tt::lq", [&](T* work, int size) {
        return cxxlapack::geqrf<int>(rows, columns, f, rows, tau.data(), work, size);
    });
    lq_result<T> result;
    result.l = xt::zeros<T>(std::array{m, k});
    for (std::size_t i = 0; i < m; ++i) std::copy_n(f + i * n, std::min(i + 1, k), result.l.data() + i * k);
    detail::run_lapack<T>("xtn::tt::lq", [&](T* work, int size) {
        return detail::form_columns(rows, rank, rank, f, rows, tau.data(), work, size);
    });
    result.q = packed.part(k, n);
    return result;
}

}  // namespace xtn::tt
