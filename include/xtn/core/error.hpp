// SPDX-License-Identifier: BSD-3-Clause
// The exceptions of xtn. A message names what was expected, what was found, and where.
#pragma once

#include <stdexcept>
#include <string>

namespace xtn {

/// Base of every exception that xtn throws on purpose.
struct error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Labels, extents or ranks that do not fit together.
struct shape_error : error {
    using error::error;
};

/// A file that cannot be read or written, or whose content is not what it claims.
struct io_error : error {
    using error::error;
};

/// A number that must be finite, or an algorithm that did not converge.
struct numeric_error : error {
    using error::error;
};

}  // namespace xtn
