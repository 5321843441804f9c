// SPDX-License-Identifier: BSD-3-Clause
// Between safetensors and xtensor containers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <xtn/backend/xtensor.hpp>
#include <xtn/core/error.hpp>
#include <xtn/io/safetensors_file.hpp>

namespace xtn {

/// The tensor `name` as a row-major xt::xtensor<T, Rank>. Throws shape_error if its rank is another, else as
/// safetensors::read does.
template <readable_type T, std::size_t Rank>
xt::xtensor<T, Rank> read_xtensor(const safetensors& file, std::string_view name) {
    const tensor_shape& shape = file.shape(name);
    if (shape.size() != Rank)
        throw shape_error(file.origin() + ": tensor " + detail::in_quotes(name) + " has shape " +
                          detail::shape_text(shape) + ", but rank " + std::to_string(Rank) + " is expected");
    typename xt::xtensor<T, Rank>::shape_type extents{};
    std::copy(shape.begin(), shape.end(), extents.begin());
    xt::xtensor<T, Rank> result(extents);
    file.read_into<T>(name, std::span<T>(result.data(), result.size()), shape);
    return result;
}

/// Appends the elements of an xtensor expression, row-major. Throws as safetensors::add does.
template <class Expression>
requires(stored_type<typename Expression::value_type>&& readable_type<
         typename Expression::value_type>) void add_xtensor(safetensors& file, std::string name,
                                                            const xt::xexpression<Expression>& expression) {
    using value_type = typename Expression::value_type;
    const Expression& e = expression.derived_cast();
    const std::vector<value_type> values(e.template begin<xt::layout_type::row_major>(),
                                         e.template end<xt::layout_type::row_major>());
    file.add<value_type>(std::move(name), {e.shape().begin(), e.shape().end()}, values);
}

}  // namespace xtn
