// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <type_traits>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <xtn/nn/kernels/multi_head_attention.hpp>

#include "kernels_common.hpp"

BOOST_AUTO_TEST_SUITE(kernels_attention)

namespace {

using namespace xtn_test;
namespace kernels = xtn::nn::kernels;
using kernels::attention_residual;
using kernels::attention_shape;
using kernels::strided_rows;
using kernels::update;

/// How many positions of the past lie before what position t sees.
std::size_t hidden(const attention_shape& s, std::size_t t) {
    return s.causal && t + 1 > s.window ? t + 1 - s.window : 0;
}

/// Attention in double, one query at a time, on packed (batch * time x heads * head_dim) operands; values have columns of
/// their own.
std::vector<double> attention_by_definition(const attention_shape& s, double scale, const std::vector<double>& q,
                                            const std::vector<double>& k, const std::vector<double>& v) {
    const std::size_t dim = s.model_dim(), value_dim = s.heads * s.value_dim;
    std::vector<double> out(v.size());
    for (std::size_t b = 0; b < s.batch; ++b)
        for (std::size_t h = 0; h < s.heads; ++h)
            for (std::size_t t = 0; t < s.time; ++t) {
                const auto at = [&](std::size_t row, std::size_t j) {
                    return (b * s.time + row) * dim + h * s.head_dim + j;
                };
                const auto value_at = [&](std::size_t row, std::size_t j) {
                    return (b * s.time + row) * value_dim + h * s.value_dim + j;
                };
                const std::size_t seen = s.causal ? t + 1 : s.time, from = hidden(s, t);
                std::vector<double> weight(seen);
                double sum = 0;
                for (std::size_t u = from; u < seen; ++u) {
                    double score = 0;
                    for (std::size_t j = 0; j < s.head_dim; ++j) score += q[at(t, j)] * k[at(u, j)];
                    sum += weight[u] = std::exp(scale * score);
                }
                for (std::size_t u = from; u < seen; ++u)
                    for (std::size_t j = 0; j < s.value_dim; ++j)
                        out[value_at(t, j)] += weight[u] / sum * v[value_at(u, j)];
            }
    return out;
}

struct gradients {
    std::vector<double> q, k, v;
};

/// The pullback in double from the full matrices P and dS, which the kernels never form.
gradients attention_pullback_by_definition(const attention_shape& s, double scale, const std::vector<double>& q,
                                           const std::vector<double>& k, const std::vector<double>& v,
                                           const std::vector<double>& dout) {
    const std::size_t dim = s.model_dim(), value_dim = s.heads * s.value_dim;
    gradients d{std::vector<double>(q.size()), std::vector<double>(q.size()), std::vector<double>(v.size())};
    for (std::size_t b = 0; b < s.batch; ++b)
        for (std::size_t h = 0; h < s.heads; ++h)
            for (std::size_t t = 0; t < s.time; ++t) {
                const auto at = [&](std::size_t row, std::size_t j) {
                    return (b * s.time + row) * dim + h * s.head_dim + j;
                };
                const auto value_at = [&](std::size_t row, std::size_t j) {
                    return (b * s.time + row) * value_dim + h * s.value_dim + j;
                };
                const std::size_t seen = s.causal ? t + 1 : s.time, from = hidden(s, t);
                std::vector<double> p(seen), dp(seen);
                double sum = 0, dot = 0;
                for (std::size_t u = from; u < seen; ++u) {
                    for (std::size_t j = 0; j < s.head_dim; ++j) p[u] += q[at(t, j)] * k[at(u, j)];
                    for (std::size_t j = 0; j < s.value_dim; ++j) dp[u] += dout[value_at(t, j)] * v[value_at(u, j)];
                    sum += p[u] = std::exp(scale * p[u]);
                }
                for (std::size_t u = from; u < seen; ++u) dot += (p[u] /= sum) * dp[u];
                for (std::size_t u = from; u < seen; ++u) {
                    const double ds = scale * p[u] * (dp[u] - dot);
                    for (std::size_t j = 0; j < s.value_dim; ++j) d.v[value_at(u, j)] += p[u] * dout[value_at(t, j)];
                    for (std::size_t j = 0; j < s.head_dim; ++j) {
                        d.q[at(t, j)] += ds * k[at(u, j)];
                        d.k[at(u, j)] += ds * q[at(t, j)];
                    }
                }
            }
    return d;
}

constexpr double scratch = std::numeric_limits<double>::quiet_NaN();

/// A packed (rows x dim) operand as a part of rows of `stride`, other elements 7.
template <class T>
std::vector<T> embed(const std::vector<double>& x, std::size_t dim, std::size_t stride, std::size_t column) {
    std::vector<T> y(x.size() / dim * stride, T(7));
    for (std::size_t i = 0; i < x.size(); ++i) y[i / dim * stride + column + i % dim] = static_cast<T>(x[i]);
    return y;
}

/// Runs both passes with strides of their own, on dirty memory, and compares with the definitions.
template <class T>
void check_attention(const attention_shape& s, update mode) {
    const std::size_t dim = s.model_dim(), value_dim = s.heads * s.value_dim, rows = s.batch * s.time, n = rows * dim,
                      stride = 2 * dim + value_dim + 2;
    const T scale = T(1) / std::sqrt(static_cast<T>(s.head_dim));
    const auto q = uniform<double>(n, 1, 2.0), k = uniform<double>(n, 2, 2.0), v = uniform<double>(rows * value_dim, 3),
               dout = uniform<double>(rows * value_dim, 4);
    const auto before = uniform<double>(n, 5), value_before = uniform<double>(rows * value_dim, 6);
    const std::size_t q_at = 1, k_at = 1 + dim, v_at = 1 + 2 * dim;
    // q, k and v are parts of one buffer, as a fused projection leaves them.
    std::vector<T> qkv = embed<T>(q, dim, stride, q_at);
    for (std::size_t i = 0; i < n; ++i) qkv[i / dim * stride + k_at + i % dim] = static_cast<T>(k[i]);
    for (std::size_t i = 0; i < v.size(); ++i)
        qkv[i / value_dim * stride + v_at + i % value_dim] = static_cast<T>(v[i]);
    const auto part = [stride](auto& x, std::size_t at) {
        return strided_rows<std::remove_pointer_t<decltype(x.data())>>{x.data() + at, stride};
    };
    std::vector<T> out = embed<T>(std::vector<double>(v.size()), value_dim, stride, 2);
    std::vector<T> residual(s.residual_size(), static_cast<T>(scratch));
    std::vector<T> workspace(std::max(s.forward_workspace_size(), s.backward_workspace_size()),
                             static_cast<T>(scratch));
    const auto& given = qkv;
    kernels::multi_head_attention<T>(s, scale, part(given, q_at), part(given, k_at), part(given, v_at), part(out, 2),
                                     residual.data(), workspace.data());
    const double wide_scale = static_cast<double>(scale);
    check_close(out, embed<double>(attention_by_definition(s, wide_scale, q, k, v), value_dim, stride, 2));

    const auto& const_out = out;
    const auto packed_dout = embed<T>(dout, value_dim, value_dim, 0);
    std::vector<T> dq = embed<T>(before, dim, dim, 0), dk(dq), dv = embed<T>(value_before, value_dim, stride, 1);
    std::fill(workspace.begin(), workspace.end(), static_cast<T>(scratch));
    kernels::multi_head_attention_backward<T>(s, scale, part(given, q_at), part(given, k_at), part(given, v_at),
                                              part(const_out, 2), residual.data(), {packed_dout.data(), value_dim},
                                              {dq.data(), dim}, {dk.data(), dim}, part(dv, 1), mode, workspace.data());
    auto expected = attention_pullback_by_definition(s, wide_scale, q, k, v, dout);
    if (mode == update::add) {
        for (auto* g : {&expected.q, &expected.k}) *g = plus(before, *g);
        expected.v = plus(value_before, expected.v);
    }
    // A single visible key has weight 1 whatever its score: dq and dk are 0 to rounding, so they are compared as a sum.
    if (std::min(s.time, s.window) > 1 || mode == update::add) {
        check_close(dq, expected.q);
        check_close(dk, expected.k);
    } else {
        for (std::size_t i = 0; i < n; ++i)
            BOOST_TEST(std::abs(static_cast<double>(dq[i])) + std::abs(static_cast<double>(dk[i])) < tolerance<T>);
    }
    check_close(dv, embed<double>(expected.v, value_dim, stride, 1));
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(both_passes_by_their_definitions, T, scalars) {
    for (const std::size_t time : sizes)
        for (const auto& [head_dim, value_dim] : {std::array{1u, 1u}, {3u, 3u}, {8u, 8u}, {3u, 5u}, {8u, 1u}})
            for (const bool causal : {true, false})
                for (const auto residual : {attention_residual::probabilities, attention_residual::log_sum_exp})
                    for (const auto mode : {update::replace, update::add})
                        check_attention<T>({2, 3, time, head_dim, causal, residual, value_dim}, mode);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_window_slides_along, T, scalars) {
    for (const std::size_t time : {1u, 5u, 64u, 65u, 150u})
        for (const std::size_t window : {1u, 2u, 63u, 64u, 65u, 149u, 150u, 1000u})
            for (const auto residual : {attention_residual::probabilities, attention_residual::log_sum_exp})
                for (const auto mode : {update::replace, update::add})
                    check_attention<T>({.batch = 2,
                                        .heads = 2,
                                        .time = time,
                                        .head_dim = 3,
                                        .residual = residual,
                                        .value_dim = 4,
                                        .window = window},
                                       mode);
}

BOOST_AUTO_TEST_CASE(pullback_by_differences) {
    for (const std::size_t time : {std::size_t{3}, std::size_t{7}, std::size_t{66}}) {
        const attention_shape s{1, 1, time, 2};
        const double scale = 0.6;
        auto q = uniform<double>(time * 2, 1), k = uniform<double>(time * 2, 2), v = uniform<double>(time * 2, 3);
        const auto dout = uniform<double>(time * 2, 4);
        const auto loss = [&] { return inner(dout, attention_by_definition(s, scale, q, k, v)); };
        std::vector<double> out(q.size()), residual(s.residual_size()), workspace(s.backward_workspace_size());
        std::vector<double> dq(q.size()), dk(q.size()), dv(q.size());
        kernels::attention_head<double>(s, scale, {q.data(), 2}, {k.data(), 2}, {v.data(), 2}, {out.data(), 2},
                                        residual.data(), nullptr);
        kernels::attention_head_backward<double>(s, scale, {q.data(), 2}, {k.data(), 2}, {v.data(), 2}, {out.data(), 2},
                                                 residual.data(), {dout.data(), 2}, {dq.data(), 2}, {dk.data(), 2},
                                                 {dv.data(), 2}, update::replace, workspace.data());
        check_gradient(dq, numerical_gradient(q, loss));
        check_gradient(dk, numerical_gradient(k, loss));
        check_gradient(dv, numerical_gradient(v, loss));
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(probabilities_are_kept_with_zeros_above_the_diagonal, T, scalars) {
    const attention_shape s{1, 1, 130, 4};
    const auto q = uniform<T>(130 * 4, 1), k = uniform<T>(130 * 4, 2);
    std::vector<T> out(q.size()), p(s.residual_size(), T(5));
    kernels::attention_head<T>(s, T(0.5), {q.data(), 4}, {k.data(), 4}, {k.data(), 4}, {out.data(), 4}, p.data(),
                               nullptr);
    for (std::size_t r = 0; r < 130; ++r) {
        const std::size_t end =
            std::min<std::size_t>(130, (r / kernels::attention_block + 1) * kernels::attention_block);
        double sum = 0;
        for (std::size_t c = 0; c <= r; ++c) sum += static_cast<double>(p[r * 130 + c]);
        BOOST_TEST(std::abs(sum - 1) < tolerance<T>);
        for (std::size_t c = r + 1; c < 130; ++c) BOOST_TEST(p[r * 130 + c] == (c < end ? T(0) : T(5)));
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(scores_far_apart_choose_one_key, T, scalars) {
    const attention_shape s{1, 1, 7, 1};
    const std::vector<T> q(7, T(3)), k{-100, -50, 0, 50, 100, -100, 0}, v{1, 2, 3, 4, 5, 6, 7};
    for (const auto residual_kind : {attention_residual::probabilities, attention_residual::log_sum_exp}) {
        attention_shape kind = s;
        kind.residual = residual_kind;
        std::vector<T> out(7), residual(kind.residual_size()), workspace(kind.backward_workspace_size());
        std::vector<T> dq(7), dk(7), dv(7);
        kernels::attention_head<T>(kind, T(1), {q.data(), 1}, {k.data(), 1}, {v.data(), 1}, {out.data(), 1},
                                   residual.data(), workspace.data());
        check_close(out, std::vector<double>{1, 2, 3, 4, 5, 5, 5});
        kernels::attention_head_backward<T>(kind, T(1), {q.data(), 1}, {k.data(), 1}, {v.data(), 1}, {out.data(), 1},
                                            residual.data(), {q.data(), 1}, {dq.data(), 1}, {dk.data(), 1},
                                            {dv.data(), 1}, update::replace, workspace.data());
        check_close(dv, std::vector<double>{3, 3, 3, 3, 9, 0, 0});
        for (const T d : dq) BOOST_TEST(std::abs(d) < T(0.1));  // cancelled to the rounding of scores of 300
    }
}

/// The last rows of a sequence, one or several, against all of its keys and values.
BOOST_AUTO_TEST_CASE_TEMPLATE(later_positions_are_the_last_rows, T, scalars) {
    for (const std::size_t keys : sizes)
        for (const std::size_t queries : {std::size_t{1}, keys / 2, keys}) {
            if (queries == 0) continue;
            const attention_shape whole{.batch = 1, .heads = 3, .time = keys, .head_dim = 3, .value_dim = 5};
            attention_shape last = whole;
            last.time = queries, last.past = keys - queries;
            const std::size_t dim = 9, value_dim = 15, stride = 20, first = (keys - queries);
            const T scale = T(0.4);
            const auto q = uniform<T>(keys * dim, 1), k = uniform<T>(keys * stride, 2),
                       v = uniform<T>(keys * stride, 3);
            std::vector<T> all(keys * value_dim), residual(whole.residual_size());
            kernels::multi_head_attention<T>(whole, scale, {q.data(), dim}, {k.data(), stride}, {v.data(), stride},
                                             {all.data(), value_dim}, residual.data(), nullptr);
            for (const auto kept :
                 {attention_residual::probabilities, attention_residual::log_sum_exp, attention_residual::nothing}) {
                last.residual = kept;
                std::vector<T> some(queries * value_dim), left(last.residual_size()),
                    workspace(last.forward_workspace_size(), static_cast<T>(scratch));
                kernels::multi_head_attention<T>(last, scale, {q.data() + first * dim, dim}, {k.data(), stride},
                                                 {v.data(), stride}, {some.data(), value_dim}, left.data(),
                                                 workspace.data());
                check_close(
                    some, std::vector<double>(all.begin() + static_cast<std::ptrdiff_t>(first * value_dim), all.end()));
            }
        }
}

BOOST_AUTO_TEST_CASE(sizes_follow_the_policy) {
    constexpr attention_shape window{8, 4, 256, 32}, document{1, 4, 8192, 32};
    static_assert(window.residual == attention_residual::probabilities);
    static_assert(document.residual == attention_residual::log_sum_exp);
    static_assert(window.residual_size() == 8 * 4 * 256 * 256 && window.forward_workspace_size() == 0);
    static_assert(document.residual_size() == 4 * 8192 && document.backward_workspace_size() == 2 * 64 * 8192);
    static_assert(attention_shape{1, 1, 3, 8}.backward_workspace_size() == 9);
    const attention_shape empty{1, 2, 0, 4};
    BOOST_TEST(empty.residual_size() == 0u);
    kernels::multi_head_attention<float>(empty, 1.0f, {nullptr, 8}, {nullptr, 8}, {nullptr, 8}, {nullptr, 8}, nullptr,
                                         nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
