// SPDX-License-Identifier: BSD-3-Clause
// Scaled dot-product attention (Vaswani et al., arXiv 1706.03762, equation 1) of one sequence and one head.
//   S = scale Q K^T,  P = softmax of the rows of S (to the left of the diagonal, and on it, if causal),  O = P V
//   dV = P^T dO,  dP = dO V^T,  dS = scale P (dP - delta),  dQ = dS K,  dK = dS^T Q
//   delta_r = <p_r, dp_r> = <o_r, do_r>: a sum over value_dim instead of time
//   (Dao et al., arXiv 2205.14135, appendix B.2)
//
// Blocks of 64 queries take one matrix product each with the keys they can see, so causal attention does little more
// than half of the full work, and its rows are still in cache for the softmax.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <xtn/backend/gemm.hpp>
#include <xtn/backend/simd.hpp>
#include <xtn/nn/kernels/attention_shape.hpp>
#include <xtn/nn/kernels/softmax.hpp>
#include <xtn/nn/kernels/update.hpp>

namespace xtn::nn::kernels {
namespace detail {

/// C (m x n) = op(A) op(B) + beta C with strided operands.
template <class T>
inline void multiply(bool transpose_a, bool transpose_b, std::size_t m, std::size_t n, std::size_t k,
                     std::type_identity_t<strided_rows<const T>> a, std::type_identity_t<strided_rows<const T>> b,
                     T beta, strided_rows<T> c) {
    const auto i = [](std::size_t x) { return static_cast<std::int64_t>(x); };
    backend::gemm(transpose_a, transpose_b, i(m), i(n), i(k), T(1), a.data, i(a.stride), b.data, i(b.stride), beta,
                  c.data, i(c.stride));
}

/// Queries `first` to `first + rows` and the `keys` that the last of them can see.
struct query_block {
    std::size_t first, rows, keys;
    bool causal;

    query_block(const attention_shape& s, std::size_t row)
        : first(row),
          rows(std::min(attention_block, s.time - row)),
          keys(s.causal ? s.past + row + rows : s.keys()),
          causal(s.causal) {}

    /// Keys that query `first + r` can see.
    std::size_t visible(std::size_t r) const { return causal ? keys - rows + r + 1 : keys; }
};

/// Where the probabilities of a block live: in the residual, or packed in the workspace.
template <class T>
inline strided_rows<T> probabilities_of(const attention_shape& s, const query_block& b, T* residual, T* workspace) {
    if (s.residual == attention_residual::probabilities) return {residual + b.first * s.keys(), s.keys()};
    return {workspace, b.keys};
}

}  // namespace detail

/// out (time x value_dim) = attention of q (time x head_dim), k (keys x head_dim) and v (keys x value_dim), all strided,
/// for one sequence and head; scale > 0. Writes `residual` (shape.head_residual_size()): probabilities are time x keys, of
/// which each block of 64 rows holds the columns it can see, zeros above the diagonal included. `workspace` has
/// shape.forward_workspace_size() elements. shape.batch and shape.heads are not looked at.
template <class T>
inline void attention_head(const attention_shape& shape, T scale, std::type_identity_t<strided_rows<const T>> q,
                           std::type_identity_t<strided_rows<const T>> k, std::type_identity_t<strided_rows<const T>> v,
                           std::type_identity_t<strided_rows<T>> out, T* residual, T* workspace) {
    const std::size_t dim = shape.head_dim;
    for (std::size_t row = 0; row < shape.time; row += attention_block) {
        const detail::query_block b(shape, row);
        const strided_rows<T> p = detail::probabilities_of(shape, b, residual, workspace);
        detail::multiply<T>(false, true, b.rows, b.keys, dim, {q.row(row), q.stride}, {k.data, k.stride}, T(0), p);
        for (std::size_t r = 0; r < b.rows; ++r) {
            const softmax_norm<T> norm = softmax_row(b.visible(r), scale, p.row(r));
            std::fill(p.row(r) + b.visible(r), p.row(r) + b.keys, T(0));
            if (shape.residual == attention_residual::log_sum_exp)
                residual[row + r] = scale * norm.maximum + std::log(norm.sum);
        }
        detail::multiply<T>(false, false, b.rows, shape.value_dim, b.keys, {p.data, p.stride}, {v.data, v.stride}, T(0),
                            out.block(row, 0));
    }
}

/// The pullback of attention_head: dq, dk, dv (=, +=) from dout, with the same q, k, v, `out` and `residual`, which is not
/// nothing; shape.past is 0. `workspace` has shape.backward_workspace_size() elements.
template <class T>
inline void attention_head_backward(const attention_shape& shape, T scale,
                                    std::type_identity_t<strided_rows<const T>> q,
                                    std::type_identity_t<strided_rows<const T>> k,
                                    std::type_identity_t<strided_rows<const T>> v,
                                    std::type_identity_t<strided_rows<const T>> out, const T* residual,
                                    std::type_identity_t<strided_rows<const T>> dout,
                                    std::type_identity_t<strided_rows<T>> dq, std::type_identity_t<strided_rows<T>> dk,
                                    std::type_identity_t<strided_rows<T>> dv, update mode, T* workspace) {
    const std::size_t dim = shape.head_dim;
    const bool stored = shape.residual == attention_residual::probabilities;
    // From the last block to the first: the last one sees every key, so it can begin dk and dv without clearing them.
    T beta = mode == update::replace ? T(0) : T(1);
    for (std::size_t i = (shape.time + attention_block - 1) / attention_block; i-- > 0; beta = T(1)) {
        const std::size_t row = i * attention_block;
        const detail::query_block b(shape, row);
        const strided_rows<T> ds{workspace, b.keys};
        const strided_rows<const T> queries{q.row(row), q.stride}, gradient{dout.row(row), dout.stride};
        strided_rows<const T> p{residual + row * shape.time, shape.time};
        if (!stored) {
            const strided_rows<T> again{workspace + b.rows * b.keys, b.keys};
            detail::multiply<T>(false, true, b.rows, b.keys, dim, queries, k, T(0), again);
            for (std::size_t r = 0; r < b.rows; ++r) {
                softmax_row_again(b.visible(r), scale, residual[row + r], again.row(r));
                std::fill(again.row(r) + b.visible(r), again.row(r) + b.keys, T(0));
            }
            p = {again.data, again.stride};
        }
        detail::multiply<T>(true, false, b.keys, shape.value_dim, b.rows, p, gradient, beta, dv);
        detail::multiply<T>(false, true, b.rows, b.keys, shape.value_dim, gradient, v, T(0), ds);
        for (std::size_t r = 0; r < b.rows; ++r) {
            const T *o = out.row(row + r), *g = gradient.row(r);
            const T delta = backend::sum<T>(shape.value_dim, [o, g](auto w) { return w.load(o) * w.load(g); });
            softmax_row_backward(b.visible(r), scale, delta, p.row(r), static_cast<const T*>(ds.row(r)), ds.row(r));
            std::fill(ds.row(r) + b.visible(r), ds.row(r) + b.keys, T(0));
        }
        const strided_rows<const T> scores{ds.data, ds.stride};
        detail::multiply<T>(false, false, b.rows, dim, b.keys, scores, k, mode == update::replace ? T(0) : T(1),
                            dq.block(row, 0));
        detail::multiply<T>(true, false, b.keys, dim, b.rows, scores, queries, beta, dk);
    }
}

}  // namespace xtn::nn::kernels
