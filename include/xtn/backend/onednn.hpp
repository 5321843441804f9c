// SPDX-License-Identifier: BSD-3-Clause
// Products of float matrices by oneDNN (dnnl_sgemm), in programs that are compiled with XTN_ONEDNN and linked with libdnnl:
// every translation unit of a program, or none. It makes its kernels for the processor it finds, and copies less than a BLAS
// does where matrices are small; docs/guide/15-blas.md has figures.
//
// A call runs on the thread that makes it, whatever OpenMP would give it, so that results do not depend on the number of
// threads: parallelism is the caller's, by lanes and slices. Products with a vector stay with the BLAS, as do other scalar types.
#pragma once

#if defined(XTN_ONEDNN)

#include <cstdint>
#include <string>

#include <dnnl.h>

namespace xtn::backend {

namespace detail {

// OpenMP's own, under names that its header cannot contradict; null in a oneDNN that is built without OpenMP.
extern "C" {
int xtn_openmp_threads(void) __asm__("omp_get_max_threads") __attribute__((weak));
void xtn_set_openmp_threads(int) __asm__("omp_set_num_threads") __attribute__((weak));
}

/// One thread for what this thread starts by OpenMP.
class one_openmp_thread {
public:
    one_openmp_thread() : former_(xtn_openmp_threads != nullptr ? xtn_openmp_threads() : 1) {
        if (former_ != 1) xtn_set_openmp_threads(1);
    }
    ~one_openmp_thread() {
        if (former_ != 1) xtn_set_openmp_threads(former_);
    }
    one_openmp_thread(const one_openmp_thread&) = delete;
    one_openmp_thread& operator=(const one_openmp_thread&) = delete;

private:
    int former_;
};

}  // namespace detail

/// gemm() by oneDNN. False where it cannot, and then C is as it was.
inline bool onednn_gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, float alpha,
                        const float* a, std::int64_t lda, const float* b, std::int64_t ldb, float beta, float* c,
                        std::int64_t ldc) {
    const detail::one_openmp_thread alone;
    const auto letter = [](bool transposed) { return transposed ? 'T' : 'N'; };
    return dnnl_sgemm(letter(transpose_a), letter(transpose_b), m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) ==
           dnnl_success;
}

/// Whether the processor has instructions for products of bfloat16 numbers, AVX512-BF16 or AMX.
inline bool onednn_has_bfloat16() {
    constexpr auto needed = static_cast<unsigned>(dnnl_cpu_isa_avx512_core_bf16);
    static const bool has = (static_cast<unsigned>(dnnl_get_effective_cpu_isa()) & needed) == needed;
    return has;
}

/// "oneDNN 2.6.3".
inline std::string onednn_name() {
    const dnnl_version_t* const v = dnnl_version();
    return "oneDNN " + std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch);
}

}  // namespace xtn::backend

#endif
