// SPDX-License-Identifier: BSD-3-Clause
// The index of a sharded checkpoint, read event by event.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include <xtn/io/safetensors_index.hpp>
#include <xtn/io/utf8.hpp>

namespace xtn {

/// Depth 1 is the whole; 2 in the weight map is tensors; everything else is passed over.
struct safetensors_index::events final : nlohmann::json_sax<nlohmann::json> {
    explicit events(safetensors_index& i) : index(i) {}

    bool in_map() const { return depth >= 2 && top == "weight_map"; }
    bool other(const char* found) const {
        if (depth == 0) index.fail(std::string("it must be an object, found ") + found);
        if (depth == 1 && top == "weight_map")
            index.fail(std::string("\"weight_map\" must be an object, found ") + found);
        if (in_map()) index.fail("the file of tensor " + detail::in_quotes(name) + " must be a string, found " + found);
        return true;
    }
    bool null() override { return other("null"); }
    bool boolean(bool) override { return other("true or false"); }
    bool number_integer(std::int64_t) override { return other("a number"); }
    bool number_unsigned(std::uint64_t) override { return other("a number"); }
    bool number_float(double, const std::string&) override { return other("a number"); }
    bool binary(nlohmann::json::binary_t&) override { return other("binary data"); }
    bool string(std::string& text) override {
        if (!in_map()) return other("a string");
        if (text.empty() || text == "." || text == ".." || text.find_first_of("/\\\0", 0, 3) != std::string::npos)
            index.fail("tensor " + detail::in_quotes(name) + " is said to be in " + detail::in_quotes(text) +
                       ", which is no file name in the directory of the index");
        index.weight_map_.emplace(name, std::move(text));
        return true;
    }
    bool key(std::string& text) override {
        if (depth == 1 && !tops.insert(text).second) index.fail("the key " + detail::in_quotes(text) + " occurs twice");
        if (in_map() && index.weight_map_.contains(text))
            index.fail("the tensor " + detail::in_quotes(text) + " occurs twice");
        (depth == 1 ? top : name) = std::move(text);
        return true;
    }
    bool start_object(std::size_t) override {
        if (in_map()) other("an object");
        has_weight_map = has_weight_map || (depth == 1 && top == "weight_map");
        ++depth;
        return true;
    }
    bool end_object() override { return leave(); }
    bool start_array(std::size_t) override {
        other("a list");
        ++depth;
        return true;
    }
    bool end_array() override { return leave(); }
    bool leave() {
        --depth;
        return true;
    }
    bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception& e) override {
        index.fail("it is not valid JSON: " + detail::printable(e.what(), 300));
    }

    safetensors_index& index;
    std::size_t depth = 0;
    bool has_weight_map = false;
    std::string top, name;
    std::set<std::string> tops;
};

XTN_INLINE safetensors_index::safetensors_index(std::string_view text, std::string origin)
    : origin_(std::move(origin)) {
    if (const std::size_t valid = valid_utf8_prefix(text); valid != text.size())
        fail("it is not valid UTF-8 at byte " + std::to_string(valid));
    if (text.find('\0') != std::string_view::npos) fail("it has a NUL");
    events read(*this);
    nlohmann::json::sax_parse(text, &read);
    if (!read.has_weight_map) fail("the object \"weight_map\" is missing");
}

}  // namespace xtn
