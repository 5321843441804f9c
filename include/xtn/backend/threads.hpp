// SPDX-License-Identifier: BSD-3-Clause
// The threads and the kernels of the BLAS below us, without depending on which BLAS it is.
//
// The vendors' own functions are declared as weak symbols: null when the program is linked with another library (ELF).
// Elsewhere weak symbols do not work so, and every function here answers "unknown" and changes nothing.
#pragma once

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#if defined(__ELF__)
namespace xtn::detail {
extern "C" {
void openblas_set_num_threads(int) __attribute__((weak));
int openblas_get_num_threads(void) __attribute__((weak));
char* openblas_get_corename(void) __attribute__((weak));
char* openblas_get_config(void) __attribute__((weak));
void MKL_Set_Num_Threads(int) __attribute__((weak));
int MKL_Get_Max_Threads(void) __attribute__((weak));
void bli_thread_set_num_threads(std::int64_t) __attribute__((weak));
std::int64_t bli_thread_get_num_threads(void) __attribute__((weak));
}
}  // namespace xtn::detail
#endif

namespace xtn {

namespace detail {

inline std::optional<int> get_blas_threads() {
#if defined(__ELF__)
    if (openblas_get_num_threads != nullptr) return openblas_get_num_threads();
    if (MKL_Get_Max_Threads != nullptr) return MKL_Get_Max_Threads();
    if (bli_thread_get_num_threads != nullptr) return static_cast<int>(bli_thread_get_num_threads());
#endif
    return std::nullopt;
}

inline void set_blas_threads([[maybe_unused]] int n) {
#if defined(__ELF__)
    if (openblas_set_num_threads != nullptr) openblas_set_num_threads(n);
    if (MKL_Set_Num_Threads != nullptr) MKL_Set_Num_Threads(n);
    if (bli_thread_set_num_threads != nullptr) bli_thread_set_num_threads(n);
#endif
}

}  // namespace detail

/// Gives the BLAS `n` threads and restores the former number on destruction. The setting belongs to the process, not to
/// the thread: make it while no other thread is inside the BLAS, and nest guards like scopes.
class blas_threads {
public:
    explicit blas_threads(int n) : former_(detail::get_blas_threads()) { detail::set_blas_threads(n); }
    ~blas_threads() {
        if (former_ && *former_ > 0) detail::set_blas_threads(*former_);
    }
    blas_threads(const blas_threads&) = delete;
    blas_threads& operator=(const blas_threads&) = delete;

    /// The number of threads the BLAS uses now; nullopt when it does not tell.
    static std::optional<int> current() { return detail::get_blas_threads(); }

private:
    std::optional<int> former_;
};

namespace detail {

/// One thread in the BLAS for a call that is too small to share, where the caller asks for it. Scopes of several threads
/// may overlap: the first sets the number, the last gives the former back. Costs a function call where the BLAS has one
/// thread already, a lock and its release otherwise.
class unshared_call {
public:
    explicit unshared_call(bool small) : engaged_(small && get_blas_threads().value_or(1) > 1) {
        if (!engaged_) return;
        const std::lock_guard lock(all().mutex);
        if (all().count++ == 0) {
            all().former = get_blas_threads().value_or(1);
            set_blas_threads(1);
        }
    }
    ~unshared_call() {
        if (!engaged_) return;
        const std::lock_guard lock(all().mutex);
        if (--all().count == 0) set_blas_threads(all().former);
    }
    unshared_call(const unshared_call&) = delete;
    unshared_call& operator=(const unshared_call&) = delete;

private:
    struct state {
        std::mutex mutex;
        int count = 0, former = 1;
    };
    static state& all() {
        static state s;
        return s;
    }
    bool engaged_;
};

}  // namespace detail

/// The processor whose kernels OpenBLAS runs, for instance "SkylakeX"; empty with any other BLAS.
inline std::string blas_core_name() {
#if defined(__ELF__)
    if (detail::openblas_get_corename != nullptr) return detail::openblas_get_corename();
#endif
    return {};
}

/// OpenBLAS's own description (version, build options, core); empty with any other BLAS.
inline std::string blas_config() {
#if defined(__ELF__)
    if (detail::openblas_get_config != nullptr) return detail::openblas_get_config();
#endif
    return {};
}

namespace detail {

/// Is this an OpenBLAS core from before AVX, the family of its fallbacks?
inline bool openblas_core_before_avx(std::string_view core) {
    static constexpr std::array<std::string_view, 16> names{
        "generic",    "katmai",  "coppermine", "northwood", "prescott", "banias",       "core2",     "penryn",
        "dunnington", "nehalem", "atom",       "athlon",    "opteron",  "opteron_sse3", "barcelona", "bobcat"};
    std::string lower(core);
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return std::find(names.begin(), names.end(), lower) != names.end();
}

/// The best kernels of OpenBLAS that this processor and operating system can run.
inline std::optional<std::string> best_openblas_core() {
#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
        return "SkylakeX";
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "Haswell";
#endif
    return std::nullopt;
}

}  // namespace detail

/// An OpenBLAS older than the processor does not know it and falls back to kernels from before AVX, several times slower
/// than those the processor could run (measured: 32 instead of 145 GFLOP/s). When that has happened, this is the name to
/// put in the environment variable OPENBLAS_CORETYPE, which OpenBLAS reads when it is loaded; otherwise nullopt.
inline std::optional<std::string> suggested_openblas_core() {
    if (blas_config().find("DYNAMIC_ARCH") == std::string::npos)
        return std::nullopt;  // only one set of kernels in there
    if (!detail::openblas_core_before_avx(blas_core_name())) return std::nullopt;
    return detail::best_openblas_core();
}

}  // namespace xtn
