// SPDX-License-Identifier: BSD-3-Clause
// Attention over every sequence and head of packed buffers (batch * time x heads * head_dim): head h of a sequence is a
// strided view of its columns h head_dim to (h + 1) head_dim, so nothing is transposed or copied.
#pragma once

#include <cstddef>
#include <type_traits>

#include <xtn/nn/kernels/attention.hpp>
#include <xtn/nn/kernels/attention_shape.hpp>
#include <xtn/nn/kernels/product.hpp>
#include <xtn/nn/kernels/update.hpp>

namespace xtn::nn::kernels {

/// out = attention of q, k, v; each has a row stride of its own, so q, k and v may be thirds of one wider buffer. With
/// shape.past, keys and values are a cache that ends with those of the queries' positions, and there may be but one query.
/// `residual` (shape.residual_size()) is written for the pullback, `workspace` has shape.forward_workspace_size()
/// elements. scale > 0, usually 1 / sqrt(head_dim).
template <class T>
inline void multi_head_attention(const attention_shape& shape, T scale, const std::type_identity_t<factor_rows<T>>& q,
                                 const std::type_identity_t<factor_rows<T>>& k,
                                 const std::type_identity_t<factor_rows<T>>& v,
                                 std::type_identity_t<strided_rows<T>> out, T* residual, T* workspace) {
    if (shape.time == 0) return;  // the operands may be null
    for (std::size_t b = 0; b < shape.batch; ++b)
        for (std::size_t h = 0; h < shape.heads; ++h, residual += shape.head_residual_size()) {
            const std::size_t row = b * shape.time, key = b * shape.keys();
            const std::size_t column = h * shape.head_dim, value_column = h * shape.value_dim;
            attention_head<T>(shape, scale, q.block(row, column), k.block(key, column), v.block(key, value_column),
                              out.block(row, value_column), residual, workspace);
        }
}

/// The pullback of multi_head_attention: dq, dk, dv (=, +=) from dout, with the same q, k, v, `out` and `residual`.
/// `workspace` has shape.backward_workspace_size() elements.
template <class T>
inline void multi_head_attention_backward(
    const attention_shape& shape, T scale, const std::type_identity_t<factor_rows<T>>& q,
    const std::type_identity_t<factor_rows<T>>& k, const std::type_identity_t<factor_rows<T>>& v,
    std::type_identity_t<strided_rows<const T>> out, const T* residual,
    std::type_identity_t<strided_rows<const T>> dout, std::type_identity_t<strided_rows<T>> dq,
    std::type_identity_t<strided_rows<T>> dk, std::type_identity_t<strided_rows<T>> dv, update mode, T* workspace) {
    if (shape.time == 0) return;  // the operands may be null
    for (std::size_t b = 0; b < shape.batch; ++b)
        for (std::size_t h = 0; h < shape.heads; ++h, residual += shape.head_residual_size()) {
            const std::size_t row = b * shape.time;
            const std::size_t column = h * shape.head_dim, value_column = h * shape.value_dim;
            attention_head_backward<T>(shape, scale, q.block(row, column), k.block(row, column),
                                       v.block(row, value_column), out.block(row, value_column), residual,
                                       dout.block(row, value_column), dq.block(row, column), dk.block(row, column),
                                       dv.block(row, value_column), mode, workspace);
        }
}

}  // namespace xtn::nn::kernels
