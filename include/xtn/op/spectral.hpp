// SPDX-License-Identifier: BSD-3-Clause
// The spectral operator: K free coefficients in an orthonormal basis on either side,
//
//     W = D_out^T C D_in,   W[o, i] = sum_uv D_out[u, o] C[u, v] D_in[v, i],   C = 0 outside its support.
//
// The bases are constants, so the adjoint of the reconstruction is the projection: dC = (D_out dW D_in^T) on the support.
// As they are orthonormal, |W|_F^2 is the sum of the squared coefficients, and dropping coefficients is an orthogonal
// projection (Bergach, "Training transformers in cosine coefficient space", arXiv 2604.04440, for the DCT-II).
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <xtn/op/basis.hpp>
#include <xtn/op/family.hpp>
#include <xtn/op/support.hpp>

namespace xtn {

/// K coefficients in orthonormal bases. K is static or xtn::dynamic; a rectangle may have a few coefficients less.
template <scalar T, std::size_t K = dynamic>
class spectral : public any_operator<T> {
public:
    /// Zeros. Throws shape_error where the support does not fit the matrix or has not K coefficients.
    spectral(std::size_t out, std::size_t in, const support& where, const xtn::basis& in_basis = xtn::basis::dct2())
        : spectral(make(out, in, where, in_basis, {})) {}
    /// These coefficients, in the order of elements(). Throws shape_error as well for another number of them.
    spectral(std::size_t out, std::size_t in, const support& where, const xtn::basis& in_basis,
             const parameter<T>& coefficients)
        : spectral(make(out, in, where, in_basis, {}, &coefficients)) {}
    /// Zeros on the zigzag of K coefficients.
    spectral(std::size_t out, std::size_t in) requires(K != dynamic)
        : spectral(out, in, support::zigzag(xtn::coefficients::count(K))) {}

    /// The projection of a matrix (out x in) onto the support, or onto its largest coefficients: the nearest matrix of that
    /// support. The relative Frobenius error is stored in *error if given. Throws numeric_error for an entry that is not
    /// finite.
    template <class E>
    static spectral from_dense(const xt::xexpression<E>& w, const support& where,
                               const xtn::basis& in_basis = xtn::basis::dct2(), double* error = nullptr) {
        xt::xtensor<T, 2> matrix = w;
        tt::detail::require_finite(matrix, "spectral::from_dense");
        const int power = tt::detail::take_power(matrix);
        const std::size_t out = matrix.shape(0), in = matrix.shape(1);
        const parts whole = bases(out, in, out, in, in_basis);
        const xt::xtensor<T, 2> all = einsum<"uo,oi,vi->uv">(whole.out, matrix, whole.in);
        std::vector<double> magnitudes(all.size());
        std::transform(all.begin(), all.end(), magnitudes.begin(),
                       [](T c) { return static_cast<double>(std::abs(c)); });
        spectral result(make(out, in, where, in_basis, magnitudes));
        const double norm = backend::norm(std::span<const double>(magnitudes));
        xt::xtensor<T, 1> kept(std::array{result.elements_.size()});
        for (std::size_t k = 0; k < kept.size(); ++k) {
            kept(k) = all.data()[result.elements_[k]];
            magnitudes[result.elements_[k]] = 0;
        }
        if (error != nullptr) *error = norm > 0 ? backend::norm(std::span<const double>(magnitudes)) / norm : 0;
        tt::detail::give_power(kept, power, "spectral::from_dense: the norm of the coefficients");
        std::copy(kept.begin(), kept.end(), result.coefficients().data());
        return result;
    }

    const parameter<T>& coefficients() const { return this->parameters()[0].value; }
    /// Where the coefficients stand in the out x in matrix C, counted row by row.
    const std::vector<std::size_t>& elements() const { return elements_; }
    const xtn::basis& basis() const { return basis_; }

private:
    struct parts {
        xt::xtensor<T, 2> out, in;  // the first basis vectors of either side
    };
    struct made {
        parameter<T> coefficients;
        operator_network<T> network;
        std::vector<std::size_t> elements;
        xtn::basis basis;
        std::string support;
    };
    explicit spectral(made m)
        : any_operator<T>(std::move(m.network), {{"coefficients", m.coefficients}}),
          elements_(std::move(m.elements)),
          basis_(m.basis) {
        operator_description& d = this->describe_as("spectral");
        d.set("out", this->out()).set("in", this->in()).set("support", m.support).set("basis", basis_.text());
    }

    static parts bases(std::size_t out, std::size_t in, std::size_t p, std::size_t q, const xtn::basis& b) {
        return {b.vectors<T>(out, p, 0), b.vectors<T>(in, q, 1)};
    }

    static made make(std::size_t out, std::size_t in, const support& where, const xtn::basis& b,
                     const std::vector<double>& magnitudes, const parameter<T>* coefficients = nullptr) {
        std::vector<std::size_t> elements = where.elements(out, in, magnitudes);
        if (elements.empty()) throw shape_error("spectral: the support has no coefficients, it needs at least one");
        if (K != dynamic && where.kind() != support::order::rectangle && elements.size() != K)
            throw shape_error("spectral: the number of coefficients is fixed to " + std::to_string(K) +
                              ", but the support has " + std::to_string(elements.size()));
        // Only the basis vectors that some coefficient uses take part.
        std::size_t p = 0, q = 0;
        for (const std::size_t e : elements) {
            p = std::max(p, e / in + 1);
            q = std::max(q, e % in + 1);
        }
        const parts d = bases(out, in, p, q, b);
        const parameter<T> c = coefficients ? *coefficients : parameter<T>(std::vector{elements.size()});
        if (c.size() != elements.size())
            throw shape_error("spectral: the support has " + std::to_string(elements.size()) + " coefficients, but " +
                              std::to_string(c.size()) + " are given");
        const factor<T> spread = [&]() -> factor<T> {
            if (elements.size() == p * q) return factor<T>(c).reshaped({p, q});
            std::vector<std::size_t> places;
            for (const std::size_t e : elements) places.push_back(e / in * q + e % in);
            return {c, index_embedding::scatter({p, q}, places)};
        }();
        // The largest are known by their elements alone.
        const support found = where.kind() == support::order::largest ? support::custom(elements) : where;
        return {c,
                {"uo,uv,vi", "o", "i", {factor<T>::constant(d.out), spread, factor<T>::constant(d.in)}},
                std::move(elements),
                b,
                found.text(out, in)};
    }

    std::vector<std::size_t> elements_;
    xtn::basis basis_;
};

namespace detail {

template <scalar T>
operator_family<T> spectral_family() {
    return {"spectral",
            [](const auto& d, const auto& from, const auto&) -> any_operator<T> {
                d.require({"out", "in", "support", "basis"});
                const std::size_t out = d.number("out"), in = d.number("in");
                constexpr std::size_t most = std::size_t{1} << 27;  // what a short text may make a program compute
                if (in != 0 && out > most / in) d.refuse("is made of a description for up to 2^27 coefficients only");
                const support where = support::from_text(d.text("support"));
                const basis b = basis::from_text(d.text("basis"));
                return xtn::spectral<T>(out, in, where, b, from("coefficients", {where.elements(out, in).size()}));
            },
            [](const auto& w, const auto& d, const auto&) -> any_operator<T> {
                return xtn::spectral<T>::from_dense(w, support::from_text(d.text("support")),
                                                    basis::from_text(d.text("basis")));
            }};
}

}  // namespace detail
}  // namespace xtn
