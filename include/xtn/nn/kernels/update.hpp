// SPDX-License-Identifier: BSD-3-Clause
// Whether a kernel's output replaces what is there or adds to it (a gradient that several statements share).
#pragma once

#include <cstddef>

#include <xtn/backend/simd.hpp>

namespace xtn::nn::kernels {

enum class update { replace, add };

/// y (n) (=, +=) f(x...) element by element; f takes and returns batches. y may be any of the x.
template <class T, class F, class... Operands>
inline void transform(std::size_t n, update mode, T* y, F f, const Operands*... x) {
    if (mode == update::replace)
        backend::transform(n, y, f, x...);
    else
        backend::transform(
            n, y, [&](auto old, auto... v) { return old + f(v...); }, static_cast<const T*>(y), x...);
}

}  // namespace xtn::nn::kernels
