// SPDX-License-Identifier: BSD-3-Clause
// A text as JSON.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include <xtn/io/json_text.hpp>

namespace xtn::detail {

XTN_INLINE std::string json_text(const std::string& text) { return nlohmann::json(text).dump(); }

}  // namespace xtn::detail
