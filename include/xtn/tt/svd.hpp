// SPDX-License-Identifier: BSD-3-Clause
// The thin singular value decomposition A = U diag(s) V^H of a row-major matrix, and where to truncate it.
//
// The column-major A^T = conj(V) diag(s) U^T: LAPACK's factors for it, read row-major, are V^H and U (backend/lapack.hpp). The
// one copy is of A, which LAPACK overwrites.
// gesdd (divide and conquer) is the fast driver; where it fails to converge, gesvd (QR iteration) is tried.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <xtn/backend/lapack.hpp>
#include <xtn/tt/common.hpp>

namespace xtn::tt {

/// A = u diag(s) vt for an m x n matrix A, with k = min(m, n), or fewer where the decomposition is truncated.
template <scalar T>
struct svd_result {
    xt::xtensor<T, 2> u;        ///< m x k, orthonormal columns
    std::vector<real_of<T>> s;  ///< k values, descending, none negative
    xt::xtensor<T, 2> vt;       ///< k x n, orthonormal rows: V^H, which LAPACK calls VT

    /// diag(s) vt
    xt::xtensor<T, 2> s_vt() const {
        xt::xtensor<T, 2> product = vt;
        for (std::size_t r = 0; r < s.size(); ++r)
            for (std::size_t j = 0; j < vt.shape(1); ++j) product(r, j) *= s[r];
        return product;
    }
    /// u diag(s)
    xt::xtensor<T, 2> u_s() const {
        xt::xtensor<T, 2> product = u;
        for (std::size_t i = 0; i < u.shape(0); ++i)
            for (std::size_t r = 0; r < s.size(); ++r) product(i, r) *= s[r];
        return product;
    }
    /// The leading `rank` values and vectors, at most all of them.
    svd_result leading(std::size_t rank) && {
        if (rank >= s.size()) return std::move(*this);
        svd_result part;
        part.s.assign(s.begin(), s.begin() + static_cast<std::ptrdiff_t>(rank));
        part.u.resize({u.shape(0), rank});
        for (std::size_t i = 0; i < u.shape(0); ++i) std::copy_n(&u(i, 0), rank, part.u.data() + i * rank);
        part.vt.resize({rank, vt.shape(1)});
        std::copy_n(vt.data(), part.vt.size(), part.vt.data());
        return part;
    }
};

/// A column-major matrix and the room for its thin SVD, a = u diag(s) vt with k = min(m, n): what a driver solves.
template <scalar T>
struct svd_problem {
    int m, n;
    T* a;           ///< m x n, may be overwritten
    real_of<T>* s;  ///< k
    T* u;           ///< m x k
    T* vt;          ///< k x n

    int k() const { return std::min(m, n); }
};

/// LAPACK's gesdd, the fast driver. A driver solves the problem and returns 0, or another number if it fails.
struct divide_and_conquer {
    template <scalar T>
    int operator()(const svd_problem<T>& p) const {
        return backend::gesdd(p.m, p.n, p.a, p.s, p.u, p.vt);
    }
};

/// LAPACK's gesvd, the robust driver.
struct qr_iteration {
    template <scalar T>
    int operator()(const svd_problem<T>& p) const {
        return backend::gesvd(p.m, p.n, p.a, p.s, p.u, p.vt);
    }
};

/// The thin SVD of a matrix with finite entries, by the first of these drivers that succeeds. Throws numeric_error for
/// a non-finite entry, a norm beyond T, or if none does, shape_error for an empty matrix or one beyond LAPACK's sizes.
template <scalar T, class... Drivers>
requires(sizeof...(Drivers) > 0) svd_result<T> svd(const xt::xtensor<T, 2>& a, const Drivers&... drivers) {
    detail::require_matrix(a, "xtn::tt::svd");
    const std::size_t m = a.shape(0), n = a.shape(1), k = std::min(m, n);
    const auto shape = [&] { return std::to_string(m) + " x " + std::to_string(n); };
    if (k > 23000)  // gesdd's workspace of 4 k^2 + 7 k numbers is counted in int as well
        throw shape_error("xtn::tt::svd: a " + shape() + " matrix is beyond LAPACK's 32-bit sizes; the shorter side " +
                          "may have at most 23000 entries");
    detail::require_finite(a, "xtn::tt::svd");

    backend::lapack_matrix<T> copy(m, n), u(m, k), vt(k, n);
    std::vector<real_of<T>> s(k);
    const svd_problem<T> transposed{
        static_cast<int>(n), static_cast<int>(m), copy.data(), s.data(), vt.data(), u.data()};
    const auto succeeds = [&](const auto& driver) {
        copy = a;
        return driver(transposed) == 0;
    };
    if (!(succeeds(drivers) || ...))
        throw numeric_error("xtn::tt::svd: the decomposition of a " + shape() + " matrix did not converge");
    detail::require_results(std::span<const real_of<T>>(s), "xtn::tt::svd");
    return {u.whole(), std::move(s), vt.whole()};
}

/// The same by divide and conquer and, should that not converge, by QR iteration.
template <scalar T>
svd_result<T> svd(const xt::xtensor<T, 2>& a) {
    return svd(a, divide_and_conquer{}, qr_iteration{});
}

/// The same for any other matrix expression. Throws shape_error unless it has two axes.
template <class E, class... Drivers>
auto svd(const xt::xexpression<E>& a, const Drivers&... drivers) {
    return svd(detail::row_major_matrix(a, "xtn::tt::svd"), drivers...);
}

}  // namespace xtn::tt
