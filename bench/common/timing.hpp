// SPDX-License-Identifier: BSD-3-Clause
// What the benches share: a clock, medians, and a main program for single-threaded benches.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <vector>

#include <time.h>

#include <xtn/backend/threads.hpp>

#include "common/blas_kernels.hpp"

namespace bench {

inline double seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// What this thread has computed: the time that other programs have of the processor does not count.
inline double thread_seconds() {
    std::timespec t{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

template <class F>
double seconds_of(F&& f) {
    const double start = seconds();
    f();
    return seconds() - start;
}

inline double median(std::vector<double> v) {
    std::nth_element(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2), v.end());
    return v[v.size() / 2];
}

/// Runs the registered benchmarks with the best kernels of the BLAS, on one thread.
inline int run_on_one_thread(int argc, char** argv) {
    examples::use_best_blas_kernels(argc, argv);
    const xtn::blas_threads one(1);
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}

}  // namespace bench
