// SPDX-License-Identifier: BSD-3-Clause
// The one place that names xtensor's headers. It accepts the flat tree of xtensor 0.24 and 0.25 and the foldered one of
// 0.26 and later, and repairs a fault of the former.
#pragma once

#if __has_include(<xtensor/containers/xtensor.hpp>)
#include <xtensor/containers/xadapt.hpp>
#include <xtensor/containers/xarray.hpp>
#include <xtensor/containers/xfixed.hpp>
#include <xtensor/containers/xtensor.hpp>
#include <xtensor/core/xnoalias.hpp>
#include <xtensor/core/xtensor_config.hpp>
#else
#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>
#include <xtensor/xfixed.hpp>
#include <xtensor/xnoalias.hpp>
#include <xtensor/xtensor.hpp>
#include <xtensor/xtensor_config.hpp>
#endif

#if XTENSOR_VERSION_MAJOR == 0 && XTENSOR_VERSION_MINOR < 24
#error "xtn needs xtensor 0.24 or later"
#endif

// xtensor <= 0.25 guards this specialisation with __cplusplus == 201703L. Without it g++ in C++20 takes every dynamic
// shape (svector<size_t, 4>) for a static rank 4, and temporaries of xarray expressions are silently wrong
// (xtensor issues 1970 and 2701).
#if XTENSOR_VERSION_MAJOR == 0 && XTENSOR_VERSION_MINOR < 26 && defined(__cpp_template_template_args) && \
    __cplusplus > 201703L
namespace xt::detail {
template <template <class, std::size_t, class, bool> class S, class X, std::size_t N, class A, bool I>
struct xtype_for_shape<S<X, N, A, I>> {
    template <class T, layout_type L>
    using type = xarray<T, L>;
};
}  // namespace xt::detail
#endif
