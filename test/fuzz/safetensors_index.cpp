// SPDX-License-Identifier: BSD-3-Clause
// libFuzzer target: bytes are either refused with xtn::io_error or an index whose files lie in its own directory.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include <xtn/io/safetensors_index.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        const xtn::safetensors_index index(std::string_view(reinterpret_cast<const char*>(data), size));
        for (const auto& file : index.files())
            if (std::filesystem::path(file).filename() != file || file == "." || file == "..") std::abort();
    } catch (const xtn::io_error&) {
    }
    return 0;
}
