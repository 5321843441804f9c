// SPDX-License-Identifier: BSD-3-Clause
// The thin orthogonal factorisations of a row-major m x n matrix, with k = min(m, n), by Householder reflections:
//
//     A = Q R  (Q: m x k, orthonormal columns; R: k x n, upper trapezoidal),
//     A = L Q  (L: m x k, lower trapezoidal; Q: k x n, orthonormal rows).
//
// QR of a row-major A is LQ of the column-major A^T, and the other way round (backend/lapack.hpp).
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <xtn/backend/lapack.hpp>
#include <xtn/tt/common.hpp>

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

/// These routines fail for illegal arguments only.
inline void require_success(int info, const char* caller) {
    if (info != 0) throw numeric_error(std::string(caller) + ": LAPACK refused argument " + std::to_string(-info));
}

}  // namespace detail

/// A = Q R for a matrix with finite entries. Throws numeric_error for others and for a norm beyond T, shape_error for an empty matrix or one
/// beyond LAPACK's sizes.
template <scalar T>
qr_result<T> qr(const xt::xtensor<T, 2>& a) {
    detail::require_matrix(a, "xtn::tt::qr");
    detail::require_finite(a, "xtn::tt::qr");
    const std::size_t m = a.shape(0), n = a.shape(1), k = std::min(m, n);
    const int rows = static_cast<int>(n), columns = static_cast<int>(m), rank = static_cast<int>(k);  // of A^T
    backend::lapack_matrix<T> packed(a);
    T* const f = packed.data();
    std::vector<T> tau(k);
    detail::require_success(backend::gelqf(rows, columns, f, tau.data()), "xtn::tt::qr");
    qr_result<T> result;
    result.r = xt::zeros<T>(std::array{k, n});
    for (std::size_t i = 0; i < k; ++i) std::copy(f + i * n + i, f + (i + 1) * n, &result.r(i, i));
    detail::require_results(std::span<const T>(result.r.data(), result.r.size()), "xtn::tt::qr");
    detail::require_success(backend::form_rows(rank, columns, f, rows, tau.data()), "xtn::tt::qr");
    result.q = packed.part(m, k);
    return result;
}

/// A = L Q for a matrix with finite entries. Throws numeric_error for others and for a norm beyond T, shape_error for an empty matrix or one
/// beyond LAPACK's sizes.
template <scalar T>
lq_result<T> lq(const xt::xtensor<T, 2>& a) {
    detail::require_matrix(a, "xtn::tt::lq");
    detail::require_finite(a, "xtn::tt::lq");
    const std::size_t m = a.shape(0), n = a.shape(1), k = std::min(m, n);
    const int rows = static_cast<int>(n), columns = static_cast<int>(m), rank = static_cast<int>(k);  // of A^T
    backend::lapack_matrix<T> packed(a);
    T* const f = packed.data();
    std::vector<T> tau(k);
    detail::require_success(backend::geqrf(rows, columns, f, tau.data()), "xtn::tt::lq");
    lq_result<T> result;
    result.l = xt::zeros<T>(std::array{m, k});
    for (std::size_t i = 0; i < m; ++i) std::copy_n(f + i * n, std::min(i + 1, k), result.l.data() + i * k);
    detail::require_results(std::span<const T>(result.l.data(), result.l.size()), "xtn::tt::lq");
    detail::require_success(backend::form_columns(rows, rank, f, tau.data()), "xtn::tt::lq");
    result.q = packed.part(k, n);
    return result;
}

/// The same for any other matrix expression. Throws shape_error unless it has two axes.
template <class E>
auto qr(const xt::xexpression<E>& a) {
    return qr(detail::row_major_matrix(a, "xtn::tt::qr"));
}
/// As qr above.
template <class E>
auto lq(const xt::xexpression<E>& a) {
    return lq(detail::row_major_matrix(a, "xtn::tt::lq"));
}

}  // namespace xtn::tt
