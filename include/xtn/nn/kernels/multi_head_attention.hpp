// SPDX-License-Identifier: BSD-3-Clause
// Attention over every sequence and head of packed buffers (batch * time x heads * head_dim): head h of a sequence is a
// strided view of its columns h head_dim to (h + 1) head_dim, so nothing is transposed or copied.
#pragma once

#include <cstddef>
#include <type_traits>

#include <xtn/backend/gemm.hpp>
#include <xtn/nn/kernels/attention.hpp>
#include <xtn/nn/kernels/attention_shape.hpp>
#include <xtn/nn/kernels/softmax.hpp>
#include <xtn/nn/kernels/update.hpp>

namespace xtn::kernels {

/// out = attention of q, k, v; each has batch * time rows and heads * head_dim columns, with a row stride of its own,
/// so q, k and v may be thirds of one wider buffer. `residual` (shape.residual_size()) is written for the pullback,
/// `workspace` has shape.forward_workspace_size() elements. scale > 0, usually 1 / sqrt(head_dim).
template <class T>
inline void multi_head_attention(const attention_shape& shape, T scale, std::type_identity_t<strided_rows<const T>> q,
                                 std::type_identity_t<strided_rows<const T>> k,
                                 std::type_identity_t<strided_rows<const T>> v,
                                 std::type_identity_t<strided_rows<T>> out, T* residual, T* workspace) {
    if (shape.time == 0) return;  // the operands may be null
    for (std::size_t b = 0; b < shape.batch; ++b)
        for (std::size_t h = 0; h < shape.heads; ++h, residual += shape.head_residual_size()) {
            const std::size_t row = b * shape.time, column = h * shape.head_dim;
            attention_head<T>(shape, scale, q.block(row, column), k.block(row, column), v.block(row, column),
                              out.block(row, column), residual, workspace);
        }
}

/// The pullback of multi_head_attention: dq, dk, dv (=, +=) from dout, with the same q, k, v, `out` and `residual`.
/// `workspace` has shape.backward_workspace_size() elements.
template <class T>
inline void multi_head_attention_backward(
    const attention_shape& shape, T scale, std::type_identity_t<strided_rows<const T>> q,
    std::type_identity_t<strided_rows<const T>> k, std::type_identity_t<strided_rows<const T>> v,
    std::type_identity_t<strided_rows<const T>> out, const T* residual,
    std::type_identity_t<strided_rows<const T>> dout, std::type_identity_t<strided_rows<T>> dq,
    std::type_identity_t<strided_rows<T>> dk, std::type_identity_t<strided_rows<T>> dv, update mode, T* workspace) {
    if (shape.time == 0) return;  // the operands may be null
    for (std::size_t b = 0; b < shape.batch; ++b)
        for (std::size_t h = 0; h < shape.heads; ++h, residual += shape.head_residual_size()) {
            const std::size_t row = b * shape.time, column = h * shape.head_dim;
            attention_head_backward<T>(shape, scale, q.block(row, column), k.block(row, column), v.block(row, column),
                                       out.block(row, column), residual, dout.block(row, column), dq.block(row, column),
                                       dk.block(row, column), dv.block(row, column), mode, workspace);
        }
}

/// Attention of one new position against a cache, for generation: q and out (heads * head_dim), keys and values
/// (positions x heads * head_dim, strided), positions >= 1, the newest included. `workspace` has `positions` elements.
template <class T>
inline void attention_decode(std::size_t heads, std::size_t head_dim, std::size_t positions, T scale, const T* q,
                             std::type_identity_t<strided_rows<const T>> keys,
                             std::type_identity_t<strided_rows<const T>> values, T* out, T* workspace) {
    const strided_rows<T> p{workspace, positions};
    for (std::size_t column = 0; column < heads * head_dim; column += head_dim) {
        detail::multiply<T>(false, true, 1, positions, head_dim, {q + column, head_dim}, keys.block(0, column), T(0),
                            p);
        softmax_row(positions, scale, workspace);
        detail::multiply<T>(false, false, 1, head_dim, positions, {workspace, positions}, values.block(0, column), T(0),
                            strided_rows<T>{out + column, head_dim});
    }
}

}  // namespace xtn::kernels
