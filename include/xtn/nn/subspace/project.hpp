// SPDX-License-Identifier: BSD-3-Clause
// Projection: a folded transformer whose residual stream is cut to a subspace. Bases Q (width x r) have orthonormal columns;
// what reads the stream gets its basis on the right, what writes to it on the left, and the norms go on dividing by the
// original width (TCSP, arXiv 2308.16475; SP3 in its later versions; SliceGPT, arXiv 2401.15024):
//
//     W -> W Q                    what reads
//     W -> Q^T W, c -> Q^T c      what writes
//     skip -> Q'^T Q              between sites with different bases
#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <xtn/nn/subspace/parts.hpp>
#include <xtn/nn/subspace/stream.hpp>
#include <xtn/op/algebra.hpp>
#include <xtn/op/dense.hpp>

namespace xtn::nn {

namespace detail {

/// A basis, its transpose as an operator that all products with it share, and what it makes of maps and vectors.
template <scalar T>
class stream_basis {
public:
    /// Throws shape_error unless the basis has `width` rows and at most as many columns, numeric_error unless its columns are
    /// orthonormal to 1e-10.
    stream_basis(xt::xtensor<double, 2> q, std::size_t width)
        : q_(std::move(q)), transposed_(dense<T>::from_dense(xt::cast<T>(xt::transpose(q_)))) {
        if (q_.shape(0) != width || q_.shape(1) == 0 || q_.shape(1) > width)
            throw shape_error("projected: a basis is " + std::to_string(q_.shape(0)) + " x " +
                              std::to_string(q_.shape(1)) + ", but the stream has the width " + std::to_string(width));
        const xt::xtensor<double, 2> gram = einsum<"ir,is->rs">(q_, q_);
        for (std::size_t r = 0; r < this->r(); ++r)
            for (std::size_t s = 0; s < this->r(); ++s)
                if (!(std::abs(gram(r, s) - (r == s ? 1 : 0)) < 1e-10))
                    throw numeric_error("projected: the columns of a basis are not orthonormal: " + std::to_string(r) +
                                        " times " + std::to_string(s) + " is " + std::to_string(gram(r, s)));
    }

    std::size_t r() const { return q_.shape(1); }
    const xt::xtensor<double, 2>& vectors() const { return q_; }

    /// W Q.
    any_operator<T> read_by(const any_operator<T>& w) const {
        const any_operator<T> factors = product<T>(w, transposed<T>(transposed_));
        return smaller(w, factors, [&] { return xt::xtensor<double, 2>(einsum<"oi,ir->or">(in_double(w), q_)); });
    }
    /// Q^T W.
    any_operator<T> written_by(const any_operator<T>& w) const {
        const any_operator<T> factors = product<T>(transposed_, w);
        return smaller(w, factors, [&] { return xt::xtensor<double, 2>(einsum<"or,oi->ri">(q_, in_double(w))); });
    }
    /// x Q for each row.
    parameter<T> rows(const parameter<T>& table) const {
        const std::size_t count = table.size() / q_.shape(0);
        std::vector<std::size_t> shape = table.shape();
        shape.back() = r();
        parameter<T> y(shape);
        for (std::size_t k = 0; k < count; ++k)
            for (std::size_t j = 0; j < r(); ++j) {
                double sum = 0;
                for (std::size_t i = 0; i < q_.shape(0); ++i)
                    sum += static_cast<double>(table.values()[k * q_.shape(0) + i]) * q_(i, j);
                y.values()[k * r() + j] = static_cast<T>(sum);
            }
        return y;
    }

private:
    static xt::xtensor<double, 2> in_double(const any_operator<T>& w) { return xt::cast<double>(w.to_dense()); }
    /// The product as it is, unless its matrix has fewer elements than W's own parameters and the matrix's fewer axes.
    template <class Matrix>
    any_operator<T> smaller(const any_operator<T>& w, const any_operator<T>& factors, Matrix matrix) const {
        if (!w.network().is_matrix() && parameter_count(w.parameters()) < factors.out() * factors.in()) return factors;
        return dense<T>::from_dense(xt::cast<T>(matrix()));
    }

    xt::xtensor<double, 2> q_;
    dense<T> transposed_;
};

}  // namespace detail

/// The folded transformer m with its stream cut to the span of one basis, or of one for each site with maps between them.
/// Factorised maps become products with the basis, which they share, unless the matrix of the product has fewer
/// elements than the map has parameters; matrices become matrices. Throws xtn::error where m is not folded, shape_error and
/// numeric_error for bases that do not fit.
template <scalar T>
transformer<T> projected(const transformer<T>& m, const std::vector<xt::xtensor<double, 2>>& bases) {
    transformer_parts<T> p(m);
    const std::vector<stream_site> sites = stream_sites(m, p.spec);
    const std::size_t width = m.body().width();
    for (const stream_site& site : sites)
        if (site.kind->kind != norm_kind::rms || site.kind->scaled)
            throw error("projected: the norm " + site.norm + " has a mean or a gain; fold the transformer first");
    if (bases.size() != 1 && bases.size() != sites.size())
        throw shape_error("projected: " + std::to_string(bases.size()) + " bases for the " +
                          std::to_string(sites.size()) +
                          " places where the stream is read; there is one for each or one for all");
    std::vector<detail::stream_basis<T>> made;
    for (const auto& q : bases) made.emplace_back(q, width);
    const auto basis_of = [&](std::size_t site) -> const detail::stream_basis<T>& {
        return made[made.size() == 1 ? 0 : site];
    };

    for (std::size_t s = 0; s < sites.size(); ++s) {
        const stream_site& site = sites[s];
        if (site.kind->divisor == 0) site.kind->divisor = width;
        for (const std::string& layer : site.readers) p.maps.insert_or_assign(layer, basis_of(s).read_by(p.map(layer)));
        if (site.branch == nullptr) continue;
        const detail::stream_basis<T>&here = basis_of(s), &next = basis_of(s + 1);
        p.maps.insert_or_assign(site.writer, next.written_by(p.map(site.writer)));
        if (const parameter<T>* bias = p.other(site.writer + ".bias"))
            p.others.insert_or_assign(site.writer + ".bias", next.rows(*bias));
        if (auto* mix = std::get_if<attention_spec>(&site.branch->mixer)) {
            if (mix->key_width == 0) mix->key_width = width;
            if (mix->value_width == 0) mix->value_width = width;
        }
        if (made.size() == 1) continue;
        site.branch->skip_map = true;
        site.branch->width = next.r();
        p.maps.insert_or_assign(site.skip, dense<T>::from_dense(xt::cast<T>(xt::xtensor<double, 2>(
                                               einsum<"is,ir->sr">(next.vectors(), here.vectors())))));
    }

    const detail::stream_basis<T>& first = basis_of(0);
    if (const auto down = p.maps.find("down"); down != p.maps.end()) {
        if (p.spec.input.width == 0) p.spec.input.width = width;
        down->second = first.written_by(down->second);
    } else {
        for (const char* table : {"tok_emb.weight", "tok_emb.positions"})
            if (const auto found = p.others.find(table); found != p.others.end())
                found->second = first.rows(found->second);
        p.spec.input.width = 0;
    }
    p.spec.output.width = 0;
    p.spec.body.width = first.r();
    return p.assembled();
}

}  // namespace xtn::nn
