// SPDX-License-Identifier: BSD-3-Clause
// libFuzzer target: bytes taken for an array, an archive and deflated data are either refused with xtn::io_error or read
// into something that is written and read back equal.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include <xtn/io/npz.hpp>

#include "refuse_or.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span(data, size));
    refuse_or([&] {
        const auto tensor = xtn::parse_npy(bytes);
        if (!(xtn::parse_npy(xtn::serialise_npy(tensor)) == tensor)) std::abort();
    });
    refuse_or([&] {
        const auto file = xtn::parse_npz(bytes);
        if (!(xtn::parse_npz(xtn::serialise_npz(file)) == file)) std::abort();
    });
    // An archive's CRC-32 keeps mutations from the decompressor, so it also gets the bytes bare; their first two are the
    // size.
    if (size >= 2)
        refuse_or([&] {
            const std::size_t unpacked = data[0] + 256u * data[1];
            if (xtn::detail::inflate(bytes.subspan(2), unpacked, "fuzz").size() != unpacked) std::abort();
        });
    return 0;
}
