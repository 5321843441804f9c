// SPDX-License-Identifier: BSD-3-Clause
// Forward mode: the value of a contraction and its derivative along a direction, in one sweep.
//
//     auto [y, dy] = xtn::jvp<"bi,oi->bo">(xtn::dual(x, dx), w);
//
// dy is the sum of the networks in which one operand is replaced by its tangent; operands without one are constants.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>

#include <xtn/expr/einsum.hpp>

namespace xtn {

/// An operand of jvp with its tangent, of the same shape. Holds references.
template <class E, class D>
struct dual {
    dual(const E& v, const D& t) : value(v), tangent(t) {}
    const E& value;
    const D& tangent;
};

/// What jvp() gives: the value of a contraction and its derivative along the direction.
template <class T, std::size_t Rank>
struct value_and_tangent {
    xt::xtensor<T, Rank> value, tangent;
};

namespace detail {

template <class Operand>
struct primal : std::type_identity<Operand> {};
template <class E, class D>
struct primal<dual<E, D>> : std::type_identity<E> {};

}  // namespace detail

/// Value and tangent of einsum<Labels>(operands...). Throws shape_error where extents disagree.
template <fixed_string Labels, class... Operands>
auto jvp(const Operands&... operands) {
    using net = static_network<Labels>;
    using T = network_scalar<operand_traits<typename detail::primal<Operands>::type>...>;
    static_cast<void>(detail::operands_fit<Labels, operand_traits<typename detail::primal<Operands>::type>...>());
    constexpr std::size_t count = sizeof...(Operands);
    backend::workspace_frame frame;
    std::array<geometry, count> shapes;
    std::array<T*, bases::most> base{};
    const bases b{count};
    label_set directions = 0;
    auto bind_one = [&, i = std::size_t{0}](const auto& operand) mutable {
        const auto set = [&](const backend::tensor_ref<const T>& value) {
            base[i] = const_cast<T*>(value.data);  // operands are only read
            shapes[i] = value.shape;
        };
        if constexpr (requires { operand.tangent; }) {
            backend::tensor_ref<const T> value = detail::bind<T>(operand.value, frame);
            backend::tensor_ref<const T> tangent = detail::bind<T>(operand.tangent, frame);
            if (!std::ranges::equal(value.shape.extents(), tangent.shape.extents()))
                throw shape_error("jvp: operand " + std::to_string(i) + " has shape " + to_string(value.shape) +
                                  ", but its tangent has " + to_string(tangent.shape));
            if (!std::ranges::equal(value.shape.strides(), tangent.shape.strides()))  // the plan reads both alike
                for (backend::tensor_ref<const T>* t : {&value, &tangent}) {
                    T* copy = frame.take<T>(static_cast<std::size_t>(t->shape.volume()));
                    const geometry packed = geometry::row_major(t->shape.extents());
                    backend::copy<T>(*t, {copy, packed}, false);
                    *t = {copy, packed};
                }
            set(value);
            base[b.tangent(i)] = const_cast<T*>(tangent.data);
            directions |= label_set{1} << i;
        } else {
            set(detail::bind<T>(operand, frame));
        }
        ++i;
    };
    (bind_one(operands), ...);

    const geometry g = output_geometry(net::network, infer_extents(net::network, shapes.data()));
    std::array<std::size_t, net::rank> shape;
    for (std::size_t i = 0; i < net::rank; ++i) shape[i] = static_cast<std::size_t>(g.extent[i]);
    value_and_tangent<T, net::rank> result{xt::zeros<T>(shape), xt::zeros<T>(shape)};
    if (backend::is_trivial<T>(net::network, shapes.data())) return result;
    const std::shared_ptr<planned> plans =
        net::plans().find(net::network, shapes.data(), g, {.model = backend::machine<T>()});
    const plan& p = plans->pushforward(directions);
    base[b.value()] = result.value.data();
    base[b.tangent(count)] = result.tangent.data();
    base[b.residual()] = frame.take<T>(static_cast<std::size_t>(p.residual_size));
    base[b.workspace()] = frame.take<T>(static_cast<std::size_t>(p.workspace_size));
    backend::run<T>(p, base.data());
    return result;
}

}  // namespace xtn
