// SPDX-License-Identifier: BSD-3-Clause
// The Kronecker product of any number of matrices: W = A_1 (x) A_2 (x) ... (x) A_n,
//
//     W[(o_1 ... o_n), (i_1 ... i_n)] = A_1[o_1, i_1] A_2[o_2, i_2] ... A_n[o_n, i_n].
//
// The nearest one to a matrix is the best approximation of rank 1 of the matrix in chain order (o_1 i_1), (o_2 i_2), ...
// (Van Loan & Pitsianis, "Approximation with Kronecker products", 1993). For two factors an SVD gives it; for more, the
// alternating least squares of the higher-order power method improve the one of TT-SVD until they stand still: each factor
// in turn is the contraction of W with the conjugates of the others over their squared norms.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <xtn/expr/assign.hpp>
#include <xtn/expr/memory.hpp>
#include <xtn/op/relative_error.hpp>
#include <xtn/op/sites.hpp>
#include <xtn/tt/tt_svd.hpp>

namespace xtn {

/// A Kronecker product of matrices. Scheme is a compile-time factorisation or dynamic_scheme.
template <scalar T, class Scheme = dynamic_scheme>
class kronecker : public any_operator<T> {
public:
    /// Zeros.
    kronecker() requires factorisation<Scheme> : kronecker(zeros(Scheme::out_sites, Scheme::in_sites)) {}
    /// Zeros in these sites.
    kronecker(const std::vector<std::size_t>& out_sites, const std::vector<std::size_t>& in_sites)
        : kronecker(zeros(out_sites, in_sites)) {}
    /// These matrices (out x in). Throws shape_error where they do not fit the scheme.
    explicit kronecker(const std::vector<parameter<T>>& factors)
        : any_operator<T>(product_network(factors), detail::numbered("factors", factors)) {
        detail::describe_sites(this->describe_as("kronecker"), this->network());
    }

    /// The nearest Kronecker product to a matrix (out x in) in the Frobenius norm; for more than two factors, one that
    /// alternating least squares cannot improve. The relative error is stored in *error if given.
    template <class E>
    static kronecker from_dense(const xt::xexpression<E>& w, double* error = nullptr) requires factorisation<Scheme> {
        return nearest(detail::in_scheme<Scheme, T>(w, "kronecker::from_dense"),
                       {Scheme::out_sites.begin(), Scheme::out_sites.end()},
                       {Scheme::in_sites.begin(), Scheme::in_sites.end()}, error);
    }
    /// The same in these sites. Throws shape_error where they do not multiply to the matrix.
    template <class E>
    static kronecker from_dense(const xt::xexpression<E>& w, const std::vector<std::size_t>& out_sites,
                                const std::vector<std::size_t>& in_sites, double* error = nullptr) {
        return nearest(w, out_sites, in_sites, error);
    }

private:
    static constexpr std::size_t most_factors = max_operands - 1;

    template <class Sites>
    static std::vector<parameter<T>> zeros(const Sites& out_sites, const Sites& in_sites) {
        detail::check_sites(out_sites.size(), in_sites.size(), most_factors, "kronecker");
        std::vector<parameter<T>> factors;
        for (std::size_t k = 0; k < out_sites.size(); ++k) factors.emplace_back(std::vector{out_sites[k], in_sites[k]});
        return factors;
    }
    static std::string labels(std::size_t k) { return std::string(detail::label_letters.substr(2 * k, 2)); }

    static operator_network<T> product_network(const std::vector<parameter<T>>& factors) {
        detail::check_sites(factors.size(), factors.size(), most_factors, "kronecker");
        term_labels all;
        for (std::size_t k = 0; k < factors.size(); ++k) {
            all.factors.push_back(labels(k));
            all.out += labels(k)[0];
            all.in += labels(k)[1];
        }
        return detail::in_scheme<Scheme>(operator_network<T>(operator_term<T>(all, {factors.begin(), factors.end()})),
                                         "kronecker");
    }

    static double norm(const parameter<T>& p) { return tt::frobenius_norm(std::span<const T>(p.values())); }

    static kronecker nearest(xt::xtensor<T, 2> w, const std::vector<std::size_t>& out_sites,
                             const std::vector<std::size_t>& in_sites, double* error) {
        tt::detail::require_finite(w, "kronecker::from_dense");
        const int power = tt::detail::take_power(w);  // norms are multiplied
        const auto start = tt::tt_svd<T>(w, out_sites, in_sites, {.max_bond = 1});
        std::vector<parameter<T>> factors = zeros(out_sites, in_sites);
        for (std::size_t k = 0; k < factors.size(); ++k)
            std::copy(start.chain.cores()[k].begin(), start.chain.cores()[k].end(), factors[k].data());
        double kept = 0;  // norm of the product: |W - product|^2 = |W|^2 - kept^2 for the best length of one factor
        for (int sweep = 0; sweep < 100; ++sweep) {
            for (std::size_t k = 0; k < factors.size(); ++k) improve(w, factors, k);
            double now = 1;
            for (const parameter<T>& f : factors) now *= norm(f);
            if (factors.size() < 3 || now <= kept * (1 + 1e-12)) break;
            kept = now;
        }
        if (error != nullptr) *error = relative_error(kronecker<T>(factors), w);  // of a padded scheme too
        spread_norms(factors, power);
        return kronecker(factors);
    }

    /// factors[k] = W contracted with the conjugates of the others / their squared norms.
    static void improve(const xt::xtensor<T, 2>& w, const std::vector<parameter<T>>& factors, std::size_t k) {
        std::string out, in, others;
        std::vector<tensor_view<T>> operands{{w.data(), {}}};
        std::vector<std::vector<T>> conjugates(factors.size());
        std::vector<std::size_t> extents(2 * factors.size());
        double squares = 1;
        for (std::size_t j = 0; j < factors.size(); ++j) {
            out += labels(j)[0];
            in += labels(j)[1];
            extents[j] = factors[j].shape()[0];
            extents[factors.size() + j] = factors[j].shape()[1];
            if (j == k) continue;
            others += "," + labels(j);
            conjugates[j].resize(factors[j].size());
            factor<T>(factors[j]).conjugated().evaluate(conjugates[j].data());
            operands.push_back({conjugates[j].data(), geometry::row_major(factors[j].shape())});
            squares *= norm(factors[j]) * norm(factors[j]);
        }
        if (squares == 0) return;
        operands[0].shape = geometry::row_major(extents);
        xtn::assign(as_tensor(factors[k].data(), {extents[k], extents[factors.size() + k]}),
                    einsum(out + in + others + "->" + labels(k), operands));
        for (T& x : factors[k].values()) x /= static_cast<real_of<T>>(squares);
    }
    /// 2^power times the same product, with factors of equal norm.
    static void spread_norms(const std::vector<parameter<T>>& factors, int power) {
        double logarithms = power * std::log(2.0);
        for (const parameter<T>& f : factors) {
            if (norm(f) == 0) return;
            logarithms += std::log(norm(f));
        }
        const double each = std::exp(logarithms / static_cast<double>(factors.size()));
        for (const parameter<T>& f : factors) {
            const auto scale = static_cast<real_of<T>>(each / norm(f));
            for (T& x : f.values()) x *= scale;
        }
    }
};

namespace detail {

template <scalar T>
operator_family<T> kronecker_family() {
    return {"kronecker",
            [](const auto& d, const auto& from, const auto&) -> any_operator<T> {
                d.require({"out", "in", "shown"});
                const std::vector<std::size_t> out = d.numbers("out"), in = d.numbers("in");
                if (out.size() != in.size()) d.refuse("has as many sites in out as in in");
                std::vector<parameter<T>> factors;
                for (std::size_t k = 0; k < out.size(); ++k)
                    factors.push_back(from("factors." + std::to_string(k), {out[k], in[k]}));
                return shown(xtn::kronecker<T>(factors), d);
            },
            [](const auto& w, const auto& d, const auto&) -> any_operator<T> {
                return shown(xtn::kronecker<T>::from_dense(filled(w, d), d.numbers("out"), d.numbers("in")), d);
            }};
}

}  // namespace detail
}  // namespace xtn
