// SPDX-License-Identifier: BSD-3-Clause
// Operands of every kind as rows of numbers, so that the oracle needs no xtensor arithmetic.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <xtn/expr/assign.hpp>
#include <xtn/expr/tensor.hpp>

#include "../oracle.hpp"

namespace test {

template <class T>
struct rows {
    xtn::geometry shape;
    std::vector<T> values;  ///< row-major
};

/// The elements of a scalar or an xtensor expression, read one by one.
template <class E>
auto rows_of(const E& e) {
    if constexpr (xtn::scalar<E>) {
        return rows<E>{xtn::geometry::row_major(std::vector<int>{}), {e}};
    } else {
        rows<typename E::value_type> r{xtn::geometry::row_major(e.shape()), {}};
        std::vector<std::size_t> index(r.shape.rank);
        for (std::int64_t i = 0; i < r.shape.volume(); ++i) {
            for (std::size_t axis = 0; axis < index.size(); ++axis)
                index[axis] = static_cast<std::size_t>(i / r.shape.stride[axis] % r.shape.extent[axis]);
            r.values.push_back(e.element(index.begin(), index.end()));
        }
        return r;
    }
}

/// einsum of the operands by the oracle, row-major.
template <xtn::fixed_string Labels, class... E>
auto oracle(const E&... e) {
    using T = typename std::tuple_element_t<0, std::tuple<xtn::operand_traits<E>...>>::value_type;
    const std::vector<rows<T>> r{rows_of(e)...};
    std::vector<const T*> data;
    std::vector<xtn::geometry> shapes;
    for (const auto& x : r) {
        data.push_back(x.values.data());
        shapes.push_back(x.shape);
    }
    return naive_contract<T>(xtn::make_network(Labels.view()), data, shapes);
}

/// Whether einsum of these operands, into a tensor of unknown rank, agrees with the oracle.
template <xtn::fixed_string Labels, class... E>
bool agrees(const E&... e) {
    using T = typename std::tuple_element_t<0, std::tuple<xtn::operand_traits<E>...>>::value_type;
    const xt::xarray<T> y = xtn::einsum<Labels>(e...);
    return relative_error(rows_of(y).values, oracle<Labels>(e...)) <= tolerance<T>();
}

/// A container with random elements.
template <class Container>
Container filled(random& r, const typename Container::shape_type& shape) {
    Container c;
    c.resize(shape);
    for (auto& x : c.storage()) x = r.value<typename Container::value_type>();
    return c;
}

}  // namespace test
