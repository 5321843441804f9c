// SPDX-License-Identifier: BSD-3-Clause
// Matrix product operators, chains with two physical indices a site: an operator W (out x in) as
//
//     W[(o_1 ... o_n), (i_1 ... i_n)] = A_1[o_1, i_1] A_2[o_2, i_2] ... A_n[o_n, i_n].
//
// Also known as the tensor-train matrix: Oseledets, "Approximation of 2^d x 2^d matrices using tensor trains", SIAM J.
// Matrix Anal. Appl. 31 (2010).
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include <xtn/tt/chain.hpp>
#include <xtn/tt/factory.hpp>

namespace xtn::tt {

/// Cores in (left bond, out, in, right bond) order.
template <scalar T>
using mpo = chain<T, 2>;

/// The Kronecker product of matrices, one a site, of bond 1. Throws shape_error for no or an empty matrix.
template <scalar T>
mpo<T> product_operator(const std::vector<xt::xtensor<T, 2>>& matrices) {
    return detail::product_chain(matrices);
}

/// The identity on these sites. Throws shape_error for no site or an extent of 0.
template <scalar T>
mpo<T> identity(const std::vector<std::size_t>& sites) {
    std::vector<xt::xtensor<T, 2>> matrices;
    for (const std::size_t extent : sites) matrices.push_back(detail::identity_matrix<T>(extent));
    return product_operator(matrices);
}

/// A random operator of Frobenius norm 1 with its centre at site 0: the entries of its cores are normal before they are
/// made orthonormal. The bond saturates where the sites permit no more. Throws shape_error where the numbers of sites
/// differ or are 0, and for an extent or a bond of 0.
template <scalar T>
mpo<T> random_mpo(const std::vector<std::size_t>& out_sites, const std::vector<std::size_t>& in_sites, std::size_t bond,
                  random_stream& random) {
    return detail::random_chain<T, 2>({out_sites, in_sites}, bond, random);
}

}  // namespace xtn::tt
