// SPDX-License-Identifier: BSD-3-Clause
// Networks and orders to and from JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <xtn/core/error.hpp>
#include <xtn/graph/network.hpp>
#include <xtn/graph/order.hpp>
#include <xtn/io/networks.hpp>

namespace xtn {

namespace detail {

/// The parts of a JSON document, with errors that say where.
class graph_json {
public:
    graph_json(std::string_view text, std::string origin) : origin_(std::move(origin)) {
        if (text.size() > longest)
            fail("has " + std::to_string(text.size()) + " bytes, more than " + std::to_string(longest));
        if (too_deep(text)) fail("is nested deeper than a network or an order");
        root_ = nlohmann::json::parse(text.begin(), text.end(), nullptr, false);
        if (root_.is_discarded()) fail("is no valid JSON");
        if (!root_.is_object()) fail("is no JSON object");
    }

    bool has(const char* key) const { return root_.contains(key); }
    const nlohmann::json& at(const char* key) const {
        const auto found = root_.find(key);
        if (found == root_.end()) fail(std::string("has no member \"") + key + "\"");
        return *found;
    }
    std::vector<std::string> labels(const nlohmann::json& list, const std::string& where) const {
        if (!list.is_array()) fail(where + " is no list of labels");
        std::vector<std::string> l;
        for (const auto& item : list) {
            if (item.is_string())
                l.push_back(item.get<std::string>());
            else if (item.is_number_integer())
                l.push_back(item.dump());
            else
                fail(where + " has a label that is neither a string nor an integer");
        }
        return l;
    }
    const nlohmann::json& list(const nlohmann::json& value, const std::string& where) const {
        if (!value.is_array()) fail(where + " is no list");
        return value;
    }
    std::int64_t integer(const nlohmann::json& value, const std::string& where, std::int64_t most) const {
        if (!value.is_number_integer() ||
            (value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(most)) ||
            value.get<std::int64_t>() < 0 || value.get<std::int64_t>() > most)
            fail(where + " is no integer from 0 to " + std::to_string(most));
        return value.get<std::int64_t>();
    }
    [[noreturn]] void fail(const std::string& what) const { throw io_error(origin_ + ": " + what); }
    /// Calls f, and says where a network or an order that is none came from.
    template <class F>
    auto made(F f) const {
        try {
            return f();
        } catch (const shape_error& e) {
            fail(e.what());
        }
    }

private:
    static constexpr std::size_t longest = std::size_t{1} << 30;
    static bool too_deep(std::string_view text) {
        std::size_t depth = 0;
        bool quoted = false;
        for (std::size_t i = 0; i < text.size(); ++i) {
            const char c = text[i];
            if (quoted && c == '\\')
                ++i;
            else if (c == '"')
                quoted = !quoted;
            else if (!quoted && (c == '[' || c == '{') && ++depth > 8)
                return true;
            else if (!quoted && (c == ']' || c == '}') && depth > 0)
                --depth;
        }
        return false;
    }

    std::string origin_;
    nlohmann::json root_;
};

}  // namespace detail

XTN_INLINE graph::network parse_network(std::string_view json, std::string origin) {
    const detail::graph_json file(json, std::move(origin));
    std::vector<std::vector<std::string>> inputs;
    for (const auto& tensor : file.list(file.at("inputs"), "\"inputs\""))
        inputs.push_back(file.labels(tensor, "tensor " + std::to_string(inputs.size())));
    const std::vector<std::string> output = file.labels(file.at("output"), "\"output\"");
    if (!file.at("size_dict").is_object()) file.fail("\"size_dict\" is no object");
    std::map<std::string, std::int64_t> sizes;
    for (const auto& [name, extent] : file.at("size_dict").items())
        sizes[name] =
            file.integer(extent, "the extent of label \"" + name + "\"", std::numeric_limits<std::int32_t>::max());
    return file.made([&] { return graph::network::make<std::string>(inputs, output, sizes); });
}

XTN_INLINE std::string serialise_network(const graph::network& net) {
    const auto names = [&](std::span<const graph::label_id> axes) {
        auto list = nlohmann::json::array();
        for (const graph::label_id l : axes) list.push_back(net.name(l));
        return list;
    };
    nlohmann::json file{
        {"inputs", nlohmann::json::array()}, {"output", names(net.output())}, {"size_dict", nlohmann::json::object()}};
    for (std::size_t i = 0; i < net.tensors(); ++i) file["inputs"].push_back(names(net.input(i)));
    for (graph::label_id l = 0; l < net.labels(); ++l) file["size_dict"][net.name(l)] = net.extent(l);
    return file.dump();
}

XTN_INLINE graph::order parse_order(std::string_view json, const graph::network& net, std::string origin) {
    const detail::graph_json file(json, std::move(origin));
    const bool ssa = file.has("ssa_path");
    graph::path path;
    for (const auto& entry : file.list(file.at(ssa ? "ssa_path" : "path"), "the path")) {
        const std::string where = "entry " + std::to_string(path.size()) + " of the path";
        auto& tensors = path.emplace_back();
        for (const auto& tensor : file.list(entry, where))
            tensors.push_back(
                static_cast<std::size_t>(file.integer(tensor, where, std::numeric_limits<std::int32_t>::max())));
    }
    return file.made([&] {
        graph::order o{ssa ? graph::tree::from_ssa(path, net.tensors()) : graph::tree::from_linear(path, net.tensors()),
                       {}};
        if (file.has("sliced"))
            for (const std::string& name : file.labels(file.at("sliced"), "\"sliced\""))
                o.sliced.push_back(net.label(name));
        return o;
    });
}

XTN_INLINE std::string serialise_order(const graph::order& o, const graph::network& net) {
    nlohmann::json file{{"ssa_path", o.tree.ssa()}, {"sliced", nlohmann::json::array()}};
    for (const graph::label_id l : o.sliced) file["sliced"].push_back(net.name(l));
    return file.dump();
}

}  // namespace xtn
