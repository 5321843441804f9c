// SPDX-License-Identifier: BSD-3-Clause
// NumPy arrays as operands: in place where their strides allow it, of one dtype, in this machine's byte order.
#pragma once

#include <complex>
#include <cstddef>
#include <string>
#include <vector>

#include <pybind11/complex.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <xtn/xtn.hpp>

namespace py = pybind11;

inline std::string name_of(const py::dtype& type) { return py::cast<std::string>(type.attr("name")); }

/// The array itself, or a copy where its strides are none that a BLAS can follow (fractions of an element, repetitions).
template <class T>
py::array_t<T> in_place(const py::array& a) {
    bool plain = true;
    for (py::ssize_t i = 0; i < a.ndim(); ++i)
        plain = plain && (a.shape(i) < 2 || (a.strides(i) != 0 && a.strides(i) % a.itemsize() == 0));
    if (plain) return py::array_t<T>(a);
    return py::array_t<T, py::array::c_style | py::array::forcecast>(a);
}

template <class T>
xtn::geometry geometry_of(const py::array_t<T>& a) {
    std::vector<py::ssize_t> shape(a.shape(), a.shape() + a.ndim());
    xtn::geometry g = xtn::geometry::row_major(shape);
    for (std::size_t i = 0; i < g.rank; ++i) g.stride[i] = a.strides(static_cast<py::ssize_t>(i)) / a.itemsize();
    return g;
}

/// Throws where the bytes of numbers are in another order than this machine's.
inline void require_native(const py::array& a, const char* what) {
    if (!py::cast<bool>(a.dtype().attr("isnative")))
        throw py::type_error(std::string(what) + " is of dtype " + py::cast<std::string>(a.dtype().attr("str")) +
                             ", whose bytes are in the other order; convert it: a.astype(a.dtype.newbyteorder('='))");
}

/// Calls f(T{}) for the one scalar type of these arrays. Throws where they differ, or are of none that is contracted.
template <class F>
py::object with_scalar(const std::vector<py::array>& arrays, F f) {
    const py::dtype type = arrays.front().dtype();
    for (const py::array& a : arrays) require_native(a, "einsum: an array");
    for (const py::array& a : arrays)
        if (!a.dtype().equal(type))
            throw py::type_error("einsum: the arrays have different dtypes, " + name_of(type) + " and " +
                                 name_of(a.dtype()));
    if (type.equal(py::dtype::of<float>())) return f(float{});
    if (type.equal(py::dtype::of<double>())) return f(double{});
    if (type.equal(py::dtype::of<std::complex<float>>())) return f(std::complex<float>{});
    if (type.equal(py::dtype::of<std::complex<double>>())) return f(std::complex<double>{});
    throw py::type_error("einsum: float32, float64, complex64 and complex128 are contracted, not " + name_of(type));
}
