// SPDX-License-Identifier: BSD-3-Clause
// What the planner is told about the machine that the program runs on.
#pragma once

#if defined(__unix__)
#include <unistd.h>
#endif

#include <xtn/plan/cost.hpp>

namespace xtn::backend {

/// The cost model of this machine for elements of type T: the documented constants, and the size of its L2 cache
/// where the system tells it.
template <class T>
cost_model machine() {
    cost_model model = cost_model::of<T>();
#if defined(_SC_LEVEL2_CACHE_SIZE)
    static const long l2 = ::sysconf(_SC_LEVEL2_CACHE_SIZE);
    if (l2 > 0) model.cache = static_cast<double>(l2) / 2;
#endif
    return model;
}

}  // namespace xtn::backend
