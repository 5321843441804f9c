// SPDX-License-Identifier: BSD-3-Clause
// A text as JSON.
#pragma once

#include <string>

#include <xtn/core/inline.hpp>

namespace xtn::detail {

/// In quotes, with what JSON escapes. The text is UTF-8.
XTN_INLINE std::string json_text(const std::string& text);

}  // namespace xtn::detail

#if XTN_DEFINE
#include <xtn/io/json/text.hpp>
#endif
