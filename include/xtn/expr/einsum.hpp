// SPDX-License-Identifier: BSD-3-Clause
// einsum: a contraction that reads like its formula.
//
//     xt::xtensor<float, 2> y = xtn::einsum<"bi,oi->bo">(x, w);
//
// The result is lazy (contraction.hpp): assignment evaluates it, with the whole network planned at once. Labels and the
// number of operands are static, every extent is static or dynamic; where at most one extent is dynamic the compiler
// finds the orders, one for every range of that extent.
#pragma once

#include <concepts>
#include <ranges>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <xtn/expr/contraction.hpp>
#include <xtn/expr/static_network.hpp>

namespace xtn {

namespace detail {

template <class E>
struct in_memory_traits {};
template <strided_expression E>
struct in_memory_traits<E> {
    using element = typename E::value_type;
};
template <scalar T>
struct in_memory_traits<tensor_view<T>> {
    using element = T;
};
template <class E>
using element_in_memory = typename in_memory_traits<E>::element;
/// A range of tensors that are read where they lie.
template <class R>
concept operand_range = std::ranges::input_range<R> && scalar<element_in_memory<std::ranges::range_value_t<R>>> &&
    (std::is_lvalue_reference_v<std::ranges::range_reference_t<R>> ||
     !requires(std::ranges::range_value_t<R> owner) { owner.storage(); });

}  // namespace detail

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

/// The same with matrix products in this precision. Throws xtn::error where tensors of their type have none such.
template <fixed_string Labels, class... Operands>
requires(plain_operand<std::decay_t<Operands>>&&...) auto einsum(precision p, Operands&&... operands) {
    return einsum<Labels>(std::forward<Operands>(operands)...).in(p);
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

/// The same with matrix products in this precision; throws as above.
template <class... Operands>
requires(sizeof...(Operands) > 0 && (plain_operand<std::decay_t<Operands>> &&
                                     ...)) auto einsum(precision p, std::string_view labels, Operands&&... operands) {
    return einsum(labels, std::forward<Operands>(operands)...).in(p);
}

/// The same for a number of operands known at run time, at most 16: `tensors` is a range of containers, strided views or
/// tensor_view<T>, which must live, and stay where they are, until the evaluation.
template <class Labels, detail::operand_range Tensors>
requires(std::same_as<Labels, network> ||
         std::convertible_to<Labels, std::string_view>) auto einsum(const Labels& labels, const Tensors& tensors) {
    using operand = std::ranges::range_value_t<Tensors>;
    using T = detail::element_in_memory<operand>;
    std::vector<tensor_view<T>> views;
    for (const auto& x : tensors) {
        if constexpr (std::is_same_v<operand, tensor_view<T>>)
            views.push_back(x);
        else
            views.push_back(detail::in_place<const T>(x));
    }
    run_time_network net;
    if constexpr (std::same_as<Labels, network>)
        net.network = detail::network_for(labels, views.size());
    else
        net.network = detail::network_for(std::string_view(labels), views.size());
    return contraction<run_time_network, T, std::vector<tensor_view<T>>>(net, std::move(views));
}

}  // namespace xtn
