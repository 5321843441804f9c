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

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <xtn/op/sites.hpp>
#include <xtn/tt/mpo.hpp>
#include <xtn/tt/tt_svd.hpp>

namespace xtn {

/// A matrix product operator. Scheme is a compile-time factorisation or dynamic_scheme; the uniform Bond is static or xtn::dynamic.
template <scalar T, class Scheme = dynamic_scheme, std::size_t Bond = dynamic>
class mpo : public any_operator<T> {
public:
    /// Zeros with a uniform bond.
    mpo() requires(factorisation<Scheme>&& Bond != dynamic) : mpo(Bond) {}
    explicit mpo(std::size_t bond) requires factorisation<Scheme> : mpo(zero_cores(bond)) {}
    /// These cores. Throws shape_error where bonds or sites do not fit.
    explicit mpo(const std::vector<parameter<T>>& cores)
        : any_operator<T>(chain_network(cores), detail::numbered("cores", cores)) {}
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
        const auto result = tt::tt_svd<T>(detail::in_scheme<Scheme, T>(w, "mpo::from_dense"), Scheme::out_sites,
                                          Scheme::in_sites, limit, how);
        if (error != nullptr) *error = result.relative_error;
        return mpo(result.chain);
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
    static std::vector<parameter<T>> zero_cores(std::size_t bond) {
        std::vector<parameter<T>> cores;
        constexpr std::size_t sites = Scheme::site_count;
        for (std::size_t k = 0; k < sites; ++k)
            cores.emplace_back(std::vector{k == 0 ? std::size_t{1} : bond, Scheme::out_sites[k], Scheme::in_sites[k],
                                           k + 1 == sites ? std::size_t{1} : bond});
        return cores;
    }
    static std::vector<parameter<T>> copied(const tt::mpo<T>& chain) {
        std::vector<parameter<T>> cores;
        for (const auto& c : chain.cores()) cores.emplace_back(c);
        return cores;
    }
    /// Bond labels between neighbours, one out and one in label a site. The bonds at both ends have extent 1.
    static operator_network<T> chain_network(const std::vector<parameter<T>>& cores) {
        constexpr std::string_view letters = detail::label_letters;
        constexpr std::size_t most = max_operands - 1;
        if (cores.empty() || cores.size() > most)
            throw shape_error("mpo: a chain has 1 to " + std::to_string(most) + " sites, not " +
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

}  // namespace xtn
