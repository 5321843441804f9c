// SPDX-License-Identifier: BSD-3-Clause
// What may stand in a contraction: xtensor containers and strided views in place, scalars as tensors of rank 0, and any
// other xtensor expression, which is evaluated once into the workspace.
#pragma once

#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <vector>

#include <xtn/backend/contract.hpp>
#include <xtn/backend/xtensor.hpp>

namespace xtn {

namespace detail {

template <class E>
concept strided_expression = requires(const E& e) {
    e.data();
    e.strides();
    e.data_offset();
    e.shape();
}
&&xt::has_data_interface<E>::value;

template <class Shape>
struct shape_traits {  // rank known at run time
    static constexpr std::size_t rank = dynamic;
};
template <class I, std::size_t N>
struct shape_traits<std::array<I, N>> {
    static constexpr std::size_t rank = N;
};
template <std::size_t... N>
struct shape_traits<xt::fixed_shape<N...>> {
    static constexpr std::size_t rank = sizeof...(N);
    static constexpr std::array<std::size_t, sizeof...(N)> extents{N...};
};

}  // namespace detail

/// The scalar type of an operand and what is known of its shape at compile time.
template <class E>
struct operand_traits {
    using value_type = typename E::value_type;
    using shape = detail::shape_traits<typename E::shape_type>;
    static constexpr std::size_t rank = shape::rank;  ///< or xtn::dynamic
    static constexpr bool is_static = requires { shape::extents; };
    static constexpr std::size_t extent(std::size_t axis) {
        if constexpr (requires { shape::extents; })
            return shape::extents[axis];
        else
            return static_cast<void>(axis), dynamic;
    }
};
/// The same of a number, an operand without labels.
template <scalar T>
struct operand_traits<T> {
    using value_type = T;
    static constexpr std::size_t rank = 0;
    static constexpr bool is_static = true;
    static constexpr std::size_t extent(std::size_t) { return 1; }
};

namespace detail {

template <class First, class... Rest>
struct first_scalar : std::conditional<scalar<typename First::value_type>, typename First::value_type, double> {};

}  // namespace detail

/// The scalar type of a network whose operands have these traits: that of the first.
template <class... Traits>
using network_scalar = typename detail::first_scalar<Traits...>::type;

/// An xtensor expression, or a scalar.
template <class E>
concept plain_operand = scalar<E> || requires(const E& e) {
    []<class D>(const xt::xexpression<D>&) {}(e);
};

/// A tensor in memory as an operand of a network whose number of operands is known at run time: data, and shape with
/// strides in elements, as of geometry::row_major(extents). Elements are only read.
template <scalar T>
using tensor_view = backend::tensor_ref<const T>;

namespace detail {

/// How a lazy node holds an operand: lvalues by reference, rvalues by value.
template <class E>
using closure =
    std::conditional_t<std::is_lvalue_reference_v<E>, const std::remove_cvref_t<E>&, std::remove_cvref_t<E>>;

/// Where a strided expression lies.
template <class T, strided_expression E>
backend::tensor_ref<T> in_place(E& e) {
    backend::tensor_ref<T> t;
    t.shape.rank = e.dimension();
    if (t.shape.rank > max_rank) throw shape_error("a tensor has at most 32 axes");
    for (std::size_t i = 0; i < t.shape.rank; ++i) {
        t.shape.extent[i] = static_cast<std::int64_t>(e.shape()[i]);
        t.shape.stride[i] = static_cast<std::int64_t>(e.strides()[i]);
    }
    t.data = e.data() + e.data_offset();
    return t;
}

/// Row-major memory as an xtensor expression of static or dynamic rank.
template <std::size_t Rank, class T>
auto as_expression(T* memory, const geometry& g) {
    const auto size = static_cast<std::size_t>(g.volume());
    std::conditional_t<Rank == dynamic, xt::dynamic_shape<std::size_t>,
                       std::array<std::size_t, Rank == dynamic ? 0 : Rank>>
        shape{};
    if constexpr (Rank == dynamic) shape.resize(g.rank);
    for (std::size_t i = 0; i < g.rank; ++i) shape[i] = static_cast<std::size_t>(g.extent[i]);
    return xt::adapt<xt::layout_type::row_major>(memory, size, xt::no_ownership(), shape);
}

/// An operand in memory: where it lies, or a row-major copy of its value in the workspace.
template <class T, class E>
backend::tensor_ref<const T> bind(const E& e, backend::workspace_frame& frame) {
    if constexpr (scalar<E>) {
        T* value = frame.take<T>(1);
        *value = e;
        return {value, geometry::row_major(std::array<std::size_t, 0>{})};
    } else if constexpr (strided_expression<E>) {
        return in_place<const T>(e);
    } else {
        const geometry g = geometry::row_major(e.shape());
        T* memory = frame.take<T>(static_cast<std::size_t>(g.volume()));
        auto copy = as_expression<operand_traits<E>::rank>(memory, g);
        xt::noalias(copy) = e;
        return {memory, g};
    }
}

/// Tensors whose number is known at run time stand for as many operands.
template <class E>
inline constexpr bool is_operand_list = false;
template <class T>
inline constexpr bool is_operand_list<std::vector<backend::tensor_ref<const T>>> = true;

/// First and last element of a tensor, as addresses.
template <class T>
std::pair<std::uintptr_t, std::uintptr_t> span_of(const backend::tensor_ref<T>& t) {
    std::int64_t low = 0, high = 0;
    for (std::size_t i = 0; i < t.shape.rank; ++i) {
        const std::int64_t reach = (t.shape.extent[i] - 1) * t.shape.stride[i];
        (reach < 0 ? low : high) += reach;
    }
    return {reinterpret_cast<std::uintptr_t>(t.data + low), reinterpret_cast<std::uintptr_t>(t.data + high)};
}

template <class T, class U>
bool overlap(const backend::tensor_ref<T>& x, const backend::tensor_ref<U>& y) {
    if (x.shape.volume() == 0 || y.shape.volume() == 0) return false;
    const auto a = span_of(x), b = span_of(y);
    return a.first <= b.second && b.first <= a.second;
}

}  // namespace detail
}  // namespace xtn
