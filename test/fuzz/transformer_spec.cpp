// SPDX-License-Identifier: BSD-3-Clause
// Whatever the text, the spec of a transformer is read or refused by an io_error, and what was read is written and read
// again as the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <xtn/io/transformer_spec.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        const auto spec = xtn::transformer_spec_from({reinterpret_cast<const char*>(data), size}, "fuzz");
        if (xtn::transformer_spec_from(xtn::to_text(spec), "fuzz") != spec) std::abort();
    } catch (const xtn::io_error&) {
    }
    return 0;
}
