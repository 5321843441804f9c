// SPDX-License-Identifier: BSD-3-Clause
// Folding: a pre-norm transformer without feature means, gains and norm biases, and with the same logits. With the mean taken
// out of everything that is added to the stream, layer norm is RMS norm, and what follows the division is linear
// (SliceGPT, arXiv 2401.15024, section 3.2):
//
//     W (g n + b) + c = (W diag g) n + (W b + c)        what reads, n the normalised row
//     M (W y + c)     = (M W) y + M c                   what writes, M = I - 1 1^T / width
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <xtn/nn/subspace/parts.hpp>
#include <xtn/nn/subspace/stream.hpp>
#include <xtn/op/algebra.hpp>
#include <xtn/op/dense.hpp>
#include <xtn/op/diagonal.hpp>
#include <xtn/op/low_rank.hpp>

namespace xtn::nn {

namespace detail {

/// W b + c, summed in double.
template <scalar T>
parameter<T> shifted(const any_operator<T>& w, const parameter<T>& b, const parameter<T>& c) {
    const xt::xtensor<T, 2> matrix = w.to_dense();
    parameter<T> y = c.clone();
    for (std::size_t o = 0; o < w.out(); ++o) {
        double sum = static_cast<double>(c.values()[o]);
        for (std::size_t i = 0; i < w.in(); ++i)
            sum += static_cast<double>(matrix(o, i)) * static_cast<double>(b.values()[i]);
        y.values()[o] = static_cast<T>(sum);
    }
    return y;
}

/// W diag(g): a matrix stays one.
template <scalar T>
any_operator<T> columns_scaled(const any_operator<T>& w, const parameter<T>& g) {
    if (!w.network().is_matrix()) return product<T>(w, diagonal<T>(g.clone()));
    xt::xtensor<T, 2> matrix = w.to_dense();
    for (std::size_t o = 0; o < w.out(); ++o)
        for (std::size_t i = 0; i < w.in(); ++i) matrix(o, i) *= g.values()[i];
    return dense<T>::from_dense(matrix);
}

/// The means of the columns.
template <scalar T>
xt::xtensor<T, 2> column_means(const xt::xtensor<T, 2>& matrix) {
    xt::xtensor<T, 2> means({1, matrix.shape(1)});
    for (std::size_t i = 0; i < matrix.shape(1); ++i) {
        double sum = 0;
        for (std::size_t o = 0; o < matrix.shape(0); ++o) sum += static_cast<double>(matrix(o, i));
        means(0, i) = static_cast<T>(sum / static_cast<double>(matrix.shape(0)));
    }
    return means;
}

/// M W: a matrix stays one, of other operators a product of rank 1 is taken away.
template <scalar T>
any_operator<T> columns_centred(const any_operator<T>& w) {
    const xt::xtensor<T, 2> matrix = w.to_dense(), means = column_means(matrix);
    if (w.network().is_matrix()) return dense<T>::from_dense(matrix - means);
    const xt::xtensor<T, 2> minus_one = xt::ones<T>({w.out(), std::size_t{1}}) * T(-1);
    return sum<T>({w, low_rank<T>(parameter<T>(minus_one), parameter<T>(means))});
}

/// A copy without the mean of each group of `width` elements.
template <scalar T>
parameter<T> rows_centred(const parameter<T>& table, std::size_t width) {
    parameter<T> copy = table.clone();
    for (std::size_t first = 0; first < copy.size(); first += width) {
        const std::span<T> row = copy.values().subspan(first, width);
        double sum = 0;
        for (const T x : row) sum += static_cast<double>(x);
        for (T& x : row) x = static_cast<T>(static_cast<double>(x) - sum / static_cast<double>(width));
    }
    return copy;
}

/// M itself.
template <scalar T>
any_operator<T> centring(std::size_t width) {
    return columns_centred<T>(dense<T>::from_dense(xt::eye<T>(width)));
}

/// Takes the means out of what comes into the stream: tables of their own, a map "down" otherwise.
template <scalar T>
void centre_input(transformer_parts<T>& p, std::size_t width) {
    input_spec& in = p.spec.input;
    if (const auto down = p.maps.find("down"); down != p.maps.end()) {
        down->second = columns_centred(down->second);
        return;
    }
    if (in.positions == position_kind::sinusoidal || !std::holds_alternative<token_spec>(in.of)) {
        in.down = true;
        p.maps.emplace("down", centring<T>(width));
        return;
    }
    for (const char* table : {"tok_emb.weight", "tok_emb.positions"})
        if (const auto found = p.others.find(table); found != p.others.end())
            found->second = rows_centred(found->second, width);
}

}  // namespace detail

/// The same function of tokens or images: norms are RMS norms without gains, which the maps behind them have taken up. Layers of
/// matrices are copied, other operators shared with m, as parts of products and sums. Sinusoids, which no table holds,
/// lose their means in a map "down". Throws xtn::error for streams that cannot be folded (stream_sites), and where layer norms
/// and other norms read the same stream.
template <scalar T>
transformer<T> folded(const transformer<T>& m) {
    transformer_parts<T> p(m);
    const std::vector<stream_site> sites = stream_sites(m, p.spec);
    const bool centre = sites[0].kind->kind == norm_kind::layer;
    const std::size_t width = m.body().width();
    for (const stream_site& site : sites) {
        if (site.kind->kind == norm_kind::none) throw error("folded: " + site.norm + " is no norm");
        if ((site.kind->kind == norm_kind::layer) != centre)
            throw error("folded: " + site.norm + " is another kind of norm than " + sites[0].norm);
        const parameter<T>*gain = p.other(site.norm + ".weight"), *shift = p.other(site.norm + ".bias");
        for (const std::string& layer : site.readers) {
            if (shift != nullptr)
                p.others.insert_or_assign(layer + ".bias", detail::shifted(p.map(layer), *shift, p.bias(layer)));
            if (gain != nullptr) p.maps.insert_or_assign(layer, detail::columns_scaled(p.map(layer), *gain));
        }
        if (shift != nullptr) {
            if (site.branch == nullptr)
                p.spec.output.bias = true;
            else if (auto* mix = std::get_if<attention_spec>(&site.branch->mixer))
                mix->query_bias = mix->key_bias = mix->value_bias = true;
            else
                std::get<feed_forward_spec>(site.branch->mixer).up_bias = true;
        }
        site.kind->kind = norm_kind::rms;
        site.kind->scaled = false;
        if (!centre || site.writer.empty()) continue;
        p.maps.insert_or_assign(site.writer, detail::columns_centred(p.map(site.writer)));
        if (const parameter<T>* bias = p.other(site.writer + ".bias"))
            p.others.insert_or_assign(site.writer + ".bias", detail::rows_centred(*bias, width));
    }
    if (centre) detail::centre_input(p, width);
    return p.assembled();
}

}  // namespace xtn::nn
