// SPDX-License-Identifier: BSD-3-Clause
// How this binary was built. Defined in one source, so that a new revision recompiles no other.
#pragma once

namespace examples {

/// The git revision of the sources, with "-dirty" if they had changed since; "unknown" without git.
const char* git_revision();
/// The compiler flags.
const char* compiler_flags();

}  // namespace examples
