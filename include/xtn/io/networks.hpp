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

#include <xtn/core/error.hpp>
#include <xtn/core/inline.hpp>
#include <xtn/graph/contraction.hpp>
#include <xtn/graph/network.hpp>
#include <xtn/graph/order.hpp>
#include <xtn/io/atomic_file.hpp>
#include <xtn/io/npz.hpp>

namespace xtn {

/// The network of a JSON text. `origin` is what messages call it. Throws io_error where it is none.
XTN_INLINE graph::network parse_network(std::string_view json, std::string origin = "network in memory");
/// Reads the file at `path`. Throws io_error naming the path and what is wrong.
inline graph::network load_network(const std::filesystem::path& path) {
    return parse_network(read_file<std::string>(path), path.string());
}
/// The network as JSON.
XTN_INLINE std::string serialise_network(const graph::network& net);
/// Writes it to `path` as write_file does.
inline void save_network(const std::filesystem::path& path, const graph::network& net) {
    write_file(path, serialise_network(net));
}

/// The order of a JSON text, for this network. Throws io_error where it is none.
XTN_INLINE graph::order parse_order(std::string_view json, const graph::network& net,
                                    std::string origin = "order in memory");
/// Reads the file at `path`. Throws io_error naming the path and what is wrong.
inline graph::order load_order(const std::filesystem::path& path, const graph::network& net) {
    return parse_order(read_file<std::string>(path), net, path.string());
}
/// The order as JSON, with the SSA path.
XTN_INLINE std::string serialise_order(const graph::order& o, const graph::network& net);
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

#if XTN_DEFINE
#include <xtn/io/json/networks.hpp>
#endif
