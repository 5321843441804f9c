// SPDX-License-Identifier: BSD-3-Clause
// The description of an operator to and from JSON.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <xtn/core/error.hpp>
#include <xtn/io/operator_description.hpp>

namespace xtn {

namespace detail {

inline nlohmann::ordered_json to_json(const operator_description& d) {
    nlohmann::ordered_json json{{"family", d.family}};
    for (const operator_description& operand : d.operands) json["operands"].push_back(to_json(operand));
    if (!d.settings.empty()) json["settings"] = d.settings;
    if (!d.shared.empty()) json["shared"] = d.shared;
    return json;
}

inline operator_description description_from(const nlohmann::json& json) {
    operator_description d;
    for (const auto& [name, value] : json.get_ref<const nlohmann::json::object_t&>()) {
        if (name == "family")
            value.get_to(d.family);
        else if (name == "settings")
            value.get_to(d.settings);
        else if (name == "shared")
            value.get_to(d.shared);
        else if (name == "operands")
            for (const auto& operand : value.get_ref<const nlohmann::json::array_t&>())
                d.operands.push_back(description_from(operand));
        else
            throw error("there is no \"" + name + "\"");
    }
    return d;
}

}  // namespace detail

XTN_INLINE std::string to_text(const operator_description& d) { return detail::to_json(d).dump(); }

XTN_INLINE operator_description operator_description_from(std::string_view text, const std::string& origin) {
    constexpr int deepest = 512;  // each operator in another one is an object in an array
    const auto not_deep = [](int depth, auto, auto&) {
        if (depth > 2 * deepest) throw error("more than " + std::to_string(deepest) + " operators in each other");
        return true;
    };
    try {
        return detail::description_from(nlohmann::json::parse(text, not_deep));
    } catch (const nlohmann::json::exception& e) {
        throw io_error(origin + ": expected the description of an operator, found " + e.what());
    } catch (const error& e) {
        throw io_error(origin + ": expected the description of an operator, found " + e.what());
    }
}

}  // namespace xtn
