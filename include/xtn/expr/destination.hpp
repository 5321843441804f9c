// SPDX-License-Identifier: BSD-3-Clause
// What a contraction may be written into: tensors and views of tensors that can be changed, have as many axes as the
// result, and whose elements hold its values. What does not fit is refused by one sentence at compile time.
#pragma once

#include <cstddef>
#include <type_traits>

#include <xtn/backend/xtensor.hpp>
#include <xtn/expr/operand.hpp>

namespace xtn::detail {

/// Whether a Value holds every T, as a double does every float: what braces convert, without narrowing.
template <class Value, class T>
concept holds = requires(void (&take)(Value), T x) {
    take({x});
};

template <class Destination>
consteval bool require_tensor() {
    constexpr bool is_tensor =
        plain_operand<std::remove_const_t<Destination>> && !scalar<std::remove_const_t<Destination>>;
    static_assert(is_tensor, "einsum: the destination is no tensor and no view of one");
    return is_tensor;
}
template <class Value, class T>
consteval bool require_value() {
    static_assert(
        holds<Value, T>,
        "einsum: the destination's scalar type does not hold the result's; assign to a tensor of the operands' "
        "type, and cast that");
    return holds<Value, T>;
}
template <class Destination, class T>
consteval bool require_writable() {
    constexpr bool is_writable =
        !std::is_const_v<Destination> && std::is_assignable_v<typename Destination::reference, T>;
    static_assert(is_writable, "einsum: the destination is const, or an expression that computes its elements");
    return is_writable;
}
template <std::size_t Axes, std::size_t Labels>
consteval bool require_destination_axes() {
    constexpr bool fits = Axes == dynamic || Labels == dynamic || Axes == Labels;
    static_assert(fits, "einsum: the destination has not as many axes as the output has labels");
    return fits;
}

/// Whether a result of rank Rank and elements T can be written into Destination.
template <class Destination, std::size_t Rank, class T>
consteval bool destination_fits() {
    if constexpr (require_tensor<Destination>())
        if constexpr (require_value<std::remove_cv_t<typename Destination::value_type>, T>())
            if constexpr (require_writable<Destination, T>())
                return require_destination_axes<operand_traits<std::remove_const_t<Destination>>::rank, Rank>();
    return false;
}

}  // namespace xtn::detail
