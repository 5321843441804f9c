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
#include <string>
#include <vector>

#include <xtn/op/apply.hpp>
#include <xtn/scheme/scheme.hpp>
#include <xtn/tt/mpo.hpp>
#include <xtn/tt/tt_svd.hpp>

namespace xtn {

/// An MPO whose sites are known at run time only.
struct dynamic_scheme {};

/// Scheme is a compile-time factorisation or dynamic_scheme; the uniform Bond is static or xtn::dynamic.
template <scalar T, class Scheme = dynamic_scheme, std::size_t Bond = dynamic>
class mpo {
public:
    using value_type = T;

    /// Zeros with a uniform bond.
    explicit mpo(std::size_t bond = Bond) requires factorisation<Scheme> : mpo(zero_cores(bond)) {}
    /// These cores. Throws shape_error where bonds or sites do not fit.
    explicit mpo(std::vector<parameter<T>> cores) : cores_(std::move(cores)), network_(chain_network(cores_)) {
        check();
    }
    /// The cores of a chain.
    explicit mpo(const tt::mpo<T>& chain) : mpo(copied(chain)) {}

    /// TT-SVD of a matrix (out x in), truncated to the bond; bonds saturate where fewer suffice. The relative Frobenius
    /// error is stored in *error if given. Rows and columns that the scheme pads are zero.
    template <class E>
    static mpo from_dense(const xt::xexpression<E>& w, std::size_t bond = Bond,
                          double* error = nullptr) requires factorisation<Scheme> {
        const xt::xtensor<T, 2> matrix = w;
        if (matrix.shape()[0] != Scheme::out || matrix.shape()[1] != Scheme::in)
            throw shape_error("mpo::from_dense: the scheme is " + std::to_string(Scheme::out) + " x " +
                              std::to_string(Scheme::in) + ", but the matrix is " + std::to_string(matrix.shape()[0]) +
                              " x " + std::to_string(matrix.shape()[1]));
        xt::xtensor<T, 2> padded = xt::zeros<T>(std::array{Scheme::padded_out, Scheme::padded_in});
        for (std::size_t o = 0; o < Scheme::out; ++o)
            for (std::size_t i = 0; i < Scheme::in; ++i) padded(o, i) = matrix(o, i);
        const auto result = tt::tt_svd<T>(padded, Scheme::out_sites, Scheme::in_sites, {.max_bond = bond});
        if (error != nullptr) *error = result.relative_error;
        return mpo(result.chain);
    }

    std::size_t out() const {
        if constexpr (factorisation<Scheme>)
            return Scheme::out;
        else
            return network_.out();
    }
    std::size_t in() const {
        if constexpr (factorisation<Scheme>)
            return Scheme::in;
        else
            return network_.in();
    }
    const std::vector<parameter<T>>& cores() const { return cores_; }
    const operator_network<T>& network() const { return network_; }
    std::vector<named_parameter<T>> parameters() const {
        std::vector<named_parameter<T>> named;
        for (std::size_t k = 0; k < cores_.size(); ++k) named.push_back({"cores." + std::to_string(k), cores_[k]});
        return named;
    }
    xt::xtensor<T, 2> to_dense() const { return xtn::to_dense(*this); }
    /// The chain, for algebra (a copy of the cores).
    tt::mpo<T> chain() const {
        std::vector<xt::xtensor<T, 4>> cores;
        for (const parameter<T>& c : cores_) {
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
        static constexpr char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
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
        return operator_network<T>(factors, out, in, cores);
    }
    void check() const {
        if (cores_.front().shape()[0] != 1 || cores_.back().shape()[3] != 1)
            throw shape_error("mpo: the outer bonds have extent 1, but are " +
                              std::to_string(cores_.front().shape()[0]) + " and " +
                              std::to_string(cores_.back().shape()[3]));
        if constexpr (factorisation<Scheme>) {
            const std::vector<std::size_t> out(Scheme::out_sites.begin(), Scheme::out_sites.end());
            const std::vector<std::size_t> in(Scheme::in_sites.begin(), Scheme::in_sites.end());
            if (network_.out_sites() != out || network_.in_sites() != in)
                throw shape_error("mpo: the cores' sites " + to_string(geometry::row_major(network_.out_sites())) +
                                  " x " + to_string(geometry::row_major(network_.in_sites())) +
                                  " are not the scheme's " + to_string(geometry::row_major(out)) + " x " +
                                  to_string(geometry::row_major(in)));
        }
    }

    std::vector<parameter<T>> cores_;
    operator_network<T> network_;
};

}  // namespace xtn
