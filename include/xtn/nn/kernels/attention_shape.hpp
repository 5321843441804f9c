// SPDX-License-Identifier: BSD-3-Clause
// The extents of scaled dot-product attention, and the memory that follows from them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>

namespace xtn::nn::kernels {

/// A matrix whose rows are `stride` elements apart: one head's columns of a packed (rows x heads * head_dim) buffer.
template <class T>
struct strided_rows {
    T* data;
    std::size_t stride;

    T* row(std::size_t i) const { return data + i * stride; }
    strided_rows block(std::size_t row, std::size_t column) const { return {data + row * stride + column, stride}; }
};

/// What the forward pass keeps of each (batch, head) for the pullback.
enum class attention_residual {
    probabilities,  ///< time x time numbers; nothing is computed twice
    log_sum_exp,    ///< time numbers; the pullback computes the scores again
    nothing         ///< there will be no pullback
};

/// Storing is faster while the probabilities of a head are small: 4 MiB of float at 1024.
constexpr attention_residual preferred_residual(std::size_t time) {
    return time <= 1024 ? attention_residual::probabilities : attention_residual::log_sum_exp;
}

/// Rows of queries that go through the matrix products together. Among causal blocks, the rows above the diagonal
/// inside a block are the only wasted work.
inline constexpr std::size_t attention_block = 64;

/// Attention over `batch` sequences of `time` positions with `heads` heads of `head_dim` columns each. The packed
/// queries are (batch * time x heads * head_dim), row-major; keys, values and outputs likewise, but for `value_dim` and
/// `past`.
struct attention_shape {
    std::size_t batch, heads, time, head_dim;
    bool causal = true;  ///< a position sees itself and those before it; otherwise all
    attention_residual residual = preferred_residual(time);
    std::size_t value_dim = head_dim;  ///< columns of values and outputs of a head
    std::size_t past = 0;              ///< keys and values of each sequence begin so many positions before the queries
    /// Positions that a causal position sees, itself the last.
    std::size_t window = std::numeric_limits<std::size_t>::max();

    constexpr std::size_t model_dim() const { return heads * head_dim; }
    constexpr std::size_t keys() const { return past + time; }

    /// Elements that one (batch, head) keeps for the pullback.
    constexpr std::size_t head_residual_size() const {
        return residual == attention_residual::probabilities ? time * keys()
               : residual == attention_residual::log_sum_exp ? time
                                                             : 0;
    }

    /// Elements that all of them keep.
    constexpr std::size_t residual_size() const { return batch * heads * head_residual_size(); }

    /// Elements of scratch memory for the forward pass, whatever batch and heads.
    constexpr std::size_t forward_workspace_size() const {
        return residual == attention_residual::probabilities ? 0 : block_size();
    }

    /// Elements of scratch memory for the pullback, whatever batch and heads.
    constexpr std::size_t backward_workspace_size() const {
        return residual == attention_residual::probabilities ? block_size() : 2 * block_size();
    }

private:
    constexpr std::size_t block_size() const { return std::min(time, attention_block) * keys(); }
};

}  // namespace xtn::nn::kernels
