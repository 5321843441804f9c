// SPDX-License-Identifier: BSD-3-Clause
// The checksum of zip and gzip (ISO 3309, polynomial 0x04C11DB7).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <boost/crc.hpp>

namespace xtn::detail {

inline std::uint32_t crc32(std::span<const std::byte> bytes) {
    boost::crc_32_type sum;
    sum.process_bytes(bytes.data(), bytes.size());
    return sum.checksum();
}

}  // namespace xtn::detail
