// SPDX-License-Identifier: BSD-3-Clause
// Products of bfloat16 matrices with sums in float: by oneDNN where the processor has instructions for them. Elsewhere the
// factors are widened, and multiplied as floats: the product of two bfloat16 numbers is one, so that only the order of the
// sums differs.
#pragma once

#include <cstddef>
#include <cstdint>

#include <xtn/backend/arena.hpp>
#include <xtn/backend/engine.hpp>
#include <xtn/backend/gemm.hpp>
#include <xtn/backend/onednn_matmul.hpp>
#include <xtn/core/bfloat16.hpp>

namespace xtn::backend {

namespace detail {

/// A matrix of so many rows and columns as floats.
inline const float* widened(const bfloat16* x, std::int64_t rows, std::int64_t columns, std::int64_t leading,
                            workspace_frame& frame) {
    float* const wide = frame.take<float>(static_cast<std::size_t>(rows * columns));
    for (std::int64_t i = 0; i < rows; ++i)
        widen_to(static_cast<std::size_t>(columns), x + i * leading, wide + i * columns);
    return wide;
}

}  // namespace detail

/// gemm() for factors of bfloat16.
inline void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, float alpha,
                 const bfloat16* a, std::int64_t lda, const bfloat16* b, std::int64_t ldb, float beta, float* c,
                 std::int64_t ldc) {
#if defined(XTN_ONEDNN)
    if (alpha == 1 && m * n * k >= smallest_onednn_product && has_bfloat16_products() &&
        onednn_matmul(dnnl_bf16, transpose_a, transpose_b, m, n, k, a, lda, b, ldb, beta, c, ldc))
        return;
#endif
    workspace_frame frame;
    const std::int64_t of_a = transpose_a ? m : k, of_b = transpose_b ? k : n;
    gemm(transpose_a, transpose_b, m, n, k, alpha, detail::widened(a, transpose_a ? k : m, of_a, lda, frame), of_a,
         detail::widened(b, transpose_b ? n : k, of_b, ldb, frame), of_b, beta, c, ldc);
}

}  // namespace xtn::backend
