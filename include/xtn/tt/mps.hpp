// SPDX-License-Identifier: BSD-3-Clause
// Matrix product states, chains with one physical index a site:
//
//     psi[s_1 ... s_n] = A_1[s_1] A_2[s_2] ... A_n[s_n].
//
// Also known as the tensor train of a vector: Oseledets, "Tensor-train decomposition", SIAM J. Sci. Comput. 33 (2011).
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include <xtn/tt/chain.hpp>
#include <xtn/tt/factory.hpp>

namespace xtn::tt {

/// Cores in (left bond, physical index, right bond) order.
template <scalar T>
using mps = chain<T, 1>;

/// The state psi[s_1 ... s_n] = v_1[s_1] ... v_n[s_n], of bond 1. Throws shape_error for no or an empty vector.
template <scalar T>
mps<T> product_state(const std::vector<xt::xtensor<T, 1>>& vectors) {
    return detail::product_chain(vectors);
}

/// A random state of norm 1 with its centre at site 0: the entries of its cores are normal before they are made
/// orthonormal. The bond saturates where the sites permit no more. Throws shape_error for no site, an extent or a bond
/// of 0.
template <scalar T>
mps<T> random_mps(const std::vector<std::size_t>& sites, std::size_t bond, random_stream& random) {
    return detail::random_chain<T, 1>({sites}, bond, random);
}

}  // namespace xtn::tt
