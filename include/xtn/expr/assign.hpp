// SPDX-License-Identifier: BSD-3-Clause
// Verbs that evaluate a contraction without a temporary.
#pragma once

#include <type_traits>

#include <xtn/expr/einsum.hpp>

namespace xtn {

/// destination = contraction, without the temporary that plain `=` makes on xtensor before 0.26. The destination is
/// resized where its type allows, and may overlap the operands.
template <class E, class Network, class T, class... Closures>
void assign(E&& destination, const contraction<Network, T, Closures...>& value) {
    if constexpr (detail::destination_fits<std::remove_reference_t<E>, Network::rank, T>())
        value.assign_to(destination);
}

/// destination += contraction, with the sum inside the last matrix product (beta = 1). xtensor's own += cannot reach a
/// lazy contraction. Throws shape_error unless the shapes are equal.
template <class E, class Network, class T, class... Closures>
void accumulate(E&& destination, const contraction<Network, T, Closures...>& value) {
    if constexpr (detail::destination_fits<std::remove_reference_t<E>, Network::rank, T>())
        value.accumulate_to(destination);
}

}  // namespace xtn
