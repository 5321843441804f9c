// SPDX-License-Identifier: BSD-3-Clause
// libFuzzer target: bytes are either refused with xtn::io_error or read into something that is written and read back
// equal.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include <xtn/io/safetensors.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        const auto file = xtn::parse_safetensors(std::as_bytes(std::span(data, size)));
        const auto again = xtn::parse_safetensors(xtn::serialise_safetensors(file));
        if (!(again == file)) std::abort();
    } catch (const xtn::io_error&) {
    }
    return 0;
}
