// SPDX-License-Identifier: BSD-3-Clause
// Between stored tensors and xtensor containers.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <xtn/backend/xtensor.hpp>
#include <xtn/core/error.hpp>
#include <xtn/io/stored_tensors.hpp>

namespace xtn {

/// The tensor as a row-major xt::xtensor<T, Rank>. Throws shape_error if its rank is another, else as
/// stored_tensor::read does.
template <readable_type T, std::size_t Rank>
xt::xtensor<T, Rank> read_xtensor(const stored_tensor& tensor) {
    const tensor_shape& shape = tensor.shape();
    if (shape.size() != Rank)
        throw shape_error(tensor.origin() + " has shape " + detail::shape_text(shape) + ", but rank " +
                          std::to_string(Rank) + " is expected");
    typename xt::xtensor<T, Rank>::shape_type extents{};
    std::copy(shape.begin(), shape.end(), extents.begin());
    xt::xtensor<T, Rank> result(extents);
    tensor.read_into<T>(std::span<T>(result.data(), result.size()), shape);
    return result;
}

/// The tensor `name` of a file.
template <readable_type T, std::size_t Rank>
xt::xtensor<T, Rank> read_xtensor(const stored_tensors& file, std::string_view name) {
    return read_xtensor<T, Rank>(file[name]);
}

namespace detail {

/// The elements of an xtensor expression, row-major.
template <class Expression, class T = typename Expression::value_type>
std::vector<T> row_major_values(const Expression& e) {
    return {e.template begin<xt::layout_type::row_major>(), e.template end<xt::layout_type::row_major>()};
}

}  // namespace detail

/// The elements of an xtensor expression, stored row-major.
template <class Expression, readable_type T = typename Expression::value_type>
stored_tensor from_xtensor(const xt::xexpression<Expression>& expression) {
    const Expression& e = expression.derived_cast();
    return stored_tensor::of<T>({e.shape().begin(), e.shape().end()}, detail::row_major_values(e));
}

/// Appends the elements of an xtensor expression to a file, row-major. Throws as the file's add does.
template <std::derived_from<stored_tensors> File, class Expression, readable_type T = typename Expression::value_type>
void add_xtensor(File& file, std::string name, const xt::xexpression<Expression>& expression) {
    const Expression& e = expression.derived_cast();
    file.template add<T>(std::move(name), {e.shape().begin(), e.shape().end()}, detail::row_major_values(e));
}

}  // namespace xtn
