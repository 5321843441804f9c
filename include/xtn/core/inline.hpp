// SPDX-License-Identifier: BSD-3-Clause
// How functions are compiled that are no templates and take long: in every translation unit that includes them, or with
// XTN_COMPILED (which the CMake target xtn::compiled defines) once, in compiled.cpp. A header declares such a function,
//
//     XTN_INLINE network parse_network(std::string_view json);
//
// and ends with `#if XTN_DEFINE` around the include of the header that defines it.
#pragma once

#if defined(XTN_COMPILED) || defined(XTN_COMPILE)
#define XTN_INLINE
#else
#define XTN_INLINE inline
#endif

#if defined(XTN_COMPILED) && !defined(XTN_COMPILE)
#define XTN_DEFINE 0
#else
#define XTN_DEFINE 1
#endif
