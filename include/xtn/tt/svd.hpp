// SPDX-License-Identifier: BSD-3-Clause
// The thin singular value decomposition A = U diag(s) V^T of a row-major matrix, and where to truncate it.
//
// Row-major storage of A is column-major storage of A^T = V diag(s) U^T, and the factors that LAPACK returns for A^T are,
// read row-major, V^T and U. So nothing is transposed; the one copy is of A, which LAPACK overwrites.
// gesdd (divide and conquer) is the fast driver; where it fails to converge, gesvd (QR iteration) is tried.
#pragma once

#include <algorithm>
#include <climits>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <xtn/backend/gemm.hpp>  // first: it configures xtensor-blas and defines macros that the LAPACK files need
#include <xtn/backend/simd.hpp>
#include <xtn/backend/xtensor.hpp>
#include <xtn/core/error.hpp>

#include <xflens/cxxlapack/interface/gesdd.tcc>
#include <xflens/cxxlapack/interface/gesvd.tcc>

namespace xtn::tt {

/// The real scalar types, for which this library decomposes.
template <class T>
concept real_scalar = scalar<T> && std::floating_point<T>;

/// A = u diag(s) vt for an m x n matrix A, with k = min(m, n).
template <real_scalar T>
struct svd_result {
    xt::xtensor<T, 2> u;   ///< m x k, orthonormal columns
    std::vector<T> s;      ///< k values, descending, none negative
    xt::xtensor<T, 2> vt;  ///< k x n, orthonormal rows
};

/// A column-major matrix and the room for its thin SVD, a = u diag(s) vt with k = min(m, n): what a driver solves.
template <real_scalar T>
struct svd_problem {
    int m, n;
    T* a;   ///< m x n, may be overwritten
    T* s;   ///< k
    T* u;   ///< m x k
    T* vt;  ///< k x n

    int k() const { return std::min(m, n); }
};

namespace detail {

/// Calls LAPACK twice, for the size of its workspace and for the work. `call(work, size)` returns LAPACK's info.
template <real_scalar T, class Call>
int with_workspace(Call call) {
    T size{};
    if (const int info = call(&size, -1); info != 0) return info;
    // A size above 2^24 may have been rounded down to a float.
    std::vector<T> work(static_cast<std::size_t>(std::nextafter(size, std::numeric_limits<T>::max())) + 1);
    return call(work.data(), static_cast<int>(std::min<std::size_t>(work.size(), INT_MAX)));
}

/// Throws numeric_error, naming the caller and the first bad entry, unless all entries are finite.
template <real_scalar T>
void require_finite(const xt::xtensor<T, 2>& a, const char* caller) {
    if (backend::all_finite(a.size(), a.data())) return;
    std::size_t i = 0;
    while (backend::all_finite(1, a.data() + i)) ++i;
    throw numeric_error(std::string(caller) + ": entry (" + std::to_string(i / a.shape(1)) + ", " +
                        std::to_string(i % a.shape(1)) + ") of the " + std::to_string(a.shape(0)) + " x " +
                        std::to_string(a.shape(1)) + " matrix is not finite");
}

}  // namespace detail

/// LAPACK's gesdd, the fast driver. A driver solves the problem and returns 0, or another number if it fails.
struct divide_and_conquer {
    template <real_scalar T>
    int operator()(const svd_problem<T>& p) const {
        std::vector<int> iwork(8 * static_cast<std::size_t>(p.k()));
        return detail::with_workspace<T>([&](T* work, int size) {
            return cxxlapack::gesdd<int>('S', p.m, p.n, p.a, p.m, p.s, p.u, p.m, p.vt, p.k(), work, size, iwork.data());
        });
    }
};

/// LAPACK's gesvd, the robust driver.
struct qr_iteration {
    template <real_scalar T>
    int operator()(const svd_problem<T>& p) const {
        return detail::with_workspace<T>([&](T* work, int size) {
            return cxxlapack::gesvd<int>('S', 'S', p.m, p.n, p.a, p.m, p.s, p.u, p.m, p.vt, p.k(), work, size);
        });
    }
};

/// The thin SVD of a matrix with finite entries, by the first of these drivers that succeeds. Throws numeric_error for
/// a non-finite entry or if none does, shape_error for an empty matrix or one beyond LAPACK's sizes.
template <real_scalar T, class... Drivers>
requires(sizeof...(Drivers) > 0) svd_result<T> svd(const xt::xtensor<T, 2>& a, const Drivers&... drivers) {
    const std::size_t m = a.shape(0);
    const std::size_t n = a.shape(1);
    const std::size_t k = std::min(m, n);
    const auto shape = [&] { return std::to_string(m) + " x " + std::to_string(n); };
    if (k == 0) throw shape_error("xtn::tt::svd: a matrix with at least one row and column is needed, not " + shape());
    // gesdd's workspace of 4 k^2 + 7 k numbers is counted in int as well.
    if (std::max(m, n) > INT_MAX || k > 23000)
        throw shape_error("xtn::tt::svd: a " + shape() + " matrix is beyond LAPACK's 32-bit sizes; the shorter side " +
                          "may have at most 23000 entries");
    detail::require_finite(a, "xtn::tt::svd");

    svd_result<T> result;
    result.u.resize({m, k});
    result.s.resize(k);
    result.vt.resize({k, n});
    std::vector<T> copy(m * n);
    const svd_problem<T> transposed{static_cast<int>(n), static_cast<int>(m), copy.data(),
                                    result.s.data(),     result.vt.data(),    result.u.data()};
    const auto succeeds = [&](const auto& driver) {
        std::copy_n(a.data(), m * n, copy.data());
        return driver(transposed) == 0;
    };
    if (!(succeeds(drivers) || ...))
        throw numeric_error("xtn::tt::svd: the decomposition of a " + shape() + " matrix did not converge");
    return result;
}

/// The same by divide and conquer and, should that not converge, by QR iteration.
template <real_scalar T>
svd_result<T> svd(const xt::xtensor<T, 2>& a) {
    return svd(a, divide_and_conquer{}, qr_iteration{});
}

/// How much of a decomposition to keep; both limits hold.
struct truncation {
    std::size_t max_bond = std::numeric_limits<std::size_t>::max();  ///< at least 1
    double tolerance = 0;  ///< relative Frobenius error allowed; 0 keeps all values, so that shapes alone decide bonds
};

/// The Frobenius norm of singular values, in double and without overflow of squares.
template <real_scalar T>
double frobenius_norm(std::span<const T> s) {
    double norm = 0;
    for (std::size_t k = s.size(); k-- > 0;) norm = std::hypot(norm, static_cast<double>(s[k]));
    return norm;
}

/// How many singular values to keep: at most `max_bond`, at least one, and otherwise as few as leave the norm of the
/// discarded ones at most `tail`. A tail of 0 discards nothing.
template <real_scalar T>
std::size_t retained_rank(std::span<const T> s, std::size_t max_bond, double tail) {
    std::size_t rank = s.size();
    double discarded = 0;
    while (tail > 0 && rank > 1) {
        discarded = std::hypot(discarded, static_cast<double>(s[rank - 1]));
        if (discarded > tail) break;
        --rank;
    }
    return std::min(rank, max_bond);
}

}  // namespace xtn::tt
