// SPDX-License-Identifier: BSD-3-Clause
// What the planner is told about the machine that the program runs on.
#pragma once

#if defined(__unix__)
#include <unistd.h>
#endif

#include <xtn/plan/cost.hpp>

namespace xtn::backend {

/// The cost model of this machine for scalars of `bytes` bytes: the documented constants, and the size of its L2 cache
/// where the system tells it.
inline cost_model machine(double bytes) {
    cost_model model{.scalar_bytes = bytes};
#if defined(_SC_LEVEL2_CACHE_SIZE)
    static const long l2 = ::sysconf(_SC_LEVEL2_CACHE_SIZE);
    if (l2 > 0) model.cache = static_cast<double>(l2) / 2;
#endif
    return model;
}

}  // namespace xtn::backend
