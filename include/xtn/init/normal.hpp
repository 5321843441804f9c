// SPDX-License-Identifier: BSD-3-Clause
// Initialisation by the wanted standard deviation sigma of the entries of W, derived from the network: an entry is a
// sum over the summed labels of products of one number from each of d factors, so factors drawn from N(0, s^2) with
//
//     s = (sigma / sqrt(n))^(1/d),   n = the mean over the entries of the sum of the products of the constants squared,
//
// give entries of variance n s^(2d) = sigma^2. Without constants and embeddings n is the number of terms in that sum. For
// K of m x n coefficients in an orthonormal basis it is K / (m n). A sum of operators shares the variance evenly where its
// terms overlap. (The same formula is t3f's; with the bonds in place of sqrt(n), as some libraries have it, an MPO layer
// starts orders of magnitude too small and hardly learns.)
//
// The formula takes the numbers for independent. Where one parameter occurs twice in a product, as in T T^T, it holds for
// the entries off the diagonal.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <xtn/backend/norm.hpp>
#include <xtn/backend/random.hpp>
#include <xtn/op/apply.hpp>

namespace xtn {

namespace detail {

/// n of the formula above, as m 4^e: constants may be of any size.
struct mean_square {
    double mantissa;
    int exponent;
};
template <scalar T>
mean_square mean_square_of_constants(const operator_term<T>& term) {
    // Factors that are 1 everywhere only multiply by the extents of labels that nobody else has.
    int exponent = 0;
    std::string labels, seen;
    std::vector<xt::xarray<double>> squares;
    for (std::size_t i = 0; i < term.factors().size(); ++i) {
        const factor<T>& f = term.factors()[i];
        if (!f.is_constant() && !f.embedding()) continue;
        xt::xarray<double> square = xt::ones<double>(f.shape());
        if (f.is_constant()) {
            std::vector<T> values(f.value().values().begin(), f.value().values().end());
            const int e = backend::scaled_norm(std::span<const T>(values)).exponent;
            backend::multiply_by_power(std::span<T>(values), -e);
            exponent += e;
            std::transform(values.begin(), values.end(), square.begin(),
                           [](T x) { return static_cast<double>(std::norm(x)); });
        } else {
            std::transform(f.embedding()->places().begin(), f.embedding()->places().end(), square.begin(),
                           [](std::int32_t place) { return place == index_embedding::zero ? 0.0 : 1.0; });
        }
        labels += (squares.empty() ? "" : ",") + term.labels().factors[i];
        seen += term.labels().factors[i];
        squares.push_back(std::move(square));
    }
    double total = 1, entries = 1;
    if (!squares.empty()) total = static_cast<double>(einsum(labels + "->", squares));
    std::string counted;
    for (const char c : term.labels().all()) {
        if (counted.find(c) != std::string::npos) continue;
        counted += c;
        const auto extent = static_cast<double>(term.extent(c));
        if (seen.find(c) == std::string::npos) total *= extent;
        if ((term.labels().out + term.labels().in).find(c) != std::string::npos) entries *= extent;
    }
    return {total / entries, exponent};
}

/// How many terms of the network overlap with one of them, itself included.
template <scalar T>
std::size_t overlapping(const operator_network<T>& net, const operator_term<T>& term) {
    const auto meet = [](std::size_t a, std::size_t m, std::size_t b, std::size_t n) { return a < b + n && b < a + m; };
    return static_cast<std::size_t>(std::count_if(net.terms().begin(), net.terms().end(), [&](const auto& other) {
        const placement &a = term.at(), &b = other.at();
        return meet(a.row, a.rows, b.row, b.rows) && meet(a.column, a.columns, b.column, b.columns);
    }));
}

}  // namespace detail

/// The standard deviation of the factors of each term for entries of W of standard deviation sigma; 0 for a term that has
/// constants only. Throws numeric_error where sigma is negative or not finite, or no factors give it.
template <linear_operator O>
std::vector<double> factor_sigmas(const O& op, double sigma) {
    using real = real_of<typename O::value_type>;
    if (!backend::all_finite(1, &sigma) || sigma < 0)
        throw numeric_error("init: the standard deviation of a matrix is finite and at least 0, not " +
                            std::to_string(sigma));
    std::vector<double> result;
    for (const auto& term : op.network().terms()) {
        const auto drawn = static_cast<double>(std::count_if(term.factors().begin(), term.factors().end(),
                                                             [](const auto& f) { return !f.is_constant(); }));
        if (drawn == 0) {
            result.push_back(0);
            continue;
        }
        const auto [n, exponent] = detail::mean_square_of_constants(term);
        const double overlapping = static_cast<double>(detail::overlapping(op.network(), term));
        const double s = std::pow(std::ldexp(sigma / std::sqrt(n * overlapping), -exponent), 1 / drawn);
        const auto rounded = static_cast<real>(s);
        if (!backend::all_finite(1, &rounded) || (rounded == 0 && sigma > 0))
            throw numeric_error("init: no factors of \"" + term.labels().joined() + "\" give its matrix a standard " +
                                "deviation of " + std::to_string(sigma) +
                                "; its constants are zero, too small or large");
        result.push_back(s);
    }
    return result;
}

/// Draws the parameters of an operator so that the entries of its matrix have mean 0 and standard deviation sigma. Throws
/// numeric_error, and draws nothing, where sigma is negative or not finite, or no factors give it.
template <linear_operator O>
void init_normal(const O& op, double sigma, random_stream& random) {
    using T = typename O::value_type;
    const std::vector<double> s = factor_sigmas(op, sigma);
    std::vector<parameter<T>> done;
    for (std::size_t i = 0; i < s.size(); ++i)
        for (const factor<T>& f : op.network().terms()[i].factors()) {
            if (f.is_constant() || std::find(done.begin(), done.end(), f.value()) != done.end()) continue;
            random.fill_normal(f.value().values(), s[i]);
            done.push_back(f.value());
        }
}

}  // namespace xtn
