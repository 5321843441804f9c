// SPDX-License-Identifier: BSD-3-Clause
// What the planner is told about the machine that the program runs on.
#pragma once

#if defined(__unix__)
#include <unistd.h>
#endif

#include <limits>

#include <xtn/backend/engine.hpp>
#include <xtn/core/precision.hpp>
#include <xtn/plan/cost.hpp>

namespace xtn::backend {

/// The cost model of this machine for elements of type T and products in this precision: the documented constants, and the
/// size of its L2 cache where the system tells it.
template <class T>
cost_model machine(precision p = precision::full) {
    cost_model model = cost_model::of<T>();
    if (p == precision::bfloat16 && has_bfloat16_products()) model = model.of_bfloat16();
#if defined(_SC_LEVEL2_CACHE_SIZE)
    static const long l2 = ::sysconf(_SC_LEVEL2_CACHE_SIZE);
    if (l2 > 0) model.cache = static_cast<double>(l2) / 2;
#endif
    return model;
}

/// Bytes of main memory, as far as the system tells; infinite where it does not.
inline double memory_bytes() {
#if defined(_SC_PHYS_PAGES) && defined(_SC_PAGESIZE)
    const long pages = ::sysconf(_SC_PHYS_PAGES), size = ::sysconf(_SC_PAGESIZE);
    if (pages > 0 && size > 0) return static_cast<double>(pages) * static_cast<double>(size);
#endif
    return std::numeric_limits<double>::infinity();
}

}  // namespace xtn::backend
