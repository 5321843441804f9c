// SPDX-License-Identifier: BSD-3-Clause
// What an operator is, as a value: enough to make it again, but for the numbers in its parameters. families.hpp makes
// operators of descriptions, io/operator_description.hpp writes them as text.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <xtn/core/error.hpp>
#include <xtn/core/number.hpp>

namespace xtn {

/// A family of operators, its settings, the operators it is made of, and which of its parameters are one.
struct operator_description {
    std::string family{};                           ///< empty where nothing is known
    std::map<std::string, std::string> settings{};  ///< numbers in digits, lists such as sites as "8x16"
    std::vector<operator_description> operands{};
    std::map<std::string, std::string> shared{};  ///< names of parameters, and of those that they are

    bool operator==(const operator_description&) const = default;

    bool has(const std::string& name) const { return settings.contains(name); }
    /// A setting. Throws error, naming family and setting, where it is missing.
    const std::string& text(const std::string& name) const {
        const auto found = settings.find(name);
        if (found == settings.end()) refuse("needs the setting \"" + name + "\"");
        return found->second;
    }
    /// A setting that is a whole number.
    std::size_t number(const std::string& name) const {
        const std::vector<std::size_t> list = numbers(name);
        if (list.size() != 1) refuse("expects one number as " + name + ", not \"" + text(name) + "\"");
        return list[0];
    }
    /// A setting that is a list of whole numbers.
    std::vector<std::size_t> numbers(const std::string& name) const {
        std::vector<std::size_t> list;
        const std::string_view value = text(name);
        for (std::size_t at = 0; at <= value.size() && !value.empty();) {
            const std::size_t end = std::min(value.find('x', at), value.size());
            const auto n = parse_number<std::size_t>(value.substr(at, end - at));
            if (!n) refuse("expects whole numbers such as 8x16 as " + name + ", not \"" + text(name) + "\"");
            list.push_back(*n);
            at = end + 1;
        }
        return list;
    }

    /// A whole number, a list of them, or words.
    template <class Value>
    operator_description& set(const std::string& name, const Value& value) & {
        std::string& text = settings[name];
        if constexpr (std::integral<Value>) {
            text = std::to_string(value);
        } else if constexpr (std::convertible_to<Value, std::string>) {
            text = value;
        } else {
            text.clear();
            for (const std::size_t v : value) text += (text.empty() ? "" : "x") + std::to_string(v);
        }
        return *this;
    }
    template <class Value>
    operator_description set(const std::string& name, const Value& value) && {
        return std::move(set(name, value));
    }

    /// Throws error for a setting that is not among these, or another number of operands.
    void require(std::initializer_list<std::string_view> known, std::size_t count = 0) const {
        for (const auto& [name, value] : settings)
            if (std::find(known.begin(), known.end(), name) == known.end()) {
                std::string names;
                for (const std::string_view k : known) names += (names.empty() ? "" : ", ") + std::string(k);
                refuse("has no setting \"" + name + "\"; it has " + (names.empty() ? "none" : names));
            }
        if (operands.size() != count)
            refuse("has " + std::to_string(count) + " operands, not " + std::to_string(operands.size()));
    }
    /// Throws error: the family and what is wrong with it.
    [[noreturn]] void refuse(const std::string& what) const { throw error("operator \"" + family + "\" " + what); }
};

}  // namespace xtn
