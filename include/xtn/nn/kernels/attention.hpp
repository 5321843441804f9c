// SPDX-License-Identifier: BSD-3-Clause
// Scaled dot-product attention (Vaswani et al., arXiv 1706.03762, equation 1) of one sequence and one head.
//   S = scale Q K^T,  P = softmax of the rows of S (to the left of the diagonal, and on it, if causal; so many columns of these, if
//   there is a window),  O = P V
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
#include <type_traits>

#include <xtn/backend/arena.hpp>
#include <xtn/backend/simd.hpp>
#include <xtn/nn/kernels/attention_shape.hpp>
#include <xtn/nn/kernels/product.hpp>
#include <xtn/nn/kernels/softmax.hpp>
#include <xtn/nn/kernels/update.hpp>

namespace xtn::nn::kernels {
namespace detail {

/// Queries `first` to `first + rows`, and the `keys` from `from` on that they can see.
struct query_block {
    std::size_t first, rows, from, keys;
    bool causal;
    std::size_t window;

    query_block(const attention_shape& s, std::size_t row)
        : first(row),
          rows(std::min(attention_block, s.time - row)),
          from(s.causal ? without_window(s.past + row + 1, s.window) : 0),
          keys((s.causal ? s.past + row + rows : s.keys()) - from),
          causal(s.causal),
          window(s.window) {}

    /// Of these keys query `first + r` can see those from hidden(r) to visible(r).
    std::size_t visible(std::size_t r) const { return causal ? keys - rows + r + 1 : keys; }
    std::size_t hidden(std::size_t r) const { return causal ? without_window(visible(r), window) : 0; }

    /// f(r, begin, count) for the keys that row r of x sees; the rest of the row becomes 0.
    template <class T, class F>
    void each_row(strided_rows<T> x, F f) const {
        for (std::size_t r = 0; r < rows; ++r) {
            const std::size_t begin = hidden(r), end = visible(r);
            f(r, begin, end - begin);
            std::fill_n(x.row(r), begin, T(0));
            std::fill(x.row(r) + end, x.row(r) + keys, T(0));
        }
    }

private:
    static std::size_t without_window(std::size_t seen, std::size_t window) {
        return seen > window ? seen - window : 0;
    }
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
/// shape.forward_workspace_size() elements. shape.batch and shape.heads are not looked at. Where q, k and v are rounded, so are
/// the probabilities for the second product; the softmax is in T.
template <class T>
inline void attention_head(const attention_shape& shape, T scale, const std::type_identity_t<factor_rows<T>>& q,
                           const std::type_identity_t<factor_rows<T>>& k, const std::type_identity_t<factor_rows<T>>& v,
                           std::type_identity_t<strided_rows<T>> out, T* residual, T* workspace) {
    const std::size_t dim = shape.head_dim;
    for (std::size_t row = 0; row < shape.time; row += attention_block) {
        const detail::query_block b(shape, row);
        const strided_rows<T> p = detail::probabilities_of(shape, b, residual, workspace);
        detail::multiply<T>(false, true, b.rows, b.keys, dim, q.block(row, 0), k.block(b.from, 0), T(0), p);
        b.each_row(p, [&](std::size_t r, std::size_t begin, std::size_t count) {
            const softmax_norm<T> norm = softmax_row(count, scale, p.row(r) + begin);
            if (shape.residual == attention_residual::log_sum_exp)
                residual[row + r] = scale * norm.maximum + std::log(norm.sum);
        });
        backend::workspace_frame frame;
        detail::multiply<T>(false, false, b.rows, shape.value_dim, b.keys,
                            detail::factor_like<T>(q, {p.data, p.stride}, b.rows, b.keys, frame), v.block(b.from, 0),
                            T(0), out.block(row, 0));
    }
}

/// The pullback of attention_head: dq, dk, dv (=, +=) from dout, with the same q, k, v, `out` and `residual`, which is not
/// nothing; shape.past is 0. `workspace` has shape.backward_workspace_size() elements.
template <class T>
inline void attention_head_backward(const attention_shape& shape, T scale,
                                    const std::type_identity_t<factor_rows<T>>& q,
                                    const std::type_identity_t<factor_rows<T>>& k,
                                    const std::type_identity_t<factor_rows<T>>& v,
                                    std::type_identity_t<strided_rows<const T>> out, const T* residual,
                                    std::type_identity_t<strided_rows<const T>> dout,
                                    std::type_identity_t<strided_rows<T>> dq, std::type_identity_t<strided_rows<T>> dk,
                                    std::type_identity_t<strided_rows<T>> dv, update mode, T* workspace) {
    const std::size_t dim = shape.head_dim;
    const bool stored = shape.residual == attention_residual::probabilities;
    // From the last block to the first: the last one sees every key, so it can begin dk and dv without clearing them, unless it has
    // a window.
    T beta = mode == update::replace ? T(0) : T(1);
    if (beta == T(0) && shape.causal && shape.window < shape.time) {
        for (std::size_t j = 0; j < shape.time; ++j) {
            std::fill_n(dk.row(j), dim, T(0));
            std::fill_n(dv.row(j), shape.value_dim, T(0));
        }
        beta = T(1);
    }
    for (std::size_t i = (shape.time + attention_block - 1) / attention_block; i-- > 0; beta = T(1)) {
        const std::size_t row = i * attention_block;
        const detail::query_block b(shape, row);
        backend::workspace_frame frame;
        const auto factor = [&](strided_rows<const T> x, std::size_t rows, std::size_t columns) {
            return detail::factor_like<T>(q, x, rows, columns, frame);
        };
        const strided_rows<T> ds{workspace, b.keys};
        const factor_rows<T> queries = q.block(row, 0),
                             gradient = factor({dout.row(row), dout.stride}, b.rows, shape.value_dim);
        strided_rows<const T> p{residual + row * shape.time, shape.time};
        if (!stored) {
            const strided_rows<T> again{workspace + b.rows * b.keys, b.keys};
            detail::multiply<T>(false, true, b.rows, b.keys, dim, queries, k.block(b.from, 0), T(0), again);
            b.each_row(again, [&](std::size_t r, std::size_t begin, std::size_t count) {
                softmax_row_again(count, scale, residual[row + r], again.row(r) + begin);
            });
            p = {again.data, again.stride};
        }
        detail::multiply<T>(true, false, b.keys, shape.value_dim, b.rows, factor(p, b.rows, b.keys), gradient, beta,
                            dv.block(b.from, 0));
        detail::multiply<T>(false, true, b.rows, b.keys, shape.value_dim, gradient, v.block(b.from, 0), T(0), ds);
        b.each_row(ds, [&](std::size_t r, std::size_t begin, std::size_t count) {
            const T *o = out.row(row + r), *g = gradient.row(r);
            const T delta = backend::sum<T>(shape.value_dim, [o, g](auto w) { return w.load(o) * w.load(g); });
            T* const x = ds.row(r) + begin;
            softmax_row_backward(count, scale, delta, p.row(r) + begin, static_cast<const T*>(x), x);
        });
        const factor_rows<T> scores = factor({ds.data, ds.stride}, b.rows, b.keys);
        detail::multiply<T>(false, false, b.rows, dim, b.keys, scores, k.block(b.from, 0),
                            mode == update::replace ? T(0) : T(1), dq.block(row, 0));
        detail::multiply<T>(true, false, b.keys, dim, b.rows, scores, queries, beta, dk.block(b.from, 0));
    }
}

}  // namespace xtn::nn::kernels
