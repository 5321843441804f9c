// SPDX-License-Identifier: BSD-3-Clause
// The Tucker operator: a core tensor and one matrix for each out and in site,
//
//     W[(o_1 ... o_n), (i_1 ... i_n)] = sum G[a_1 ... a_n, b_1 ... b_n] U_1[o_1, a_1] ... U_n[o_n, a_n]
//                                                                      V_1[i_1, b_1] ... V_n[i_n, b_n].
//
// from_dense is the sequentially truncated higher-order SVD (Vannieuwenhoven, Vandebril & Meerbergen, SIAM J. Sci.
// Comput. 34, 2012): site by site, the unfolding's leading left singular vectors, and the tensor projected on them. The
// errors add in squares, so it is within a factor sqrt(2 n) of the best operator of these ranks, like the HOSVD of De
// Lathauwer, De Moor & Vandewalle (2000).
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <xtn/op/sites.hpp>
#include <xtn/tt/svd.hpp>

namespace xtn {

/// A core and a matrix for every site. Scheme is a compile-time factorisation or dynamic_scheme. The rank, static or
/// xtn::dynamic, is that of every site, or what its extent and the ranks of the others permit; 0 is a shape_error.
template <scalar T, class Scheme = dynamic_scheme, std::size_t Rank = dynamic>
class tucker : public any_operator<T> {
public:
    /// Zeros.
    tucker() requires(factorisation<Scheme>&& Rank != dynamic) : tucker(Rank) {}
    explicit tucker(std::size_t rank) requires factorisation<Scheme>
        : tucker({Scheme::out_sites.begin(), Scheme::out_sites.end()},
                 {Scheme::in_sites.begin(), Scheme::in_sites.end()}, rank) {}
    tucker(const std::vector<std::size_t>& out_sites, const std::vector<std::size_t>& in_sites, std::size_t rank)
        : tucker(zeros(out_sites, in_sites, rank)) {}
    /// The core, whose axes are the ranks of the out sites, then of the in sites, and for each of them a matrix (extent x
    /// rank) in the same order. Throws shape_error where they do not fit each other or the scheme.
    tucker(const parameter<T>& core, const std::vector<parameter<T>>& factors)
        : any_operator<T>(core_network(core, factors), named(core, factors)) {
        detail::describe_sites(this->describe_as("tucker"), this->network(), "ranks", core.shape());
    }

    /// The truncated higher-order SVD of a matrix (out x in); with a rank that no site exceeds it is exact. The relative
    /// Frobenius error is stored in *error if given.
    template <class E>
    static tucker from_dense(const xt::xexpression<E>& w, std::size_t rank = Rank,
                             double* error = nullptr) requires factorisation<Scheme> {
        return hosvd(detail::in_scheme<Scheme, T>(w, "tucker::from_dense"),
                     {Scheme::out_sites.begin(), Scheme::out_sites.end()},
                     {Scheme::in_sites.begin(), Scheme::in_sites.end()}, rank, error);
    }
    /// The same in these sites. Throws shape_error where they do not multiply to the matrix.
    template <class E>
    static tucker from_dense(const xt::xexpression<E>& w, const std::vector<std::size_t>& out_sites,
                             const std::vector<std::size_t>& in_sites, std::size_t rank, double* error = nullptr) {
        return hosvd(w, out_sites, in_sites, rank, error);
    }

    const parameter<T>& core() const { return this->parameters()[0].value; }

    /// The ranks of sites of these extents, out and in, where none is larger than `rank`, its extent and what the others
    /// permit. Throws shape_error for a rank of 0.
    static std::vector<std::size_t> permitted_ranks(const std::vector<std::size_t>& extents, std::size_t rank) {
        if (rank == 0) throw shape_error("tucker: the rank is 0, it must be at least 1");
        std::vector<std::size_t> ranks;
        for (const std::size_t extent : extents) ranks.push_back(std::min(rank, extent));
        // An unfolding has no larger rank than it has columns. One site at most exceeds the product of the others.
        for (std::size_t k = 0; k < ranks.size(); ++k) {
            std::size_t others = 1;
            for (std::size_t j = 0; j < ranks.size(); ++j)
                if (j != k) others = std::min(ranks[k], others * ranks[j]);
            ranks[k] = others;
        }
        return ranks;
    }

private:
    struct parts {
        parameter<T> core;
        std::vector<parameter<T>> factors;
    };
    explicit tucker(const parts& p) : tucker(p.core, p.factors) {}

    static parts zeros(const std::vector<std::size_t>& out_sites, const std::vector<std::size_t>& in_sites,
                       std::size_t rank) {
        detail::check_sites(out_sites.size(), in_sites.size(), (max_operands - 2) / 2, "tucker");
        std::vector<std::size_t> extents = out_sites;
        extents.insert(extents.end(), in_sites.begin(), in_sites.end());
        const std::vector<std::size_t> ranks = permitted_ranks(extents, rank);
        std::vector<parameter<T>> factors;
        for (std::size_t k = 0; k < ranks.size(); ++k) factors.emplace_back(std::vector{extents[k], ranks[k]});
        return {parameter<T>(ranks), std::move(factors)};
    }

    static std::vector<named_parameter<T>> named(const parameter<T>& core, const std::vector<parameter<T>>& factors) {
        std::vector<named_parameter<T>> all = detail::numbered("factors", factors);
        all.insert(all.begin(), {"core", core});
        return all;
    }
    /// The core has the first letters, the sites the letters after these.
    static operator_network<T> core_network(const parameter<T>& core, const std::vector<parameter<T>>& factors) {
        if (factors.empty() || factors.size() % 2 != 0)
            throw shape_error("tucker: one matrix for each out and each in site is needed, not " +
                              std::to_string(factors.size()));
        detail::check_sites(factors.size() / 2, factors.size() / 2, (max_operands - 2) / 2, "tucker");
        term_labels labels{{std::string(detail::label_letters.substr(0, factors.size()))}, {}, {}};
        std::vector<factor<T>> all{core};
        for (std::size_t k = 0; k < factors.size(); ++k) {
            const char site = detail::label_letters[factors.size() + k];
            labels.factors.push_back({site, labels.factors[0][k]});
            (k < factors.size() / 2 ? labels.out : labels.in) += site;
            all.push_back(factors[k]);
        }
        return detail::in_scheme<Scheme>(operator_network<T>(operator_term<T>(labels, std::move(all))), "tucker");
    }

    static tucker hosvd(const xt::xtensor<T, 2>& w, const std::vector<std::size_t>& out_sites,
                        const std::vector<std::size_t>& in_sites, std::size_t rank, double* error) {
        const auto volume = [](const std::vector<std::size_t>& sites) {
            std::size_t v = 1;
            for (const std::size_t e : sites) v *= e;
            return v;
        };
        if (volume(out_sites) != w.shape(0) || volume(in_sites) != w.shape(1))
            throw shape_error("tucker::from_dense: the sites multiply to " + std::to_string(volume(out_sites)) + " x " +
                              std::to_string(volume(in_sites)) + ", but the matrix is " + std::to_string(w.shape(0)) +
                              " x " + std::to_string(w.shape(1)));
        parts p = zeros(out_sites, in_sites, rank);
        tt::detail::require_finite(w, "tucker::from_dense");
        xt::xtensor<T, 2> rest = w;  // the first axis is the site that is next; sites that are done stand last
        const int power = tt::detail::take_power(rest);
        const double norm = tt::frobenius_norm(rest);
        double discarded = 0;
        for (std::size_t k = 0; k < p.factors.size(); ++k) {
            const std::size_t extent = p.factors[k].shape()[0], columns = rest.size() / extent;
            rest.reshape({extent, columns});
            const tt::svd_result<T> f = tt::svd(rest);
            const std::size_t kept = p.factors[k].shape()[1];
            discarded = std::hypot(discarded, tt::frobenius_norm(std::span(std::as_const(f.s)).subspan(kept)));
            xt::xtensor<T, 2> next(std::array{columns, kept});
            for (std::size_t r = 0; r < kept; ++r) {
                for (std::size_t e = 0; e < extent; ++e) p.factors[k].values()[e * kept + r] = f.u(e, r);
                for (std::size_t c = 0; c < columns; ++c) next(c, r) = f.s[r] * f.vt(r, c);
            }
            rest = std::move(next);
        }
        tt::detail::put_power(rest, power, "tucker::from_dense: the norm of the core");
        std::copy(rest.begin(), rest.end(), p.core.data());
        if (error != nullptr) *error = norm > 0 ? discarded / norm : 0;
        return tucker(p);
    }
};

namespace detail {

template <scalar T>
operator_family<T> tucker_family() {
    return {"tucker",
            [](const auto& d, const auto& from, const auto&) -> any_operator<T> {
                d.require({"out", "in", "ranks", "rank", "shown"});
                const std::vector<std::size_t> out = d.numbers("out"), in = d.numbers("in");
                std::vector<std::size_t> extents = out;
                extents.insert(extents.end(), in.begin(), in.end());
                const std::vector<std::size_t> ranks =
                    d.has("rank") ? xtn::tucker<T>::permitted_ranks(extents, d.number("rank")) : d.numbers("ranks");
                if (out.size() != in.size() || ranks.size() != extents.size())
                    d.refuse("has as many sites in out and in, and a rank for each");
                const parameter<T> core = from("core", ranks);
                std::vector<parameter<T>> factors;
                for (std::size_t k = 0; k < extents.size(); ++k)
                    factors.push_back(from("factors." + std::to_string(k), {extents[k], ranks[k]}));
                return shown(xtn::tucker<T>(core, factors), d);
            },
            [](const auto& w, const auto& d, const auto&) -> any_operator<T> {
                return shown(xtn::tucker<T>::from_dense(filled(w, d), d.numbers("out"), d.numbers("in"),
                                                        largest(d, "ranks", "rank")),
                             d);
            }};
}

}  // namespace detail
}  // namespace xtn
