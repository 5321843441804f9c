// SPDX-License-Identifier: BSD-3-Clause
// The binary version of CIFAR-10 (www.cs.toronto.edu/~kriz/cifar.html): records of 3073 bytes,
//
//     1 byte       the label, 0 to 9
//     3072 bytes   32 x 32 pixels row by row, first all red, then all green, then all blue
//
// Files may be packed by gzip. Hostile until checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <xtn/core/error.hpp>
#include <xtn/io/gzip.hpp>
#include <xtn/io/idx.hpp>
#include <xtn/io/image_set.hpp>

namespace xtn {

/// The images in a file given as bytes, packed or not. `origin` is what messages call it. Throws io_error naming origin,
/// what was expected and what was found.
inline image_set parse_cifar10(std::span<const std::byte> packed, std::string origin = "CIFAR-10 in memory") {
    std::vector<std::byte> room;
    const std::span<const std::byte> file = detail::unpacked(packed, largest_image_file, origin, room);
    constexpr image_shape shape{3, 32, 32};
    const std::size_t record = 1 + shape.size(), count = file.size() / record;
    if (count == 0 || file.size() % record != 0)
        throw io_error(origin + ": a CIFAR-10 file holds records of " + std::to_string(record) +
                       " bytes, at least one, but " + "this one has " + std::to_string(file.size()) + " bytes, " +
                       std::to_string(file.size() % record) + " too many; it is truncated, or something else");
    std::vector<std::uint8_t> pixels, labels;
    pixels.reserve(count * shape.size());
    for (std::size_t i = 0; i < count; ++i) {
        const auto bytes = file.subspan(i * record, record);
        labels.push_back(std::to_integer<std::uint8_t>(bytes[0]));
        for (const std::byte b : bytes.subspan(1)) pixels.push_back(std::to_integer<std::uint8_t>(b));
    }
    return image_set(shape, 10, std::move(pixels), std::move(labels), std::move(origin));
}

/// Reads and checks the file at `path`. Throws io_error naming the path and what is wrong.
inline image_set load_cifar10(const std::filesystem::path& path) {
    return parse_cifar10(read_file(path), path.string());
}

}  // namespace xtn
