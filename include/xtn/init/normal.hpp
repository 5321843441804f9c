// SPDX-License-Identifier: BSD-3-Clause
// Initialisation by the wanted standard deviation sigma of the entries of W, derived from the network: an entry is a
// sum over the summed labels (n terms) of products of one number from each of d factors, so factors drawn from
// N(0, s^2) with
//
//     s = (sigma / sqrt(n))^(1/d)
//
// give entries of variance n s^(2d) = sigma^2. (The same formula is t3f's; with the bonds in place of sqrt(n), as some
// libraries have it, an MPO layer starts orders of magnitude too small and hardly learns.)
#pragma once

#include <cmath>
#include <cstddef>

#include <xtn/backend/random.hpp>
#include <xtn/op/network.hpp>

namespace xtn {

/// The standard deviation of an operator's factors for entries of W of standard deviation sigma.
template <linear_operator O>
double factor_sigma(const O& op, double sigma) {
    const auto& net = op.network();
    return std::pow(sigma / std::sqrt(net.summed_terms()), 1.0 / static_cast<double>(net.operands().size()));
}

/// Draws the factors of an operator so that the entries of its matrix have mean 0 and standard deviation sigma.
template <linear_operator O>
void init_normal(const O& op, double sigma, random_stream& random) {
    using T = typename O::value_type;
    const double s = factor_sigma(op, sigma);
    for (const parameter<T>& p : op.network().operands()) random.fill_normal(p.values(), s);
}

}  // namespace xtn
