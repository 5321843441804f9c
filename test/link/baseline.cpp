// SPDX-License-Identifier: BSD-3-Clause
// Two translation units for two targets in one program: each computes on the vectors of its own.
#include "vectors.hpp"

bool wide_vectors_work(std::size_t& lanes);

int main() {
    std::size_t wide = 0;
    const bool runs_wide = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (!vectors_work()) return 1;
    if (runs_wide && (!wide_vectors_work(wide) || wide < 8)) return 2;
    return vectors_work() ? 0 : 3;
}
