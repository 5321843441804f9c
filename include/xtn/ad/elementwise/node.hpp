// SPDX-License-Identifier: BSD-3-Clause
// An element-wise expression as a tree: variables, numbers, and functions of them. Trees of two SIMD targets are of two types. What the compiler can know of it stands
// here: how many variables it has, and for which of them it makes the same cotangent.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

#include <xtn/ad/variable.hpp>
#include <xtn/backend/simd.hpp>

namespace xtn::detail {

inline namespace XTN_SIMD_TARGET {

/// A variable of the tree.
template <scalar T, std::size_t Rank>
struct variable_node {
    using value_type = T;
    static constexpr std::size_t rank = Rank, variables = 1;
    variable<T, Rank> value;
};

/// A number, which goes with every shape.
template <scalar T>
struct number_node {
    using value_type = T;
    static constexpr std::size_t rank = 0, variables = 0;
    T value;
};

/// F of other trees.
template <class F, class... Operands>
struct function_node {
    using value_type = typename std::tuple_element_t<0, std::tuple<Operands...>>::value_type;
    static constexpr std::size_t rank = std::max({Operands::rank...}), variables = (Operands::variables + ...);
    F f;
    std::tuple<Operands...> operands;
};

template <class Node>
inline constexpr bool is_function_node = false;
template <class F, class... Operands>
inline constexpr bool is_function_node<function_node<F, Operands...>> = true;
template <class Node>
inline constexpr bool is_variable_node = false;
template <scalar T, std::size_t Rank>
inline constexpr bool is_variable_node<variable_node<T, Rank>> = true;

/// f(variable) for all variables of a tree, in order.
template <class Node, class Visit>
void for_each_variable(const Node& node, Visit&& visit) {
    if constexpr (is_variable_node<Node>)
        visit(node.value);
    else if constexpr (is_function_node<Node>)
        std::apply([&](const auto&... operands) { (for_each_variable(operands, visit), ...); }, node.operands);
}

template <class Node>
bool needs_gradient(const Node& node) {
    bool needs = false;
    for_each_variable(node, [&](const auto& v) { needs = needs || v.needs_gradient(); });
    return needs;
}

/// Properties of functions, which most do not name.
template <class F>
inline constexpr bool only_of_real_numbers = requires {
    F::real;
};
template <class F>
inline constexpr bool pulls_by_value = requires {
    F::from_value;
};
template <class F>
inline constexpr bool is_costly = requires {
    F::costly;
};
template <class F, class V>
inline constexpr bool has_slope = requires(const F& f, const V& x) {
    f.with_slope(x);
};

/// Whether a function hands its cotangent on as it is.
template <class F>
inline constexpr bool hands_on = requires {
    F::hands_on;
};

/// The number of the place in the tree whose cotangent each variable has: sums hand theirs on as it is. 0 is the root.
template <class Node>
struct cotangent_sources {
    std::array<std::size_t, Node::variables == 0 ? 1 : Node::variables> of{};
    std::size_t count = 1;

    constexpr cotangent_sources() { mark<Node>(0, 0); }

private:
    template <class Tree>
    constexpr void mark(std::size_t first, std::size_t source) {
        if constexpr (is_variable_node<Tree>)
            of[first] = source;
        else if constexpr (is_function_node<Tree>)
            mark_operands(first, source, std::type_identity<Tree>{});
    }
    template <class F, class... Operands>
    constexpr void mark_operands(std::size_t first, std::size_t source,
                                 std::type_identity<function_node<F, Operands...>>) {
        ((mark<Operands>(first, hands_on<F> ? source : count++), first += Operands::variables), ...);
    }
};

/// Whether all variables have the cotangent of the tree.
template <class Node>
constexpr bool is_sum() {
    constexpr cotangent_sources<Node> sources;
    return sources.count == 1;
}

}  // namespace XTN_SIMD_TARGET

}  // namespace xtn::detail
