// SPDX-License-Identifier: BSD-3-Clause
// Defines onednn_matmul(), for oneDNN 2 and 3.
#pragma once

#if defined(XTN_ONEDNN)

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>

#include <dnnl.hpp>

#include <xtn/backend/onednn_matmul.hpp>

namespace xtn::backend {

namespace detail {

/// Types, extents, leading dimensions and transpositions of a product, and whether it is added to what is there.
using matmul_shape = std::array<std::int64_t, 8>;

/// A product of one shape, ready to run. Empty where oneDNN has none.
struct matmul_primitive {
    dnnl::matmul run;
    dnnl::memory a, b, c;

    explicit matmul_primitive(const matmul_shape& s) {
        const auto [factors, flags, m, n, k, lda, ldb, ldc] = s;
        const auto type = static_cast<dnnl::memory::data_type>(factors);
        const auto matrix = [](std::int64_t rows, std::int64_t columns, dnnl::memory::data_type t, std::int64_t leading,
                               bool transposed) {
            const dnnl::memory::dims strides =
                transposed ? dnnl::memory::dims{1, leading} : dnnl::memory::dims{leading, 1};
            return dnnl::memory::desc({rows, columns}, t, strides);
        };
        const dnnl::memory::desc of_a = matrix(m, k, type, lda, (flags & 1) != 0),
                                 of_b = matrix(k, n, type, ldb, (flags & 2) != 0),
                                 of_c = matrix(m, n, dnnl::memory::data_type::f32, ldc, false);
        dnnl::primitive_attr attributes;
        if ((flags & 4) != 0) {
            dnnl::post_ops adds;
            adds.append_sum(1.0f);
            attributes.set_post_ops(adds);
        }
        const dnnl::engine& cpu = processor();
#if DNNL_VERSION_MAJOR >= 3
        const dnnl::matmul::primitive_desc found(cpu, of_a, of_b, of_c, attributes, true);
#else
        const dnnl::matmul::primitive_desc found({of_a, of_b, of_c}, attributes, cpu, true);
#endif
        if (!found) return;
        run = dnnl::matmul(found);
        a = dnnl::memory(of_a, cpu, DNNL_MEMORY_NONE);
        b = dnnl::memory(of_b, cpu, DNNL_MEMORY_NONE);
        c = dnnl::memory(of_c, cpu, DNNL_MEMORY_NONE);
    }

    static const dnnl::engine& processor() {
        static const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
        return cpu;
    }
};

/// This thread's primitive for a shape. A program has few shapes; one that has many begins anew now and then.
inline matmul_primitive& matmul_for(const matmul_shape& s) {
    static thread_local std::map<matmul_shape, matmul_primitive> made;
    const auto found = made.find(s);
    if (found != made.end()) return found->second;
    if (made.size() == 1024) made.clear();
    return made.try_emplace(s, s).first->second;
}

}  // namespace detail

XTN_INLINE bool onednn_matmul(dnnl_data_type_t factors, bool transpose_a, bool transpose_b, std::int64_t m,
                              std::int64_t n, std::int64_t k, const void* a, std::int64_t lda, const void* b,
                              std::int64_t ldb, float beta, float* c, std::int64_t ldc) {
    const detail::one_openmp_thread alone;
    const std::int64_t flags = (transpose_a ? 1 : 0) | (transpose_b ? 2 : 0) | (beta != 0 ? 4 : 0);
    detail::matmul_primitive& product = detail::matmul_for({factors, flags, m, n, k, lda, ldb, ldc});
    if (!product.run) return false;
    if (beta != 0 && beta != 1)
        for (std::int64_t i = 0; i < m; ++i)
            for (std::int64_t j = 0; j < n; ++j) c[i * ldc + j] *= beta;
    product.a.set_data_handle(const_cast<void*>(a));  // only read
    product.b.set_data_handle(const_cast<void*>(b));
    product.c.set_data_handle(c);
    static thread_local dnnl::stream stream(detail::matmul_primitive::processor());
    product.run.execute(stream, {{DNNL_ARG_SRC, product.a}, {DNNL_ARG_WEIGHTS, product.b}, {DNNL_ARG_DST, product.c}});
    stream.wait();
    return true;
}

}  // namespace xtn::backend

#endif
