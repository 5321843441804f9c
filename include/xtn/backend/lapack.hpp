// SPDX-License-Identifier: BSD-3-Clause
// LAPACK through xtensor-blas: the routines that decompositions need, on column-major matrices without gaps, with their
// workspace. Each returns LAPACK's info: 0, or how it failed.
//
// Row-major storage of A is column-major storage of A^T. So a caller gets the factors of A^T, and reads them row-major as
// those of A in the opposite order: nothing is transposed.
#pragma once

#include <algorithm>
#include <array>
#include <climits>
#include <cmath>
#include <complex>
#include <cstddef>
#include <limits>
#include <vector>

#include <xtn/backend/gemm.hpp>  // first: it configures xtensor-blas and defines macros that the LAPACK files need
#include <xtn/backend/scalar.hpp>
#include <xtn/backend/xtensor.hpp>

#include <xflens/cxxlapack/interface/gelqf.tcc>
#include <xflens/cxxlapack/interface/geqrf.tcc>
#include <xflens/cxxlapack/interface/gesdd.tcc>
#include <xflens/cxxlapack/interface/gesvd.tcc>
#include <xflens/cxxlapack/interface/orglq.tcc>
#include <xflens/cxxlapack/interface/orgqr.tcc>
#include <xflens/cxxlapack/interface/posv.tcc>
#include <xflens/cxxlapack/interface/stev.tcc>
#include <xflens/cxxlapack/interface/unglq.tcc>
#include <xflens/cxxlapack/interface/ungqr.tcc>

namespace xtn::backend {

namespace detail {

/// Calls LAPACK twice, for the size of its workspace and for the work. `call(work, size)` returns LAPACK's info. Its many
/// small products share no threads up to matrices of 512 x 512.
template <scalar T, class Call>
int with_workspace(int m, int n, Call call) {
    const double work_of_call = static_cast<double>(m) * n * std::min(m, n);
    const xtn::detail::unshared_call one_thread(work_of_call <= 512.0 * 512.0 * 512.0);
    T size{};
    if (const int info = call(&size, -1); info != 0) return info;
    // A size above 2^24 may have been rounded down to a float.
    using real = real_of<T>;
    const real rounded_up = std::nextafter(std::real(size), std::numeric_limits<real>::max());
    std::vector<T> work(static_cast<std::size_t>(rounded_up) + 1);
    return call(work.data(), static_cast<int>(std::min<std::size_t>(work.size(), INT_MAX)));
}

}  // namespace detail

/// A matrix that LAPACK works on. Behind it lies room for one more row: gemv of complex numbers reads one element of a
/// vector too many in OpenBLAS 0.3.21 (its issue 4013), and LAPACK's vectors are rows and columns of its matrices.
template <scalar T>
class lapack_matrix {
public:
    lapack_matrix(std::size_t rows, std::size_t columns) : memory_((rows + 1) * columns), shape_{rows, columns} {}
    explicit lapack_matrix(const xt::xtensor<T, 2>& a) : lapack_matrix(a.shape(0), a.shape(1)) { *this = a; }
    lapack_matrix& operator=(const xt::xtensor<T, 2>& a) {
        std::copy(a.begin(), a.end(), memory_.begin());
        return *this;
    }

    T* data() { return memory_.data(); }
    /// The leading rows and columns.
    xt::xtensor<T, 2> part(std::size_t rows, std::size_t columns) const {
        xt::xtensor<T, 2> leading(std::array{rows, columns});
        for (std::size_t i = 0; i < rows; ++i)
            std::copy_n(memory_.data() + i * shape_[1], columns, leading.data() + i * columns);
        return leading;
    }
    xt::xtensor<T, 2> whole() const { return part(shape_[0], shape_[1]); }

private:
    std::vector<T> memory_;
    std::array<std::size_t, 2> shape_;
};

/// A = L Q for an m x n matrix: L in the lower part of a, Q as reflections in the rest and in tau (min(m, n)).
template <scalar T>
int gelqf(int m, int n, T* a, T* tau) {
    return detail::with_workspace<T>(
        m, n, [&](T* work, int size) { return cxxlapack::gelqf<int>(m, n, a, m, tau, work, size); });
}

/// A = Q R for an m x n matrix: R in the upper part of a, Q as reflections in the rest and in tau (min(m, n)).
template <scalar T>
int geqrf(int m, int n, T* a, T* tau) {
    return detail::with_workspace<T>(
        m, n, [&](T* work, int size) { return cxxlapack::geqrf<int>(m, n, a, m, tau, work, size); });
}

/// The first k rows of Q from k reflections in the rows of a (lda x n). LAPACK calls it orglq, or unglq if complex.
template <scalar T>
int form_rows(int k, int n, T* a, int lda, const T* tau) {
    return detail::with_workspace<T>(k, n, [&](T* work, int size) {
        if constexpr (is_complex<T>)
            return cxxlapack::unglq<int>(k, n, k, a, lda, tau, work, size);
        else
            return cxxlapack::orglq<int>(k, n, k, a, lda, tau, work, size);
    });
}

/// The first k columns of Q from k reflections in the columns of a (m x k). LAPACK calls it orgqr, or ungqr if complex.
template <scalar T>
int form_columns(int m, int k, T* a, const T* tau) {
    return detail::with_workspace<T>(m, k, [&](T* work, int size) {
        if constexpr (is_complex<T>)
            return cxxlapack::ungqr<int>(m, k, k, a, m, tau, work, size);
        else
            return cxxlapack::orgqr<int>(m, k, k, a, m, tau, work, size);
    });
}

/// The thin SVD of an m x n matrix, k = min(m, n), by divide and conquer: s (k), u (m x k), vt (k x n). a is overwritten.
template <scalar T>
int gesdd(int m, int n, T* a, real_of<T>* s, T* u, T* vt) {
    const int k = std::min(m, n);
    const auto shorter = static_cast<std::size_t>(k), longer = static_cast<std::size_t>(std::max(m, n));
    std::vector<int> integers(8 * shorter);
    std::vector<real_of<T>> reals(is_complex<T> ? shorter * std::max(5 * shorter + 7, 2 * longer + 2 * shorter + 1)
                                                : 0);
    return detail::with_workspace<T>(m, n, [&](T* work, int size) {
        if constexpr (is_complex<T>)
            return cxxlapack::gesdd<int>('S', m, n, a, m, s, u, m, vt, k, work, size, reals.data(), integers.data());
        else
            return cxxlapack::gesdd<int>('S', m, n, a, m, s, u, m, vt, k, work, size, integers.data());
    });
}

/// The same by QR iteration: slower, and converges where divide and conquer may not.
template <scalar T>
int gesvd(int m, int n, T* a, real_of<T>* s, T* u, T* vt) {
    const int k = std::min(m, n);
    std::vector<real_of<T>> reals(is_complex<T> ? 5 * static_cast<std::size_t>(k) : 0);
    return detail::with_workspace<T>(m, n, [&](T* work, int size) {
        if constexpr (is_complex<T>)
            return cxxlapack::gesvd<int>('S', 'S', m, n, a, m, s, u, m, vt, k, work, size, reals.data());
        else
            return cxxlapack::gesvd<int>('S', 'S', m, n, a, m, s, u, m, vt, k, work, size);
    });
}

/// X of A X = B in place of B (n x columns), for a positive definite n x n matrix A, which is overwritten.
inline int posv(int n, int columns, double* a, double* b) {
    const xtn::detail::unshared_call one_thread(n <= 512);
    return cxxlapack::posv<int>('L', n, columns, a, n, b, n);
}

/// The eigenvalues, ascending, of a symmetric tridiagonal n x n matrix in place of its diagonal, and the eigenvectors
/// (n x n). `beside` holds the n - 1 numbers beside the diagonal and is overwritten.
inline int stev(int n, double* diagonal, double* beside, double* vectors) {
    std::vector<double> work(2 * static_cast<std::size_t>(n));
    return cxxlapack::stev<int>('V', n, diagonal, beside, vectors, n, work.data());
}

}  // namespace xtn::backend
