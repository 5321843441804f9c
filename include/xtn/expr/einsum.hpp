// SPDX-License-Identifier: BSD-3-Clause
// einsum: a contraction that reads like its formula.
//
//     xt::xtensor<float, 2> y = xtn::einsum<"bi,oi->bo">(x, w);
//
// The result is lazy (contraction.hpp): assignment evaluates it, with the whole network planned at once. Labels and the
// number of operands are static, every extent is static or dynamic; where at most one extent is dynamic the compiler
// finds the orders, one for every range of that extent.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <xtn/expr/contraction.hpp>
#include <xtn/expr/static_network.hpp>

namespace xtn {

/// The contraction of plain tensors, as a lazy expression. Throws shape_error on evaluation where extents disagree.
template <fixed_string Labels, class... Operands>
requires(plain_operand<std::decay_t<Operands>>&&...) auto einsum(Operands&&... operands) {
    using T = network_scalar<operand_traits<std::decay_t<Operands>>...>;
    if constexpr (detail::operands_fit<Labels, operand_traits<std::decay_t<Operands>>...>())
        return contraction<static_network<Labels>, T, detail::closure<Operands>...>(
            {}, std::forward<Operands>(operands)...);
    else
        return contraction<run_time_network, T>({});  // the mistake has been reported; do not add to it
}

/// The same for labels known at run time, in the same notation. Throws shape_error where they are malformed, name another
/// number of operands, or (on evaluation) do not fit them.
template <class... Operands>
requires(sizeof...(Operands) > 0 &&
         (plain_operand<std::decay_t<Operands>> && ...)) auto einsum(std::string_view labels, Operands&&... operands) {
    static_cast<void>(detail::scalars_fit<operand_traits<std::decay_t<Operands>>...>());
    using T = network_scalar<operand_traits<std::decay_t<Operands>>...>;
    const run_time_network net{detail::network_for(labels, sizeof...(Operands))};
    return contraction<run_time_network, T, detail::closure<Operands>...>(net, std::forward<Operands>(operands)...);
}

}  // namespace xtn
