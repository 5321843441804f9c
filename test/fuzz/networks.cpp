// SPDX-License-Identifier: BSD-3-Clause
// libFuzzer target: bytes are refused, or read into a network that is written and read back equal, or into an order for a
// small network, or into a label string. Each of the three readers takes all bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include <xtn/io/networks.hpp>

#include "refuse_or.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    refuse_or([&] {
        const auto net = xtn::parse_network(text);
        if (!(xtn::parse_network(xtn::serialise_network(net)) == net)) std::abort();
    });
    const auto net = xtn::graph::network::parse("ab,bc,cd,de->ae", {{2, 2}, {2, 2}, {2, 2}, {2, 2}});
    refuse_or([&] {
        const auto order = xtn::parse_order(text, net);
        if (!(xtn::parse_order(xtn::serialise_order(order, net), net) == order)) std::abort();
    });
    try {
        static_cast<void>(xtn::graph::network::parse(text, std::map<std::string, std::int64_t>{{"a", 2}, {"b", 3}}));
    } catch (const xtn::shape_error&) {
    }
    return 0;
}
