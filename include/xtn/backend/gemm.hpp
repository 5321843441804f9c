// SPDX-License-Identifier: BSD-3-Clause
// Matrix products through xtensor-blas: C = alpha op(A) op(B) + beta C on row-major storage with leading dimensions. The one door
// to whatever multiplies: plain loops, oneDNN (onednn.hpp) or the BLAS.
//
// xblas_config.hpp comes first: xtensor-blas 0.21 to 0.23 otherwise compile FLENS's loops and never call the BLAS.
#pragma once

#include <cmath>
#include <complex>
#include <cstdint>
#include <iostream>
#include <type_traits>

#include <xtensor-blas/xblas_config.hpp>

#include <xflens/cxxblas/cxxblas.cxx>

#include <xtn/backend/onednn.hpp>
#include <xtn/backend/scalar.hpp>
#include <xtn/backend/threads.hpp>

namespace xtn::backend {

/// Up to so many multiply-adds plain loops beat the BLAS, whose call alone takes as long: three times at 2 x 2 x 2, and
/// break even at 3 x 3 x 3 (bench_contraction).
inline constexpr std::int64_t smallest_blas_product = 32;

/// From so many multiply-adds on oneDNN beats the BLAS; a call of it takes half a microsecond (bench_products).
inline constexpr std::int64_t smallest_onednn_product = 1 << 15;

/// From so many multiply-adds on a product may use the threads of the BLAS: 256^3 take a quarter of a millisecond on one,
/// and waiting for a thread that another program keeps from running takes several. Products of OpenBLAS below the
/// second number start none of their own accord.
inline constexpr std::int64_t smallest_shared_product = std::int64_t{1} << 24, smallest_threaded_product = 1 << 13;

/// gemm() in plain loops.
template <scalar T>
inline void small_gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, T alpha,
                       const T* a, std::int64_t lda, const T* b, std::int64_t ldb, T beta, T* c, std::int64_t ldc) {
    const std::int64_t a_row = transpose_a ? 1 : lda, a_column = transpose_a ? lda : 1;
    const std::int64_t b_row = transpose_b ? 1 : ldb, b_column = transpose_b ? ldb : 1;
    for (std::int64_t i = 0; i < m; ++i)
        for (std::int64_t j = 0; j < n; ++j) {
            T sum = 0;
            for (std::int64_t p = 0; p < k; ++p) sum += a[i * a_row + p * a_column] * b[p * b_row + j * b_column];
            T& result = c[i * ldc + j];
            result = beta == T(0) ? alpha * sum : alpha * sum + beta * result;
        }
}

/// gemm() by the BLAS. One row or column of C goes to gemv, where BLAS libraries are far faster than with a thin gemm.
template <scalar T>
inline void blas_gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, T alpha,
                      const T* a, std::int64_t lda, const T* b, std::int64_t ldb, T beta, T* c, std::int64_t ldc) {
    using namespace cxxblas;
    const auto i = [](std::int64_t x) { return static_cast<int>(x); };
    const auto op = [](bool transposed) { return transposed ? Trans : NoTrans; };
    if (m == 1 && n > 1)  // c^T = op(B)^T a^T
        gemv(RowMajor, op(!transpose_b), i(transpose_b ? n : k), i(transpose_b ? k : n), alpha, b, i(ldb), a,
             i(transpose_a ? lda : 1), beta, c, 1);
    else if (n == 1 && m > 1)
        gemv(RowMajor, op(transpose_a), i(transpose_a ? k : m), i(transpose_a ? m : k), alpha, a, i(lda), b,
             i(transpose_b ? 1 : ldb), beta, c, i(ldc));
    else
        cxxblas::gemm(RowMajor, op(transpose_a), op(transpose_b), i(m), i(n), i(k), alpha, a, i(lda), b, i(ldb), beta,
                      c, i(ldc));
}

/// C (m x n) = alpha op(A) op(B) + beta C, row-major. op(A) is m x k, op(B) is k x n; `transpose_a` says that A is
/// stored k x m. beta = 0 overwrites C without reading it.
template <scalar T>
inline void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, T alpha,
                 const T* a, std::int64_t lda, const T* b, std::int64_t ldb, T beta, T* c, std::int64_t ldc) {
    if (m * n * k <= smallest_blas_product)
        return small_gemm(transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
    if constexpr (is_complex<T>)
        // gemv of OpenBLAS 0.3.21 reads one element behind a complex vector where the result has 4 j + 2 (its issue 4013).
        // So the last term of the sums is added here, and its element is the one behind the vector.
        if ((m == 1) != (n == 1)) {
            --k;
            small_gemm(transpose_a, transpose_b, m, n, 1, alpha, a + k * (transpose_a ? lda : 1), lda,
                       b + k * (transpose_b ? 1 : ldb), ldb, beta, c, ldc);
            beta = 1;
        }
    const std::int64_t work = m * n * k;
#if defined(XTN_ONEDNN)
    if constexpr (std::is_same_v<T, float>)
        if (m > 1 && n > 1 && work >= smallest_onednn_product &&
            onednn_gemm(transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc))
            return;
#endif
    const xtn::detail::unshared_call one_thread(work >= smallest_threaded_product && work < smallest_shared_product);
    blas_gemm(transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

}  // namespace xtn::backend
