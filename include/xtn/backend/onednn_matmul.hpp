// SPDX-License-Identifier: BSD-3-Clause
// Products of bfloat16 matrices by oneDNN's matmul, for processors with instructions for them (AVX512-BF16, AMX). Unlike
// dnnl_sgemm it is a primitive that is made for given extents; each thread keeps those it has made.
#pragma once

#if defined(XTN_ONEDNN)

#include <cstdint>

#include <xtn/backend/onednn.hpp>
#include <xtn/core/inline.hpp>

namespace xtn::backend {

/// C = op(A) op(B) + beta C as gemm() has it; `factors` is the type of A and B, dnnl_bf16 or dnnl_f32. False where oneDNN
/// has no such product for this processor, and then C is as it was.
XTN_INLINE bool onednn_matmul(dnnl_data_type_t factors, bool transpose_a, bool transpose_b, std::int64_t m,
                              std::int64_t n, std::int64_t k, const void* a, std::int64_t lda, const void* b,
                              std::int64_t ldb, float beta, float* c, std::int64_t ldc);

}  // namespace xtn::backend

#if XTN_DEFINE
#include <xtn/backend/onednn_primitives.hpp>
#endif

#endif
