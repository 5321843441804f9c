// SPDX-License-Identifier: BSD-3-Clause
// What the decompositions share: the call of a LAPACK routine, the refusal of non-finite entries, norms, and tensors
// under another shape.
//
// Row-major storage of A is column-major storage of A^T. So LAPACK decomposes A^T, and its factors, read row-major, are
// those of A in the opposite order: nothing is transposed.
#pragma once

#include <algorithm>
#include <array>
#include <climits>
#include <cmath>
#include <complex>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <xtn/backend/gemm.hpp>  // first: it configures xtensor-blas and defines macros that the LAPACK files need
#include <xtn/backend/simd.hpp>
#include <xtn/backend/xtensor.hpp>
#include <xtn/core/error.hpp>
#include <xtn/core/extents.hpp>

namespace xtn::tt {

/// The Frobenius norm of numbers, in double and without overflow or underflow of squares.
template <scalar T>
double frobenius_norm(std::span<const T> x) {
    const auto sum = [&](double scale) {
        double squares = 0;
        for (const T& value : x) {
            const double re = scale * static_cast<double>(std::real(value)), im = scale * std::imag(value);
            squares += re * re + im * im;
        }
        return squares;
    };
    const double squares = sum(1);
    if (backend::all_finite(1, &squares) && (squares > 1e-280 || squares == 0)) return std::sqrt(squares);
    double largest = 0;
    for (const T& value : x) largest = std::max(largest, static_cast<double>(std::abs(value)));
    const int exponent = std::clamp(std::ilogb(largest), -1000, 1000);
    return std::ldexp(std::sqrt(sum(std::ldexp(1.0, -exponent))), exponent);
}

/// The same of a tensor.
template <scalar T, std::size_t N>
double frobenius_norm(const xt::xtensor<T, N>& x) {
    return frobenius_norm(std::span<const T>(x.data(), x.size()));
}

namespace detail {

/// Calls LAPACK twice, for the size of its workspace and for the work. `call(work, size)` returns LAPACK's info.
template <scalar T, class Call>
int with_workspace(Call call) {
    T size{};
    if (const int info = call(&size, -1); info != 0) return info;
    // A size above 2^24 may have been rounded down to a float.
    using real = real_of<T>;
    const real rounded_up = std::nextafter(std::real(size), std::numeric_limits<real>::max());
    std::vector<T> work(static_cast<std::size_t>(rounded_up) + 1);
    return call(work.data(), static_cast<int>(std::min<std::size_t>(work.size(), INT_MAX)));
}

/// A matrix that LAPACK works on. Behind it lies room for one more row: gemv of complex numbers reads one element of a
/// vector too many in OpenBLAS 0.3.21 (its issue 4013), and LAPACK's vectors are rows and columns of its matrices.
template <scalar T>
class lapack_matrix {
public:
    lapack_matrix(std::size_t rows, std::size_t columns) : memory_((rows + 1) * columns), shape_{rows, columns} {}
    explicit lapack_matrix(const xt::xtensor<T, 2>& a) : lapack_matrix(a.shape(0), a.shape(1)) { *this = a; }
    lapack_matrix& operator=(const xt::xtensor<T, 2>& a) {
        std::copy(a.begin(), a.end(), memory_.begin());
        return *this;
    }

    T* data() { return memory_.data(); }
    /// The leading rows and columns.
    xt::xtensor<T, 2> part(std::size_t rows, std::size_t columns) const {
        xt::xtensor<T, 2> leading(std::array{rows, columns});
        for (std::size_t i = 0; i < rows; ++i)
            std::copy_n(memory_.data() + i * shape_[1], columns, leading.data() + i * columns);
        return leading;
    }
    xt::xtensor<T, 2> whole() const { return part(shape_[0], shape_[1]); }

private:
    std::vector<T> memory_;
    std::array<std::size_t, 2> shape_;
};

/// Throws numeric_error, naming the caller and the first bad entry, unless all entries are finite.
template <scalar T, std::size_t N>
void require_finite(const xt::xtensor<T, N>& a, const char* caller) {
    using real = real_of<T>;
    constexpr std::size_t parts = sizeof(T) / sizeof(real);
    const real* numbers = reinterpret_cast<const real*>(a.data());  // std::complex is an array of two
    if (backend::all_finite(parts * a.size(), numbers)) return;
    std::size_t i = 0;
    while (backend::all_finite(parts, numbers + parts * i)) ++i;
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

}  // namespace detail
}  // namespace xtn::tt
