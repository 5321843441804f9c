// SPDX-License-Identifier: BSD-3-Clause
// libFuzzer target: bytes taken for an IDX file, for CIFAR-10 and for gzip data are either refused with xtn::io_error or read
// into as many images as they have room for.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include <xtn/io/cifar.hpp>
#include <xtn/io/idx.hpp>

#include "refuse_or.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span(data, size));
    refuse_or([&] {
        const auto tensor = xtn::parse_idx(bytes);
        if (!xtn::is_gzip(bytes) && tensor.bytes().size() >= size) std::abort();
    });
    refuse_or([&] {
        const auto set = xtn::parse_cifar10(bytes);
        for (const std::uint8_t label : set.labels())
            if (label > 9) std::abort();
        if (!xtn::is_gzip(bytes) && set.size() != size / 3073) std::abort();
    });
    constexpr std::size_t limit = 1 << 20;
    refuse_or([&] {
        if (xtn::gunzip(bytes, limit).size() > limit) std::abort();
    });
    return 0;
}
