// SPDX-License-Identifier: BSD-3-Clause
// Causal linear attention of one sequence and one head (Katharopoulos et al., arXiv 2006.16236, with the decay of RetNet,
// arXiv 2307.08621): queries and keys are features of some width, and all that is known of the past is a state of fixed size.
//   S_t = g_t S_(t-1) + k_t v_t^T,   z_t = g_t z_(t-1) + k_t,   o_t = S_t^T q_t  or, normalised,  S_t^T q_t / (z_t . q_t)
// with gates 0 < g_t <= 1. In a chunk of positions, S and z before it, G_ij = g_(j+1) ... g_i, a_i = g_1 ... g_i, b_j = G_nj:
//   A_ij = q_i . k_j G_ij (j <= i),   o = A V + diag(a) Q S,   S' = a_n S + K^T diag(b) V
//   dA = dO V^T G,  dV = A^T dO + diag(b) K dS',  dQ = dA K + diag(a) dO S^T,  dK = dA^T Q + diag(b) V dS'^T,
//   dS = a_n dS' + Q^T diag(a) dO,  d log g_t = sum_(i >= t) (q_i . dq_i - k_i . dk_i) + <S_end, dS_end>
// (Yang et al., arXiv 2312.06635, section 4 and appendix). Gates are given as logarithms, and quotients of products are
// exponentials of differences, never of sums that grow: nothing overflows however long the sequence.
//
// One chunk as long as the sequence is the quadratic form, chunks of one position are the recurrence.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <type_traits>
#include <utility>

#include <xtn/backend/arena.hpp>
#include <xtn/backend/simd.hpp>
#include <xtn/nn/kernels/attention_shape.hpp>
#include <xtn/nn/kernels/product.hpp>
#include <xtn/nn/kernels/update.hpp>

namespace xtn::nn::kernels {

/// Positions that go through the matrix products together.
inline constexpr std::size_t linear_attention_chunk = 64;

/// Linear attention over `batch` sequences of `time` positions with `heads` heads. Queries and keys are (batch * time x
/// heads * key_dim), values and outputs (batch * time x heads * value_dim), row-major.
struct linear_attention_shape {
    std::size_t batch, heads, time, key_dim, value_dim;
    bool normalised = true;
    std::size_t chunk = linear_attention_chunk;

    /// Elements of a head's state: S (key_dim x value_dim), then, normalised, z (key_dim).
    constexpr std::size_t state_size() const { return key_dim * (value_dim + (normalised ? 1 : 0)); }
    constexpr std::size_t longest() const { return std::min(chunk, time); }
    constexpr std::size_t chunks() const { return (time + chunk - 1) / chunk; }

    /// Elements that one (batch, head) keeps for the pullback: the states between chunks, the blocks A, the divisors.
    constexpr std::size_t head_residual_size() const {
        return (chunks() + 1) * state_size() + time * longest() + (normalised ? time : 0);
    }
    constexpr std::size_t residual_size() const { return batch * heads * head_residual_size(); }
    /// Elements of scratch memory, whatever batch and heads.
    constexpr std::size_t forward_workspace_size() const { return longest() * (longest() + 2 * key_dim + 4); }
    constexpr std::size_t backward_workspace_size() const {
        return longest() * (longest() + 4 * key_dim + value_dim + 5) + state_size();
    }
};

/// log g_t of one head: the same for all positions, and what each, `stride` apart, adds.
template <class T>
struct log_gates {
    const T* each = nullptr;
    std::size_t stride = 1;
    T constant = 0;

    T at(std::size_t t) const { return each != nullptr ? each[t * stride] + constant : constant; }
    bool open() const { return each == nullptr && constant == T(0); }  ///< nothing is forgotten
    log_gates from(std::size_t t) const { return {each != nullptr ? each + t * stride : nullptr, stride, constant}; }
};

namespace detail {

/// The gates of a chunk: log g_1 ... g_i, a_i, b_j and, for the same gate everywhere, its powers, highest first.
template <class T>
struct chunk_gates {
    std::size_t n;
    bool open, constant;
    T *logs, *a, *b, *powers;

    /// `memory` has 4 n elements.
    chunk_gates(const log_gates<T>& g, std::size_t count, T* memory)
        : n(count),
          open(g.open()),
          constant(g.each == nullptr),
          logs(memory),
          a(memory + n),
          b(memory + 2 * n),
          powers(memory + 3 * n) {
        T sum = 0;
        for (std::size_t i = 0; i < n; ++i) logs[i] = sum += g.at(i);
        for (std::size_t i = 0; i < n; ++i) {
            a[i] = std::exp(logs[i]);
            b[i] = std::exp(sum - logs[i]);
            powers[i] = std::exp(static_cast<T>(n - 1 - i) * g.constant);
        }
    }
    T end() const { return a[n - 1]; }

    /// x_j G_ij for j <= i, zeros behind; the sum of the former.
    T weigh(std::size_t i, T* x) const {
        if (!open && constant) {
            backend::transform(
                i + 1, x, [](auto u, auto g) { return u * g; }, static_cast<const T*>(x), powers + (n - 1 - i));
        } else if (!open) {
            const backend::batch<T> top(logs[i]);
            backend::transform(
                i + 1, x, [&](auto u, auto l) { return u * backend::exp_nonpositive(top - l); },
                static_cast<const T*>(x), static_cast<const T*>(logs));
        }
        std::fill(x + i + 1, x + n, T(0));
        return backend::sum<T>(i + 1, [x](auto w) { return w.load(x); });
    }

    /// Rows times factors, in `memory`; the rows themselves where all gates are open.
    strided_rows<const T> scaled(strided_rows<const T> x, std::size_t columns, const T* factors, T* memory) const {
        if (open) return x;
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t c = 0; c < columns; ++c) memory[i * columns + c] = factors[i] * x.row(i)[c];
        return {memory, columns};
    }
};

/// 1 / x, and 0 for an x so small that it has none.
template <class T>
inline T inverse(T x) {
    return std::abs(x) > std::numeric_limits<T>::min() ? T(1) / x : T(0);
}

template <class T>
inline T dot(std::size_t n, const T* x, const T* y) {
    return backend::sum<T>(n, [x, y](auto w) { return w.load(x) * w.load(y); });
}

/// y += c x.
template <class T>
inline void add_multiple(std::size_t n, T c, const T* x, T* y) {
    const backend::batch<T> factor(c);
    backend::transform(
        n, y, [&](auto u, auto w) { return u + factor * w; }, static_cast<const T*>(y), x);
}

}  // namespace detail

/// out (time x value_dim) = linear attention of q, k (time x key_dim) and v, strided, for one sequence and head, from
/// `state` on, which becomes the state after the last position. Writes `residual` (shape.head_residual_size()) unless it is
/// null. `workspace` has shape.forward_workspace_size() elements. Where a divisor is 0, the output is 0.
template <class T>
inline void linear_attention_head(const linear_attention_shape& shape, const log_gates<T>& gates,
                                  const std::type_identity_t<factor_rows<T>>& q,
                                  const std::type_identity_t<factor_rows<T>>& k,
                                  const std::type_identity_t<factor_rows<T>>& v, T* state,
                                  std::type_identity_t<strided_rows<T>> out, T* residual, T* workspace) {
    const std::size_t m = shape.key_dim, d = shape.value_dim, size = shape.state_size(), longest = shape.longest();
    T* const blocks = residual != nullptr ? residual + (shape.chunks() + 1) * size : nullptr;
    T* const divisors = residual != nullptr ? blocks + shape.time * longest : nullptr;
    T *const z = state + m * d, *const block = workspace, *const queries = block + longest * longest,
             *const keys = queries + longest * m, *const of_gates = keys + longest * m;
    for (std::size_t t = 0, c = 0; t < shape.time; t += longest, ++c) {
        const std::size_t n = std::min(longest, shape.time - t);
        const detail::chunk_gates<T> g(gates.from(t), n, of_gates);
        const factor_rows<T> qs = q.block(t, 0), ks = k.block(t, 0), vs = v.block(t, 0);
        const strided_rows<const T> reading = g.scaled(qs, m, g.a, queries), writing = g.scaled(ks, m, g.b, keys);
        backend::workspace_frame frame;
        const auto factor = [&](strided_rows<const T> x, std::size_t rows, std::size_t columns) {
            return detail::factor_like<T>(q, x, rows, columns, frame);
        };
        const strided_rows<T> a{blocks != nullptr ? blocks + t * longest : block, n}, o = out.block(t, 0);
        if (residual != nullptr) std::copy_n(state, size, residual + c * size);
        detail::multiply<T>(false, true, n, n, m, qs, ks, T(0), a);
        T* const sums = g.powers;  // read before they are overwritten: row i needs the last i + 1 powers, from the end
        for (std::size_t i = n; i-- > 0;) {
            const T sum = g.weigh(i, a.row(i));
            if (shape.normalised) sums[n - 1 - i] = sum;
        }
        detail::multiply<T>(false, false, n, d, n, factor({a.data, a.stride}, n, n), vs, T(0), o);
        detail::multiply<T>(false, false, n, d, m, factor(reading, n, m), factor({state, d}, m, d), T(1), o);
        detail::multiply<T>(true, false, m, d, n, factor(writing, n, m), vs, g.end(), {state, d});
        if (!shape.normalised) continue;
        for (std::size_t i = 0; i < n; ++i) {
            const T divisor = sums[n - 1 - i] + detail::dot<T>(m, reading.row(i), z);
            const T inverse = detail::inverse(divisor);
            if (divisors != nullptr) divisors[t + i] = inverse;
            for (std::size_t e = 0; e < d; ++e) o.row(i)[e] *= inverse;
        }
        for (std::size_t e = 0; e < m; ++e) z[e] *= g.end();
        for (std::size_t j = 0; j < n; ++j) detail::add_multiple<T>(m, T(1), writing.row(j), z);
    }
    if (residual != nullptr) std::copy_n(state, size, residual + shape.chunks() * size);
}

/// The pullback of linear_attention_head: dq, dk, dv (=, +=) from dout and from `dstate`, the cotangent of the last state,
/// which becomes that of the first; with the same q, k, v, `out` and `residual`. Adds to dgates (`gates.stride` apart) unless
/// it is null. `workspace` has shape.backward_workspace_size() elements.
template <class T>
inline void linear_attention_head_backward(
    const linear_attention_shape& shape, const log_gates<T>& gates, const std::type_identity_t<factor_rows<T>>& q,
    const std::type_identity_t<factor_rows<T>>& k, const std::type_identity_t<factor_rows<T>>& v,
    std::type_identity_t<strided_rows<const T>> out, const T* residual,
    std::type_identity_t<strided_rows<const T>> dout, T* dstate, std::type_identity_t<strided_rows<T>> dq,
    std::type_identity_t<strided_rows<T>> dk, std::type_identity_t<strided_rows<T>> dv, T* dgates, update mode,
    T* workspace) {
    const std::size_t m = shape.key_dim, d = shape.value_dim, size = shape.state_size(), longest = shape.longest();
    const T* const blocks = residual + (shape.chunks() + 1) * size;
    const T* const divisors = blocks + shape.time * longest;
    T *const dblock = workspace, *const queries = dblock + longest * longest, *const keys = queries + longest * m,
             *const of_queries = keys + longest * m, *const of_keys = of_queries + longest * m,
             *const of_values = of_keys + longest * m, *const of_divisors = of_values + longest * d,
             *const of_gates = of_divisors + longest, *const before = of_gates + 4 * longest;
    const T beta = mode == update::replace ? T(0) : T(1);
    T suffix = detail::dot<T>(size, residual + shape.chunks() * size, dstate);
    for (std::size_t c = shape.chunks(); c-- > 0;) {
        const std::size_t t = c * longest, n = std::min(longest, shape.time - t);
        const detail::chunk_gates<T> g(gates.from(t), n, of_gates);
        const factor_rows<T> qs = q.block(t, 0), ks = k.block(t, 0), vs = v.block(t, 0);
        const strided_rows<const T> reading = g.scaled(qs, m, g.a, queries), writing = g.scaled(ks, m, g.b, keys);
        backend::workspace_frame frame;
        const auto factor = [&](strided_rows<const T> x, std::size_t rows, std::size_t columns) {
            return detail::factor_like<T>(q, x, rows, columns, frame);
        };
        const T *const state = residual + c * size, *const z = state + m * d;
        const strided_rows<const T> a{blocks + t * longest, n};
        strided_rows<const T> dsums{dout.row(t), dout.stride};
        if (shape.normalised) {
            for (std::size_t i = 0; i < n; ++i) {
                of_divisors[i] = -divisors[t + i] * detail::dot<T>(d, dout.row(t + i), out.row(t + i));
                for (std::size_t e = 0; e < d; ++e) of_values[i * d + e] = divisors[t + i] * dout.row(t + i)[e];
            }
            dsums = {of_values, d};
        }
        const factor_rows<T> dsum = factor(dsums, n, d), dafter = factor({dstate, d}, m, d);
        const strided_rows<T> da{dblock, n}, dqs{of_queries, m}, dks{of_keys, m}, dvs = dv.block(t, 0);
        // Through the state: dQ = diag(a) (dO S^T + dn z^T), dK = diag(b) (V dS'^T + 1 dz'^T), dV = diag(b) K dS'.
        detail::multiply<T>(false, true, n, m, d, dsum, factor({state, d}, m, d), T(0), dqs);
        detail::multiply<T>(false, true, n, m, d, vs, dafter, T(0), dks);
        detail::multiply<T>(false, false, n, d, m, factor(writing, n, m), dafter, beta, dvs);
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t e = 0; e < m; ++e) {
                const T dn = shape.normalised ? of_divisors[i] * z[e] : T(0);
                const T dz = shape.normalised ? dstate[m * d + e] : T(0);
                dqs.row(i)[e] = g.a[i] * (dqs.row(i)[e] + dn);
                dks.row(i)[e] = g.b[i] * (dks.row(i)[e] + dz);
            }
        // Inside the chunk.
        detail::multiply<T>(false, true, n, n, d, dsum, vs, T(0), da);
        for (std::size_t i = 0; i < n; ++i) {
            if (shape.normalised)
                for (std::size_t j = 0; j <= i; ++j) da.row(i)[j] += of_divisors[i];
            g.weigh(i, da.row(i));
        }
        const factor_rows<T> weighed = factor({da.data, da.stride}, n, n);
        detail::multiply<T>(false, false, n, m, n, weighed, ks, T(1), dqs);
        detail::multiply<T>(true, false, n, m, n, weighed, qs, T(1), dks);
        detail::multiply<T>(true, false, n, d, n, factor(a, n, n), dsum, T(1), dvs);
        // The state before the chunk.
        std::copy_n(dstate, size, before);
        detail::multiply<T>(true, false, m, d, n, factor(reading, n, m), dsum, g.end(), strided_rows<T>{before, d});
        if (shape.normalised) {
            for (std::size_t e = 0; e < m; ++e) before[m * d + e] *= g.end();
            for (std::size_t i = 0; i < n; ++i)
                detail::add_multiple<T>(m, of_divisors[i], reading.row(i), before + m * d);
        }
        std::copy_n(before, size, dstate);
        for (std::size_t i = n; i-- > 0;) {
            if (dgates != nullptr) {
                suffix += detail::dot<T>(m, qs.row(i), dqs.row(i)) - detail::dot<T>(m, ks.row(i), dks.row(i));
                dgates[(t + i) * gates.stride] += suffix;
            }
            for (const auto& [to, from] : {std::pair{dq, dqs}, std::pair{dk, dks}})
                transform(
                    m, mode, to.row(t + i), [](auto x) { return x; }, static_cast<const T*>(from.row(i)));
        }
    }
}

}  // namespace xtn::nn::kernels
