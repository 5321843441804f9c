// SPDX-License-Identifier: BSD-3-Clause
// The scalar types of a network, and how the large templates over them are compiled: in every translation unit that
// uses them, or with XTN_COMPILED (which the CMake target xtn::compiled defines) once, in compiled.cpp.
#pragma once

#include <cmath>
#include <complex>
#include <type_traits>

namespace xtn {

/// The scalar types of a network.
template <class T>
concept scalar = std::is_same_v<T, float> || std::is_same_v<T, double> || std::is_same_v<T, std::complex<float>> ||
    std::is_same_v<T, std::complex<double>>;

/// Whether T is std::complex.
template <scalar T>
inline constexpr bool is_complex = !std::is_floating_point_v<T>;

/// The type of a scalar's absolute value: T itself, or that of the parts of a complex number.
template <scalar T>
using real_of = decltype(std::abs(T{}));

}  // namespace xtn

// XTN_FOR_EACH_SCALAR(F) is F(form, T) for every scalar type T, where `form` starts an explicit instantiation: its
// definition in compiled.cpp, its declaration in the other translation units of xtn::compiled, nothing without.
#if defined(XTN_COMPILE)
#define XTN_FOR_EACH_SCALAR(F) \
    F(template, float) F(template, double) F(template, std::complex<float>) F(template, std::complex<double>)
#elif defined(XTN_COMPILED)
#define XTN_FOR_EACH_SCALAR(F) \
    F(extern template, float)  \
    F(extern template, double) F(extern template, std::complex<float>) F(extern template, std::complex<double>)
#else
#define XTN_FOR_EACH_SCALAR(F)
#endif
