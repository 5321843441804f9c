// SPDX-License-Identifier: BSD-3-Clause
// Matrix products through xtensor-blas: C = alpha op(A) op(B) + beta C on row-major storage with leading dimensions.
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

namespace xtn {

/// The scalar types of a network.
template <class T>
concept scalar = std::is_same_v<T, float> || std::is_same_v<T, double> || std::is_same_v<T, std::complex<float>> ||
    std::is_same_v<T, std::complex<double>>;

template <scalar T>
inline constexpr bool is_complex = !std::is_floating_point_v<T>;

namespace backend {

/// C (m x n) = alpha op(A) op(B) + beta C, row-major. op(A) is m x k, op(B) is k x n; `transpose_a` says that A is stored
/// k x m. beta = 0 overwrites C without reading it. One row or column of C goes to gemv, where BLAS libraries are far
/// faster than with a thin gemm.
template <scalar T>
inline void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, T alpha,
                 const T* a, std::int64_t lda, const T* b, std::int64_t ldb, T beta, T* c, std::int64_t ldc) {
    using namespace cxxblas;
    const auto i = [](std::int64_t x) { return static_cast<int>(x); };
    const auto op = [](bool transposed) { return transposed ? Trans : NoTrans; };
    if (m == 1 && n > 1 && k > 0)  // c^T = op(B)^T a^T
        gemv(RowMajor, op(!transpose_b), i(transpose_b ? n : k), i(transpose_b ? k : n), alpha, b, i(ldb), a,
             i(transpose_a ? lda : 1), beta, c, 1);
    else if (n == 1 && m > 1 && k > 0)
        gemv(RowMajor, op(transpose_a), i(transpose_a ? k : m), i(transpose_a ? m : k), alpha, a, i(lda), b,
             i(transpose_b ? 1 : ldb), beta, c, i(ldc));
    else
        cxxblas::gemm(RowMajor, op(transpose_a), op(transpose_b), i(m), i(n), i(k), alpha, a, i(lda), b, i(ldb), beta,
                      c, i(ldc));
}

}  // namespace backend
}  // namespace xtn
