// SPDX-License-Identifier: BSD-3-Clause
// Networks and orders as JSON, and sums of slices that survive a kill.
//
//     network   {"inputs": [["a", "b"], ...], "output": ["a"], "size_dict": {"a": 2, ...}}       as cotengra stores them
//     order     {"ssa_path": [[0, 1], ...], "sliced": ["b"]}, or "path" with the linear form
//
// Labels are strings or integers. Files come from anywhere: everything is checked before it is used.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <xtn/graph/contraction.hpp>
#include <xtn/graph/network.hpp>
#include <xtn/graph/order.hpp>
#include <xtn/io/atomic_file.hpp>
#include <xtn/io/npz.hpp>

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

/// The network of a JSON text. `origin` is what messages call it. Throws io_error where it is none.
inline graph::network parse_network(std::string_view json, std::string origin = "network in memory") {
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
/// Reads the file at `path`. Throws io_error naming the path and what is wrong.
inline graph::network load_network(const std::filesystem::path& path) {
    return parse_network(read_file<std::string>(path), path.string());
}
/// The network as JSON.
inline std::string serialise_network(const graph::network& net) {
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
/// Writes it to `path` as write_file does.
inline void save_network(const std::filesystem::path& path, const graph::network& net) {
    write_file(path, serialise_network(net));
}

/// The order of a JSON text, for this network. Throws io_error where it is none.
inline graph::order parse_order(std::string_view json, const graph::network& net,
                                std::string origin = "order in memory") {
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
/// Reads the file at `path`. Throws io_error naming the path and what is wrong.
inline graph::order load_order(const std::filesystem::path& path, const graph::network& net) {
    return parse_order(read_file<std::string>(path), net, path.string());
}
/// The order as JSON, with the SSA path.
inline std::string serialise_order(const graph::order& o, const graph::network& net) {
    nlohmann::json file{{"ssa_path", o.tree.ssa()}, {"sliced", nlohmann::json::array()}};
    for (const graph::label_id l : o.sliced) file["sliced"].push_back(net.name(l));
    return file.dump();
}
/// Writes it to `path` as write_file does.
inline void save_order(const std::filesystem::path& path, const graph::order& o, const graph::network& net) {
    write_file(path, serialise_order(o, net));
}

/// The value of a sliced contraction, whose sum so far is kept in the .npz file at `path`: a run that was killed goes on
/// there, to the bits of one that was not. The file is replaced after every `interval` slices and stays at the end; where
/// processes share the slices, process 0 reads and writes it. Throws io_error where it belongs to another network or order.
template <scalar T>
graph::scaled_value<T> contract_resumably(graph::contraction<T>& c, const std::filesystem::path& path,
                                          std::int64_t interval) {
    if (interval < 1)
        throw error("contract_resumably: expected an interval of at least one slice, found " +
                    std::to_string(interval));
    const std::string key = serialise_network(c.plan().net) + serialise_order(c.order(), c.plan().net);
    std::uint64_t fingerprint = 0xcbf29ce484222325U;  // FNV-1a
    for (const char byte : key) fingerprint = (fingerprint ^ static_cast<unsigned char>(byte)) * 0x100000001b3U;
    const auto extents = c.plan().output.extents();
    const std::vector<std::size_t> shape(extents.begin(), extents.end());
    graph::scaled_value<T> sum{xt::xarray<T>(typename xt::xarray<T>::shape_type(shape.begin(), shape.end())), 0};
    std::int64_t next = 0;
    const std::span<T> values(sum.mantissa.data(), sum.mantissa.size());
    const any_process_group& processes = c.processes();
    if (processes.rank() == 0 && std::filesystem::exists(path)) {
        const npz file = load_npz(path);
        if (file.template read<std::uint64_t>("fingerprint") != std::vector{fingerprint})
            throw io_error(path.string() + ": the sum of slices belongs to another network or order");
        file.template read_into<T>("sum", values, shape);
        next = file.template read<std::int64_t>("next").at(0);
        sum.power = file.template read<std::int64_t>("power").at(0);
        if (next < 0 || next > c.slices())
            throw io_error(path.string() + ": slice " + std::to_string(next) + " of " + std::to_string(c.slices()) +
                           " comes next");
    }
    processes.broadcast(std::as_writable_bytes(values));
    processes.broadcast(std::as_writable_bytes(std::span(&next, 1)));
    processes.broadcast(std::as_writable_bytes(std::span(&sum.power, 1)));
    while (next < c.slices()) {
        const std::int64_t last = std::min(next + interval, c.slices());
        sum.power = c.add_slices(sum.mantissa, next, last, sum.power);
        next = last;
        if (processes.rank() != 0) continue;
        npz file;
        file.add<T>("sum", shape, values);
        file.add<std::int64_t>("next", {1}, std::span<const std::int64_t>(&next, 1));
        file.add<std::int64_t>("power", {1}, std::span<const std::int64_t>(&sum.power, 1));
        file.add<std::uint64_t>("fingerprint", {1}, std::span<const std::uint64_t>(&fingerprint, 1));
        save_npz(path, file);
    }
    return sum;
}

}  // namespace xtn
