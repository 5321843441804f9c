// SPDX-License-Identifier: BSD-3-Clause
// IDX, the format of MNIST (yann.lecun.com/exdb/mnist) and of what has taken its shape since: Fashion-MNIST, KMNIST, EMNIST.
//
//     4 bytes        0, 0, the type of the elements, the number of axes
//     4 bytes each   the extents, big-endian
//     the rest       the elements, row-major, big-endian
//
// Files may be packed by gzip. Hostile until checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <xtn/core/error.hpp>
#include <xtn/io/gzip.hpp>
#include <xtn/io/image_set.hpp>
#include <xtn/io/npy.hpp>
#include <xtn/io/stored_tensor.hpp>

namespace xtn {

/// Files of images do not unpack to more: 1 GiB, twenty times MNIST.
inline constexpr std::size_t largest_image_file = std::size_t{1} << 30;

namespace detail {

constexpr std::optional<dtype> dtype_from_idx(unsigned code) {
    switch (code) {
        case 0x08: return dtype::u8;
        case 0x09: return dtype::i8;
        case 0x0B: return dtype::i16;
        case 0x0C: return dtype::i32;
        case 0x0D: return dtype::f32;
        case 0x0E: return dtype::f64;
        default: return std::nullopt;
    }
}

}  // namespace detail

/// The tensor in an IDX file given as bytes, packed or not. `origin` is what messages call it. Throws io_error naming
/// origin, what was expected and what was found.
inline stored_tensor parse_idx(std::span<const std::byte> packed, std::string origin = "IDX in memory") {
    std::vector<std::byte> room;
    const std::span<const std::byte> file = detail::unpacked(packed, largest_image_file, origin, room);
    const auto fail = [&](const std::string& what) { throw io_error(origin + ": " + what); };
    const auto byte = [&](std::size_t i) { return std::to_integer<unsigned>(file[i]); };
    if (file.size() < 4 || byte(0) != 0 || byte(1) != 0)
        fail("an IDX file begins with two zeros, a type and a number of axes, this one does not");
    const auto type = detail::dtype_from_idx(byte(2));
    if (!type) fail("the type of the elements is " + std::to_string(byte(2)) + "; 8, 9, 11, 12, 13 and 14 are known");
    const std::size_t axes = byte(3), start = 4 + 4 * axes;
    if (file.size() < start)
        fail("it has " + std::to_string(axes) + " axes, but ends within their extents; it is truncated");
    tensor_shape shape(axes);
    for (std::size_t a = 0; a < axes; ++a)
        for (std::size_t i = 0; i < 4; ++i) shape[a] = shape[a] << 8 | byte(4 + 4 * a + i);
    const auto needed = detail::checked_product(shape, dtype_bytes(*type));
    if (!needed) fail("the size of shape " + detail::shape_text(shape) + " overflows 64 bits");
    if (*needed != file.size() - start)
        fail("shape " + detail::shape_text(shape) + " in " + std::string(dtype_name(*type)) + " takes " +
             std::to_string(*needed) + " bytes, but the file holds " + std::to_string(file.size() - start) +
             (file.size() - start < *needed ? "; it is truncated" : ""));
    std::vector<std::byte> bytes(file.begin() + static_cast<std::ptrdiff_t>(start), file.end());
    detail::swap_byte_order(bytes, *type);
    return stored_tensor(std::move(origin), *type, std::move(shape), std::move(bytes));
}

/// Reads and checks the file at `path`. Throws io_error naming the path and what is wrong.
inline stored_tensor load_idx(const std::filesystem::path& path) { return parse_idx(read_file(path), path.string()); }

/// The images of a tensor of bytes (count x height x width, or count x channels x height x width) and the labels of another
/// (count). Throws io_error where they are something else or of different numbers, or a label is no class.
inline image_set images_from_idx(const stored_tensor& images, const stored_tensor& labels, std::size_t classes = 10) {
    const auto describe = [](const stored_tensor& t) {
        return t.origin() + " holds " + detail::shape_text(t.shape()) + " in " + std::string(dtype_name(t.type()));
    };
    const std::size_t axes = images.shape().size();
    if (images.type() != dtype::u8 || (axes != 3 && axes != 4))
        throw io_error(describe(images) + "; images are bytes of 3 axes (or 4, with channels)");
    if (labels.type() != dtype::u8 || labels.shape().size() != 1)
        throw io_error(describe(labels) + "; labels are bytes of one axis");
    if (images.shape()[0] != labels.shape()[0])
        throw io_error(describe(images) + ", but " + describe(labels) + ": there must be one label for each image");
    const auto values = [](const stored_tensor& t) { return t.read<std::uint8_t>(); };
    return image_set({axes == 4 ? images.shape()[1] : 1, images.shape()[axes - 2], images.shape()[axes - 1]}, classes,
                     values(images), values(labels), images.origin());
}

}  // namespace xtn
