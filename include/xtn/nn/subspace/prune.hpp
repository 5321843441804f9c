// SPDX-License-Identifier: BSD-3-Clause
// Inside of a branch: fewer neurons in feed-forward layers, fewer dimensions in the heads of attention.
//
// A neuron counts as much as it adds to the stream: sum h_j^2 |W2[:, j]|^2 over calibration rows. The kept ones S stand in for
// the others: with the second moment M of the rows [h 1], W_S + W_R M_RS M_SS^-1 is nearest to W = [W2 b2] as those rows see it
// (Nystroem's approximation, as in MoDeGPT, arXiv 2408.09632). A head compares rows by
// [n 1] A^T B [m 1]^T, A = [W_q b_q], B = [W_k b_k], and mixes them by W_o [W_v b_v]; each product is a matrix that the singular
// value decomposition cuts, exactly where nothing is left out. With the second moment R of the rows [n 1], R = C^T C, what is
// cut is the product as those rows see it, C A^T B C^T and W_o [W_v b_v] C^T (MoDeGPT has the like).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <xtn/backend/lapack.hpp>
#include <xtn/nn/subspace/moments.hpp>
#include <xtn/nn/subspace/parts.hpp>
#include <xtn/nn/subspace/stream.hpp>
#include <xtn/op/dense.hpp>
#include <xtn/tt/svd.hpp>

namespace xtn::nn {

namespace detail {

using matrix_of_doubles = xt::xtensor<double, 2>;

/// W in double, [W b] where there is a bias.
template <scalar T>
matrix_of_doubles with_bias(const transformer_parts<T>& p, const std::string& layer) {
    const xt::xtensor<T, 2> w = p.map(layer).to_dense();
    const parameter<T> b = p.bias(layer);
    matrix_of_doubles all({w.shape(0), w.shape(1) + 1});
    for (std::size_t o = 0; o < w.shape(0); ++o) {
        for (std::size_t i = 0; i < w.shape(1); ++i) all(o, i) = static_cast<double>(w(o, i));
        all(o, w.shape(1)) = static_cast<double>(b.values()[o]);
    }
    return all;
}

/// The other way round.
template <scalar T>
void put_with_bias(transformer_parts<T>& p, const std::string& layer, const matrix_of_doubles& all) {
    const std::size_t in = all.shape(1) - 1;
    xt::xtensor<T, 2> w({all.shape(0), in});
    parameter<T> b(std::vector{all.shape(0)});
    for (std::size_t o = 0; o < all.shape(0); ++o) {
        for (std::size_t i = 0; i < in; ++i) w(o, i) = static_cast<T>(all(o, i));
        b.values()[o] = static_cast<T>(all(o, in));
    }
    p.maps.insert_or_assign(layer, dense<T>::from_dense(w));
    p.others.insert_or_assign(layer + ".bias", b);
}

/// The square root C of a second moment and its inverse, by eigenvectors; what the rows hardly reach is left at a
/// thousandth of a percent of the largest.
struct root_of_moment {
    matrix_of_doubles root, inverse;

    explicit root_of_moment(const matrix_of_doubles& moment) {
        const auto f = tt::svd(moment);
        const std::size_t n = f.s.size();
        matrix_of_doubles left = f.u, right = f.u;
        for (std::size_t k = 0; k < n; ++k) {
            const double s = std::sqrt(std::max(f.s[k], 1e-10 * f.s[0]));
            for (std::size_t i = 0; i < n; ++i) left(i, k) *= s, right(i, k) /= s;
        }
        root = einsum<"ik,jk->ij">(left, f.u);
        inverse = einsum<"ik,jk->ij">(right, f.u);
    }
    /// Of rows in every direction alike.
    explicit root_of_moment(std::size_t n) : root(xt::eye<double>(n)), inverse(xt::eye<double>(n)) {}
};

/// Rows first to first + count.
inline matrix_of_doubles rows_of(const matrix_of_doubles& m, std::size_t first, std::size_t count) {
    matrix_of_doubles part({count, m.shape(1)});
    std::copy_n(m.data() + first * m.shape(1), part.size(), part.data());
    return part;
}

/// The rows of these numbers.
inline matrix_of_doubles picked_rows(const matrix_of_doubles& m, const std::vector<std::size_t>& numbers) {
    matrix_of_doubles part({numbers.size(), m.shape(1)});
    for (std::size_t k = 0; k < numbers.size(); ++k)
        std::copy_n(m.data() + numbers[k] * m.shape(1), m.shape(1), part.data() + k * m.shape(1));
    return part;
}

/// V of least |V h_S - W h| over rows h of this second moment M, S the kept coordinates and R the others:
/// W_S + W_R M_RS M_SS^-1. A thousand millionth of the mean square on the diagonal keeps apart what rows do not tell apart.
inline matrix_of_doubles nearest_on(const matrix_of_doubles& w, const matrix_of_doubles& moment,
                                    const std::vector<std::size_t>& kept) {
    matrix_of_doubles others = w;
    for (std::size_t o = 0; o < w.shape(0); ++o)
        for (const std::size_t j : kept) others(o, j) = 0;
    const matrix_of_doubles rows = picked_rows(moment, kept);  // M_S, and M is symmetric
    matrix_of_doubles more = einsum<"oj,sj->os">(others, rows), square({kept.size(), kept.size()});
    double trace = 0;
    for (std::size_t i = 0; i < kept.size(); ++i) {
        for (std::size_t j = 0; j < kept.size(); ++j) square(i, j) = rows(i, kept[j]);
        trace += square(i, i);
    }
    for (std::size_t i = 0; i < kept.size(); ++i) square(i, i) += 1e-9 * trace / static_cast<double>(kept.size());
    // Row-major storage is column-major storage of the transpose: what is solved is M_SS X^T = (W_R M_RS)^T.
    if (backend::posv(static_cast<int>(kept.size()), static_cast<int>(w.shape(0)), square.data(), more.data()) != 0)
        throw numeric_error("with_neurons: the second moment of the neurons is not positive definite");
    for (std::size_t o = 0; o < w.shape(0); ++o)
        for (std::size_t k = 0; k < kept.size(); ++k) more(o, k) += w(o, kept[k]);
    return more;
}

}  // namespace detail

/// Keeps the neurons of each feed-forward layer that add most to the stream, `count` of them, or all where there are no
/// more; what reads them makes up for the others. Their layers become matrices. Throws shape_error for 0 and where the moments
/// are another model's, numeric_error where they are not finite.
template <scalar T>
transformer<T> with_neurons(const transformer<T>& m, const stream_moments& moments, std::size_t count) {
    transformer_parts<T> p(m);
    const std::vector<stream_site> sites = stream_sites(m, p.spec);
    if (count == 0) throw shape_error("with_neurons: at least one neuron is kept");
    for (std::size_t s = 0; s + 1 < sites.size(); ++s) {
        auto* feed = std::get_if<feed_forward_spec>(&sites[s].branch->mixer);
        if (feed == nullptr || count >= feed->hidden) continue;
        if (moments.neurons.size() != sites.size() || moments.neurons[s].shape(0) != feed->hidden + 1)
            throw shape_error("with_neurons: the moments are not those of this model: " + sites[s].readers[0] +
                              " has " + std::to_string(feed->hidden) + " neurons");
        const detail::matrix_of_doubles& seen = moments.neurons[s];
        const detail::matrix_of_doubles up = detail::with_bias(p, sites[s].readers[0]),
                                        down = detail::with_bias(p, sites[s].writer);
        std::vector<double> worth(feed->hidden);
        for (std::size_t j = 0; j < worth.size(); ++j) {
            for (std::size_t o = 0; o < down.shape(0); ++o) worth[j] += down(o, j) * down(o, j);
            worth[j] *= seen(j, j);
        }
        std::vector<std::size_t> kept(worth.size());
        std::iota(kept.begin(), kept.end(), std::size_t{0});
        std::stable_sort(kept.begin(), kept.end(), [&](std::size_t i, std::size_t j) { return worth[i] > worth[j]; });
        kept.resize(count);
        std::sort(kept.begin(), kept.end());
        feed->hidden = count;
        feed->up_bias = feed->down_bias = true;
        detail::put_with_bias(p, sites[s].readers[0], detail::picked_rows(up, kept));
        kept.push_back(worth.size());  // the 1, which the bias multiplies
        detail::put_with_bias(p, sites[s].writer, detail::nearest_on(down, seen, kept));
    }
    return p.assembled();
}

/// Cuts the heads of each softmax attention to `keys` dimensions for comparing and `values` for mixing, or leaves them where they
/// have no more; scores keep their scale. With moments, as the rows of calibration text see it. Layers become
/// matrices. Throws shape_error for 0, xtn::error for projections that are fused or tied, for gates and group norms, and for other mechanisms.
template <scalar T>
transformer<T> with_heads(const transformer<T>& m, std::size_t keys, std::size_t values,
                          const stream_moments* moments = nullptr) {
    transformer_parts<T> p(m);
    const std::vector<stream_site> sites = stream_sites(m, p.spec);
    if (keys == 0 || values == 0) throw shape_error("with_heads: a head has at least one dimension");
    for (std::size_t s = 0; s + 1 < sites.size(); ++s) {
        auto* mix = std::get_if<attention_spec>(&sites[s].branch->mixer);
        if (mix == nullptr) continue;
        if (mix->fused || mix->keys != key_source::projection || mix->mechanism != "softmax" || mix->gate ||
            mix->groups > 0)
            throw error(
                "with_heads: " + sites[s].writer +
                ": only softmax attention with projections of its own for queries and keys has products to cut");
        const std::string name = sites[s].writer.substr(0, sites[s].writer.rfind('.') + 1);
        const detail::matrix_of_doubles q = detail::with_bias(p, name + "W_q"), k = detail::with_bias(p, name + "W_k"),
                                        v = detail::with_bias(p, name + "W_v"),
                                        o = xt::cast<double>(p.map(name + "W_o").to_dense());
        const detail::root_of_moment c =
            moments != nullptr ? detail::root_of_moment(moments->read.at(s)) : detail::root_of_moment(q.shape(1));
        const std::size_t heads = mix->heads, key_dim = q.shape(0) / heads, value_dim = v.shape(0) / heads,
                          fewer_keys = std::min(keys, key_dim), fewer_values = std::min(values, value_dim);
        detail::matrix_of_doubles q2({heads * fewer_keys, q.shape(1)}), k2 = q2, v2({heads * fewer_values, v.shape(1)}),
                                                                        o2({o.shape(0), heads * fewer_values});
        for (std::size_t h = 0; h < heads; ++h) {
            const auto qh = detail::rows_of(q, h * key_dim, key_dim), kh = detail::rows_of(k, h * key_dim, key_dim),
                       vh = detail::rows_of(v, h * value_dim, value_dim);
            const detail::matrix_of_doubles seen = einsum<"ia,da,db,bj->ij">(c.root, qh, kh, c.root);
            const auto f = tt::svd(seen);
            const detail::matrix_of_doubles left = einsum<"ir,ia->ra">(f.u, c.inverse),
                                            right = einsum<"ri,ia->ra">(f.vt, c.inverse);
            for (std::size_t r = 0; r < fewer_keys; ++r)
                for (std::size_t i = 0; i < q.shape(1); ++i) {
                    q2(h * fewer_keys + r, i) = std::sqrt(f.s[r]) * left(r, i);
                    k2(h * fewer_keys + r, i) = std::sqrt(f.s[r]) * right(r, i);
                }
            detail::matrix_of_doubles oh({o.shape(0), value_dim});
            for (std::size_t x = 0; x < o.shape(0); ++x)
                for (std::size_t d = 0; d < value_dim; ++d) oh(x, d) = o(x, h * value_dim + d);
            const detail::matrix_of_doubles mixed = einsum<"xd,da,ai->xi">(oh, vh, c.root);
            const auto g = tt::svd(mixed);
            const detail::matrix_of_doubles read = einsum<"ri,ia->ra">(g.vt, c.inverse);
            for (std::size_t r = 0; r < fewer_values; ++r) {
                for (std::size_t i = 0; i < v.shape(1); ++i)
                    v2(h * fewer_values + r, i) = std::sqrt(g.s[r]) * read(r, i);
                for (std::size_t x = 0; x < o.shape(0); ++x)
                    o2(x, h * fewer_values + r) = g.u(x, r) * std::sqrt(g.s[r]);
            }
        }
        if (mix->scale == 0) mix->scale = 1 / std::sqrt(static_cast<double>(key_dim));
        mix->key_width = q2.shape(0);
        mix->value_width = v2.shape(0);
        mix->query_bias = mix->key_bias = mix->value_bias = true;
        detail::put_with_bias(p, name + "W_q", q2);
        detail::put_with_bias(p, name + "W_k", k2);
        detail::put_with_bias(p, name + "W_v", v2);
        p.maps.insert_or_assign(name + "W_o", dense<T>::from_dense(xt::cast<T>(o2)));
    }
    return p.assembled();
}

}  // namespace xtn::nn
