// SPDX-License-Identifier: BSD-3-Clause
// The fastest BLAS kernels of this machine, for programs that are measured.
//
// An OpenBLAS older than the processor falls back to kernels several times slower than those the processor could run
// (see xtn::suggested_openblas_core). The cure is the environment variable OPENBLAS_CORETYPE, which OpenBLAS reads while
// it is being loaded: too early for main(). So the program starts itself once more with the variable set.
#pragma once

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>

#if defined(__linux__)
#include <unistd.h>
#endif

#include <xtn/backend/threads.hpp>

namespace examples {

/// Call it first in main(). If OpenBLAS runs fallback kernels and OPENBLAS_CORETYPE is not set, says so on stderr, sets
/// it and executes the program again with the same arguments; otherwise, or if that fails, does nothing. With the
/// variable set, whoever set it, nothing ever happens: no loop, and the user's own choice stands.
inline void use_best_blas_kernels([[maybe_unused]] int argc, [[maybe_unused]] char** argv) {
#if defined(__linux__)
    constexpr const char* variable = "OPENBLAS_CORETYPE";
    if (std::getenv(variable) != nullptr) return;
    const std::optional<std::string> core = xtn::suggested_openblas_core();
    if (!core || ::setenv(variable, core->c_str(), 1) != 0) return;
    std::fprintf(stderr, "OpenBLAS does not know this processor and runs its %s kernels; starting again with %s=%s\n",
                 xtn::blas_core_name().c_str(), variable, core->c_str());
    std::fflush(nullptr);
    ::execv(std::filesystem::read_symlink("/proc/self/exe").c_str(), argv);  // returns only on failure
    std::fprintf(stderr, "could not start again (%s); going on with the slow kernels\n", std::strerror(errno));
    ::unsetenv(variable);
#endif
}

}  // namespace examples
