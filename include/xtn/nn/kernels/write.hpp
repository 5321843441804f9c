// SPDX-License-Identifier: BSD-3-Clause
// Whether a kernel's output replaces what is there or adds to it (a gradient that several statements share).
#pragma once

namespace xtn::kernels {

enum class write { replace, add };

}  // namespace xtn::kernels
