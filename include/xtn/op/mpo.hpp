// SPDX-License-Identifier: BSD-3-Clause
// The matrix product operator (tensor-train matrix) as a linear map:
//
//        o1        o2              oL
//        |    r1   |    r2         |
//       [A1]------[A2]---- ... ---[AL]        W[o1..oL, i1..iL] = A1[o1, i1, :] A2[:, o2, i2, :] ... AL[:, oL, iL]
//        |         |               |
//        i1        i2              iL
//
// Cores lie in (left bond, out, in, right bond) order; site 1 is most significant. Oseledets, SIAM J. Sci. Comput. 33,
// 2295 (2011); for weight matrices Novikov et al., NIPS 2015, and Gao et al., Phys. Rev. Research 2, 023300 (2020).
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <xtn/op/sites.hpp>
#include <xtn/tt/mpo.hpp>
#include <xtn/tt/tt_svd.hpp>

namespace xtn {

/// A matrix product operator. Scheme is a compile-time factorisation or dynamic_scheme. The bond, static or xtn::dynamic, is
/// that between all sites, or the largest that the sites on one of its sides can use; 0 is a shape_error.
template <scalar T, class Scheme = dynamic_scheme, std::size_t Bond = dynamic>
class mpo : public any_operator<T> {
public:
    /// Zeros.
    mpo() requires(factorisation<Scheme>&& Bond != dynamic) : mpo(Bond) {}
    explicit mpo(std::size_t bond) requires factorisation<Scheme>
        : mpo({Scheme::out_sites.begin(), Scheme::out_sites.end()}, {Scheme::in_sites.begin(), Scheme::in_sites.end()},
              bond) {}
    mpo(const std::vector<std::size_t>& out_sites, const std::vector<std::size_t>& in_sites, std::size_t bond)
        : mpo(zero_cores(out_sites, in_sites, bond)) {}
    /// These cores. Throws shape_error where bonds or sites do not fit.
    explicit mpo(const std::vector<parameter<T>>& cores)
        : any_operator<T>(chain_network(cores), detail::numbered("cores", cores)) {
        std::vector<std::size_t> bonds;
        for (std::size_t k = 1; k < cores.size(); ++k) bonds.push_back(cores[k].shape()[0]);
        detail::describe_sites(this->describe_as("mpo"), this->network(), "bonds", bonds);
    }
    /// The cores of a chain.
    explicit mpo(const tt::mpo<T>& chain) : mpo(copied(chain)) {}

    /// TT-SVD of a matrix (out x in), truncated to the bond; bonds saturate where fewer suffice. The relative Frobenius
    /// error is stored in *error if given. Rows and columns that the scheme pads are zero. With a sketch the singular
    /// vectors are approximate, and found faster (tt/tt_svd.hpp).
    template <class E>
    static mpo from_dense(const xt::xexpression<E>& w, std::size_t bond = Bond, double* error = nullptr,
                          const std::optional<tt::sketch>& how = std::nullopt) requires factorisation<Scheme> {
        return from_dense(w, tt::truncation{.max_bond = bond}, error, how);
    }
    /// The same with bonds as small as a relative error permits: from_dense(w, {.tolerance = 1e-2}).
    template <class E>
    static mpo from_dense(const xt::xexpression<E>& w, const tt::truncation& limit, double* error = nullptr,
                          const std::optional<tt::sketch>& how = std::nullopt) requires factorisation<Scheme> {
        return decomposed(detail::in_scheme<Scheme, T>(w, "mpo::from_dense"), Scheme::out_sites, Scheme::in_sites,
                          limit, error, how);
    }
    /// The same in these sites. Throws shape_error where they do not multiply to the matrix.
    template <class E>
    static mpo from_dense(const xt::xexpression<E>& w, const std::vector<std::size_t>& out_sites,
                          const std::vector<std::size_t>& in_sites, const tt::truncation& limit,
                          double* error = nullptr, const std::optional<tt::sketch>& how = std::nullopt) {
        return decomposed(w, out_sites, in_sites, limit, error, how);
    }

    /// 1, the bonds between these sites, none larger than the sites on one of its sides can use, 1. Throws shape_error for
    /// other numbers of sites in out and in and for a bond of 0.
    static std::vector<std::size_t> permitted_bonds(const std::vector<std::size_t>& out_sites,
                                                    const std::vector<std::size_t>& in_sites, std::size_t bond) {
        detail::check_sites(out_sites.size(), in_sites.size(), most_sites, "mpo");
        if (bond == 0) throw shape_error("mpo: the bond is 0, it must be at least 1");
        std::vector<std::size_t> entries;
        for (std::size_t k = 0; k < out_sites.size(); ++k) entries.push_back(out_sites[k] * in_sites[k]);
        std::vector<std::size_t> bonds{1};
        for (const std::size_t largest : tt::detail::full_bonds(entries)) bonds.push_back(std::min(bond, largest));
        bonds.push_back(1);
        return bonds;
    }

    std::vector<parameter<T>> cores() const {
        std::vector<parameter<T>> cores;
        for (const named_parameter<T>& p : this->parameters()) cores.push_back(p.value);
        return cores;
    }
    /// The chain, for algebra (a copy of the cores).
    tt::mpo<T> chain() const {
        std::vector<xt::xtensor<T, 4>> cores;
        for (const parameter<T>& c : this->cores()) {
            xt::xtensor<T, 4> core(std::array{c.shape()[0], c.shape()[1], c.shape()[2], c.shape()[3]});
            std::copy(c.values().begin(), c.values().end(), core.begin());
            cores.push_back(std::move(core));
        }
        return tt::mpo<T>(std::move(cores));
    }

private:
    static constexpr std::size_t most_sites = max_operands - 1;

    static std::vector<parameter<T>> zero_cores(const std::vector<std::size_t>& out_sites,
                                                const std::vector<std::size_t>& in_sites, std::size_t bond) {
        const std::vector<std::size_t> bonds = permitted_bonds(out_sites, in_sites, bond);
        std::vector<parameter<T>> cores;
        for (std::size_t k = 0; k < out_sites.size(); ++k)
            cores.emplace_back(std::vector{bonds[k], out_sites[k], in_sites[k], bonds[k + 1]});
        return cores;
    }
    static mpo decomposed(const xt::xtensor<T, 2>& w, std::span<const std::size_t> out_sites,
                          std::span<const std::size_t> in_sites, const tt::truncation& limit, double* error,
                          const std::optional<tt::sketch>& how) {
        const auto result = tt::tt_svd<T>(w, out_sites, in_sites, limit, how);
        if (error != nullptr) *error = result.relative_error;
        return mpo(result.chain);
    }
    static std::vector<parameter<T>> copied(const tt::mpo<T>& chain) {
        std::vector<parameter<T>> cores;
        for (const auto& c : chain.cores()) cores.emplace_back(c);
        return cores;
    }
    /// Bond labels between neighbours, one out and one in label a site. The bonds at both ends have extent 1.
    static operator_network<T> chain_network(const std::vector<parameter<T>>& cores) {
        constexpr std::string_view letters = detail::label_letters;
        if (cores.empty() || cores.size() > most_sites)
            throw shape_error("mpo: a chain has 1 to " + std::to_string(most_sites) + " sites, not " +
                              std::to_string(cores.size()));
        std::string factors, out, in;
        for (std::size_t k = 0; k < cores.size(); ++k) {
            const char o = letters[3 * k], i = letters[3 * k + 1], left = letters[3 * k + 2];
            const char right = k + 1 == cores.size() ? letters[3 * k + 3] : letters[3 * k + 5];
            factors += std::string(k == 0 ? "" : ",") + left + o + i + right;
            out += o;
            in += i;
        }
        const operator_network<T> chain(factors, out, in, {cores.begin(), cores.end()});
        if (cores.front().shape()[0] != 1 || cores.back().shape()[3] != 1)
            throw shape_error("mpo: the outer bonds have extent 1, but are " +
                              std::to_string(cores.front().shape()[0]) + " and " +
                              std::to_string(cores.back().shape()[3]));
        return detail::in_scheme<Scheme>(chain, "mpo");
    }
};

namespace detail {

template <scalar T>
operator_family<T> mpo_family() {
    return {"mpo",
            [](const auto& d, const auto& from, const auto&) -> any_operator<T> {
                d.require({"out", "in", "bonds", "bond", "shown"});
                const std::vector<std::size_t> out = d.numbers("out"), in = d.numbers("in");
                std::vector<std::size_t> bonds{1};
                if (d.has("bond")) {
                    bonds = xtn::mpo<T>::permitted_bonds(out, in, d.number("bond"));
                } else {
                    for (const std::size_t b : d.numbers("bonds")) bonds.push_back(b);
                    bonds.push_back(1);
                }
                if (out.size() != in.size() || bonds.size() != out.size() + 1)
                    d.refuse("has as many sites in out and in, and bonds between them");
                std::vector<parameter<T>> cores;
                for (std::size_t k = 0; k < out.size(); ++k)
                    cores.push_back(from("cores." + std::to_string(k), {bonds[k], out[k], in[k], bonds[k + 1]}));
                return shown(xtn::mpo<T>(cores), d);
            },
            [](const auto& w, const auto& d, const auto&) -> any_operator<T> {
                return shown(xtn::mpo<T>::from_dense(filled(w, d), d.numbers("out"), d.numbers("in"),
                                                     {.max_bond = largest(d, "bonds", "bond")}),
                             d);
            }};
}

}  // namespace detail
}  // namespace xtn
