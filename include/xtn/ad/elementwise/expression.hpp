// SPDX-License-Identifier: BSD-3-Clause
// Element-wise expressions of variables. They are lazy and fused: y = gelu(x + bias) * gate runs one loop and records one
// pullback, derived from the expression (evaluate.hpp). Operands are repeated as in NumPy (broadcast.hpp).
//
// What has no name yet becomes part of what uses it. What has a name is a variable like any other, however it is declared:
// used once or often, it is made and recorded once.
//
//     auto a = x * y;              // made when it is first used
//     variable<float, 2> b = a + exp(a);
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <xtn/ad/elementwise/evaluate.hpp>
#include <xtn/ad/elementwise/functions.hpp>
#include <xtn/ad/parameter.hpp>
#include <xtn/ad/tape.hpp>
#include <xtn/expr/operand.hpp>

namespace xtn {

/// A variable that is described by a tree until somebody asks for it.
template <class Node>
requires std::is_class_v<Node>
class elementwise_expression : public variable<typename Node::value_type, Node::rank> {
    using made = variable<typename Node::value_type, Node::rank>;

public:
    elementwise_expression(xtn::tape<typename Node::value_type>& owner, const typename made::shape_type& shape,
                           Node node)
        : made(owner, shape, &make), tree_(std::move(node)) {}

    const Node& tree() const { return tree_; }

private:
    static made make(const made& described) {
        const Node& tree = static_cast<const elementwise_expression&>(described).tree_;
        const made y = described.tape().template result<Node::rank>(described.shape(), detail::needs_gradient(tree));
        detail::record_elementwise(tree, y);
        return y;
    }

    Node tree_;
};

namespace detail {

inline namespace XTN_SIMD_TARGET {

template <class E>
inline constexpr bool is_elementwise_expression = false;
template <class Node>
inline constexpr bool is_elementwise_expression<elementwise_expression<Node>> = true;

/// Numbers beside variables of T.
template <class Number, class T>
concept number_beside = std::is_arithmetic_v<Number> ||(scalar<Number>&& is_complex<T>);
template <scalar T, class Number>
T number_as(const Number& alpha) {
    if constexpr (std::is_arithmetic_v<Number>)
        return static_cast<T>(static_cast<real_of<T>>(alpha));
    else
        return static_cast<T>(alpha);
}

template <class E>
concept tensor_beside = plain_operand<E> && !scalar<E> && !std::is_arithmetic_v<E>;
/// What may stand in an element-wise expression.
template <class E>
concept elementwise_operand = is_variable<std::remove_cvref_t<E>> || scalar<std::remove_cvref_t<E>> ||
    std::is_arithmetic_v<std::remove_cvref_t<E>> || tensor_beside<std::remove_cvref_t<E>> ||
    is_parameter<std::remove_cvref_t<E>>;
/// ... of which at least one is a variable.
template <class... E>
concept elementwise_operands = (is_variable<std::remove_cvref_t<E>> || ...) && (elementwise_operand<E> && ...);

/// Scalar type and tape of the first variable among operands.
template <class First, class... Others>
const auto& first_variable(const First& first, const Others&... others) {
    if constexpr (is_variable<First>)
        return first;
    else
        return first_variable(others...);
}

/// Whether an operand goes with variables of T; errors are reported here, once.
template <class T, class Operand>
constexpr bool fits_beside() {
    if constexpr (is_variable<Operand>) {
        constexpr bool fits = std::is_same_v<typename Operand::value_type, T>;
        static_assert(fits, "variables of two scalar types do not go together: a tape has one");
        return fits;
    } else if constexpr (is_parameter<Operand>) {
        static_assert(!is_parameter<Operand>,
                      "a parameter takes part as a variable of a tape: tape.leaf<2>(parameter), if its rank is 2");
        return false;
    } else if constexpr (tensor_beside<Operand>) {
        using traits = operand_traits<Operand>;
        constexpr bool fits = traits::rank != dynamic && std::is_same_v<typename traits::value_type, T>;
        static_assert(
            fits, "a tensor beside a variable has its scalar type, and a rank known at compile time (an xt::xtensor)");
        return fits;
    } else {
        constexpr bool fits = number_beside<Operand, T>;
        static_assert(fits, "a complex number does not go with variables of real ones");
        return fits;
    }
}

/// The tree of an operand: what an expression without a name describes is part of it.
template <scalar T, class Operand>
auto tree_of(tape<T>& t, Operand&& operand) {
    using E = std::remove_cvref_t<Operand>;
    if constexpr (is_elementwise_expression<E> && !std::is_lvalue_reference_v<Operand>)
        return operand.tree();
    else if constexpr (is_variable<E>)
        return variable_node<T, E::rank>{operand};
    else if constexpr (tensor_beside<E>)
        return variable_node<T, operand_traits<E>::rank>{t.constant(operand)};
    else
        return number_node<T>{number_as<T>(operand)};
}

template <class E>
inline constexpr std::size_t rank_beside = operand_traits<E>::rank;
template <class V>
requires is_variable<V>
inline constexpr std::size_t rank_beside<V> = V::rank;

template <class F>
constexpr const char* name_of_function() {
    if constexpr (requires { F::name; })
        return F::name;
    else
        return "elementwise";
}

}  // namespace XTN_SIMD_TARGET

}  // namespace detail

inline namespace XTN_SIMD_TARGET {

/// f of variables, numbers and plain tensors (which are copied, as constants), element by element; functions.hpp says what f
/// is. Throws shape_error where shapes do not go together, xtn::error where variables are on different tapes.
template <class F, class... Operands>
requires detail::elementwise_operands<Operands...>
auto elementwise(F f, Operands&&... operands) {
    using T = typename std::remove_cvref_t<decltype(detail::first_variable(operands...))>::value_type;
    constexpr bool has_function = !(detail::only_of_real_numbers<F> && is_complex<T>);
    static_assert(has_function, "this function is of real numbers: it has no complex derivative");
    if constexpr ((detail::fits_beside<T, std::remove_cvref_t<Operands>>() && ...) && has_function) {
        tape<T>& t = detail::first_variable(operands...).tape();
        const auto require_mine = [&](const auto& operand) {
            if constexpr (is_variable<std::remove_cvref_t<decltype(operand)>>) t.require_mine(operand);
        };
        (require_mine(operands), ...);
        using node_type = detail::function_node<F, decltype(detail::tree_of(t, std::forward<Operands>(operands)))...>;
        std::array<std::size_t, node_type::rank> shape;
        shape.fill(1);
        const auto widen = [&](const auto& operand) {
            if constexpr (requires { operand.shape(); }) {
                std::array<std::size_t, detail::rank_beside<std::remove_cvref_t<decltype(operand)>>> extents;
                const auto& given = operand.shape();
                std::copy(given.begin(), given.end(), extents.begin());
                detail::broadcast_with(shape, extents, detail::name_of_function<F>());
            }
        };
        (widen(operands), ...);
        return elementwise_expression<node_type>(
            t, shape, node_type{std::move(f), {detail::tree_of(t, std::forward<Operands>(operands))...}});
    } else {  // the mistake has been reported; do not add to it
        return detail::first_variable(operands...);
    }
}

}  // namespace XTN_SIMD_TARGET

namespace detail {

inline namespace XTN_SIMD_TARGET {

/// An expression in the memory of x, one of its variables, whose elements nobody reads afterwards.
template <scalar T, std::size_t Rank, class Node>
variable<T, Rank> elementwise_over(const variable<T, Rank>& x, const elementwise_expression<Node>& e) {
    static_assert(reads_no_variable<Node>(), "the pullback reads what was overwritten");
    const variable<T, Rank> y = x.tape().result_over(x, needs_gradient(e.tree()));
    record_elementwise(e.tree(), y, true);
    return y;
}

}  // namespace XTN_SIMD_TARGET

}  // namespace detail
}  // namespace xtn
