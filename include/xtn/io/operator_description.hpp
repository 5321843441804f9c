// SPDX-License-Identifier: BSD-3-Clause
// What an operator is as text, for the metadata of its file: JSON, where what is empty is not written.
//
//     {"family": "product", "operands": [{"family": "low_rank", "settings": {"in": "4", "out": "6", "rank": "2"}},
//                                        {"family": "low_rank", "settings": {"in": "6", "out": "4", "rank": "2"}}],
//      "shared": {"right.right": "left.left"}}
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <xtn/core/error.hpp>
#include <xtn/op/description.hpp>

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

/// A description as JSON in one line.
inline std::string to_text(const operator_description& d) { return detail::to_json(d).dump(); }

/// The description that a text says, with `origin` for messages. Throws io_error for a text that is none; whether there is
/// such an operator shows when it is made.
inline operator_description operator_description_from(std::string_view text, const std::string& origin) {
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
