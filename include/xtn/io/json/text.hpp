// SPDX-License-Identifier: BSD-3-Clause
// Texts, objects and arrays as JSON.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <xtn/io/json_text.hpp>

namespace xtn::detail {

XTN_INLINE std::string json_text(const std::string& text) { return nlohmann::json(text).dump(); }

XTN_INLINE std::string json_text(const std::map<std::string, std::string>& object) {
    return nlohmann::json(object).dump();
}

XTN_INLINE std::string json_text(const std::vector<std::size_t>& array) { return nlohmann::json(array).dump(); }

}  // namespace xtn::detail
