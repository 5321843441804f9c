// SPDX-License-Identifier: BSD-3-Clause
// What xtensor asks of an operand of its own expressions. A lazy contraction answers every question about its elements
// with one sentence at compile time: it has none before it is evaluated.
#pragma once

#include <cstddef>
#include <exception>
#include <type_traits>

#include <xtn/backend/xtensor.hpp>

namespace xtn::detail {

template <class T, class Network>
class no_elements {
    using tensor = xt::xtensor<T, 1>;

public:
    using difference_type = std::ptrdiff_t;
    using reference = T;
    using const_reference = T;
    using bool_load_type = typename tensor::bool_load_type;
    using stepper = typename tensor::const_stepper;
    using const_stepper = stepper;

    template <class Shape>
    const_stepper stepper_begin(const Shape&) const {
        refuse<Shape>();
    }
    template <class... Index>
    T operator()(Index...) const {
        refuse<Network, Index...>();
    }

    // Never called: whoever asks for these asks for the above as well.
    template <class Shape>
    const_stepper stepper_end(const Shape&, xt::layout_type) const {
        std::terminate();
    }
    template <class Shape>
    bool broadcast_shape(Shape&, bool = false) const {
        std::terminate();
    }
    template <class Strides>
    bool has_linear_assign(const Strides&) const {
        return false;
    }
    bool is_contiguous() const { return false; }
    const T* begin() const { return nullptr; }
    const T* cbegin() const { return nullptr; }
    const T* end() const { return nullptr; }
    const T* cend() const { return nullptr; }

private:
    template <class... Question>
    [[noreturn]] static void refuse() {
        static_assert(sizeof...(Question) == static_cast<std::size_t>(-1),
                      "einsum: a contraction has no elements before it is evaluated; assign it to a tensor first "
                      "(xtn::assign and xtn::accumulate write into views)");
        std::terminate();
    }
};

}  // namespace xtn::detail
