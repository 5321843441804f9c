// SPDX-License-Identifier: BSD-3-Clause
// What the header of a safetensors file is written of, as JSON.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include <xtn/core/inline.hpp>

namespace xtn::detail {

/// A text in quotes, with what JSON escapes; an object of such texts; an array. Without blanks; texts are UTF-8.
XTN_INLINE std::string json_text(const std::string& text);
XTN_INLINE std::string json_text(const std::map<std::string, std::string>& object);
XTN_INLINE std::string json_text(const std::vector<std::size_t>& array);

}  // namespace xtn::detail

#if XTN_DEFINE
#include <xtn/io/json/text.hpp>
#endif
