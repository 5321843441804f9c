// SPDX-License-Identifier: BSD-3-Clause
// What multiplies matrices below us, by name.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <type_traits>

#include <xtn/backend/onednn.hpp>
#include <xtn/backend/scalar.hpp>
#include <xtn/backend/threads.hpp>
#include <xtn/core/error.hpp>
#include <xtn/core/precision.hpp>

#if defined(__ELF__)
namespace xtn::detail {
extern "C" {
void MKL_Get_Version_String(char*, int) __attribute__((weak));
char* bli_info_get_version_str(void) __attribute__((weak));
}
}  // namespace xtn::detail
#endif

namespace xtn {

/// The BLAS that the program is linked with, for instance "OpenBLAS 0.3.21, Haswell", "MKL 2026.2" or "BLIS 0.9.0"; "unknown" for
/// one that does not tell.
inline std::string blas_name() {
#if defined(__ELF__)
    if (const std::string config = blas_config(); !config.empty())  // begins "OpenBLAS 0.3.21 ..."
        return config.substr(0, config.find(' ', config.find(' ') + 1)) + ", " + blas_core_name();
    if (detail::MKL_Get_Version_String != nullptr) {
        std::string name(256, ' ');  // "... Library Version 2026.2-Product Build ..."
        detail::MKL_Get_Version_String(name.data(), static_cast<int>(name.size()));
        const std::size_t version = std::min(name.find("Version "), name.size() - 8) + 8;
        return "MKL " + name.substr(version, name.find_first_of("- ", version) - version);
    }
    if (detail::bli_info_get_version_str != nullptr) return std::string("BLIS ") + detail::bli_info_get_version_str();
#endif
    return "unknown";
}

/// Whether the processor, through oneDNN, multiplies bfloat16 numbers at several times the speed of floats. Elsewhere such
/// products are made of floats, and take longer than theirs.
inline bool has_bfloat16_products() {
#if defined(XTN_ONEDNN)
    return backend::onednn_has_bfloat16();
#else
    return false;
#endif
}

/// What multiplies matrices of T: oneDNN or the BLAS, with version and kernels where they tell; "oneDNN 2.6.3, bfloat16", or
/// "oneDNN 2.6.3, rounded to bfloat16" where the processor has no such products.
template <scalar T>
std::string product_engine(precision p = precision::full) {
    std::string name = blas_name();
#if defined(XTN_ONEDNN)
    if constexpr (std::is_same_v<T, float>) name = backend::onednn_name();
#endif
    if (p == precision::bfloat16) name += has_bfloat16_products() ? ", bfloat16" : ", rounded to bfloat16";
    return name;
}

namespace detail {

/// Throws xtn::error unless tensors of T can be multiplied in this precision.
template <scalar T>
void require_precision(precision p, const char* who) {
    if (p != precision::full && !std::is_same_v<T, float>)
        throw error(std::string(who) + ": factors are rounded to bfloat16 where tensors are of float, and these are " +
                    (is_complex<T> ? "complex" : "of double"));
}

}  // namespace detail

}  // namespace xtn
