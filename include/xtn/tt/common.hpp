// SPDX-License-Identifier: BSD-3-Clause
// What the decompositions share: the refusal of entries and shapes that have none, and tensors under another shape.
#pragma once

#include <algorithm>
#include <array>
#include <climits>
#include <complex>
#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include <xtn/backend/norm.hpp>
#include <xtn/backend/xtensor.hpp>
#include <xtn/core/error.hpp>
#include <xtn/core/extents.hpp>
#include <xtn/expr/operand.hpp>
#include <xtn/tt/norm.hpp>

namespace xtn::tt {

namespace detail {

/// Throws numeric_error, naming the caller and the first bad entry, unless all entries are finite.
template <scalar T, std::size_t N>
void require_finite(const xt::xtensor<T, N>& a, const char* caller) {
    if (backend::all_finite(std::span<const T>(a.data(), a.size()))) return;
    std::size_t i = 0;
    while (backend::all_finite(std::span<const T>(a.data() + i, 1))) ++i;
    std::array<std::size_t, N> index{};
    for (std::size_t axis = N; axis-- > 0; i /= a.shape(axis)) index[axis] = i % a.shape(axis);
    throw numeric_error(std::string(caller) + ": entry " + to_string(geometry::row_major(index)) +
                        " of the tensor of shape " + to_string(geometry::row_major(a.shape())) + " is not finite");
}

/// Throws shape_error, naming the caller, for an empty matrix or a side that LAPACK cannot count.
template <scalar T>
void require_matrix(const xt::xtensor<T, 2>& a, const char* caller) {
    const auto shape = [&] { return std::to_string(a.shape(0)) + " x " + std::to_string(a.shape(1)); };
    if (a.size() == 0)
        throw shape_error(std::string(caller) + ": a matrix with at least one row and column is needed, not " +
                          shape());
    if (std::max(a.shape(0), a.shape(1)) > INT_MAX)
        throw shape_error(std::string(caller) + ": a " + shape() + " matrix is beyond LAPACK's 32-bit sizes");
}

/// A matrix that is no row-major container (a view, an xarray, column-major, an expression) as one. Throws shape_error,
/// naming the caller, unless it has two axes.
template <class E>
auto row_major_matrix(const xt::xexpression<E>& e, const char* caller) {
    static_assert(scalar<typename E::value_type>, "xtn::tt: the scalar type is float, double or std::complex of these");
    static_assert(operand_traits<E>::rank == dynamic || operand_traits<E>::rank == 2, "xtn::tt: a matrix has two axes");
    const E& x = e.derived_cast();
    if (x.dimension() != 2)
        throw shape_error(std::string(caller) + ": a matrix is needed, but the tensor has " +
                          std::to_string(x.dimension()) + " axes");
    return xt::xtensor<typename E::value_type, 2>(x);
}

/// The same numbers under another shape of as many elements; a moved tensor hands its memory on.
template <std::size_t N, class T, std::size_t M>
xt::xtensor<T, N> reshaped(xt::xtensor<T, M> x, const std::array<std::size_t, N>& shape) {
    xt::xtensor<T, N> y;
    y.storage() = std::move(x.storage());
    y.resize(shape);  // keeps memory of the right size
    return y;
}

template <scalar T>
xt::xtensor<T, 2> identity_matrix(std::size_t n) {
    xt::xtensor<T, 2> one = xt::zeros<T>(std::array{n, n});
    for (std::size_t i = 0; i < n; ++i) one(i, i) = T{1};
    return one;
}

/// The complex conjugate: a new tensor, or the tensor itself where T is real.
template <scalar T, std::size_t N>
decltype(auto) conjugated(const xt::xtensor<T, N>& x) {
    if constexpr (is_complex<T>) {
        xt::xtensor<T, N> y = x;
        for (T& value : y) value = std::conj(value);
        return y;
    } else {
        return (x);
    }
}

/// Throws numeric_error, naming the caller, unless what LAPACK made of a finite matrix is finite: it is not where a norm is
/// too large for T.
template <scalar T>
void require_results(std::span<const T> results, const char* caller) {
    if (!backend::all_finite(results))
        throw numeric_error(std::string(caller) + ": a norm of the matrix is beyond " +
                            (sizeof(real_of<T>) == 4 ? "single" : "double") + " precision");
}

}  // namespace detail
}  // namespace xtn::tt
