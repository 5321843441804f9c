// SPDX-License-Identifier: BSD-3-Clause
// NumPy's .npy files: one array, readable by numpy.load and written by numpy.save.
//
//     const auto w = xtn::read_xtensor<float, 2>(xtn::load_npy("w.npy"));
//     xtn::save_npy("y.npy", y);
//
// Either byte order and either storage order is read; little-endian row-major files of version 1.0 are written.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <xtn/io/atomic_file.hpp>
#include <xtn/io/npy_header.hpp>
#include <xtn/io/stored_tensor.hpp>
#include <xtn/io/xtensor.hpp>

namespace xtn {

namespace detail {

/// Elements of `width` bytes, first axis fastest -> last axis fastest.
inline std::vector<std::byte> row_major(std::span<const std::byte> column_major, const tensor_shape& shape,
                                        std::size_t width) {
    tensor_shape stride(shape.size()), index(shape.size());
    for (std::size_t axis = 0, step = width; axis < shape.size(); step *= shape[axis++]) stride[axis] = step;
    std::vector<std::byte> result(column_major.size());
    std::size_t from = 0;
    for (std::size_t to = 0; to < result.size(); to += width) {
        std::memcpy(result.data() + to, column_major.data() + from, width);
        for (std::size_t axis = shape.size(); axis-- > 0;) {
            from += stride[axis];
            if (++index[axis] < shape[axis]) break;
            from -= stride[axis] * shape[axis];
            index[axis] = 0;
        }
    }
    return result;
}

/// The same elements with the bytes of each number turned round. A complex number is two.
inline void swap_byte_order(std::vector<std::byte>& bytes, dtype type) {
    const bool complex = type == dtype::c64 || type == dtype::c128;
    const auto width = static_cast<std::ptrdiff_t>(dtype_bytes(type) / (complex ? 2 : 1));
    for (auto at = bytes.begin(); at != bytes.end(); at += width) std::reverse(at, at + width);
}

}  // namespace detail

/// The array in an .npy file given as bytes, all of it checked; row-major and little-endian whatever the file is.
/// `origin` is what messages call it. Throws io_error naming origin, what was expected and what was found; pickled
/// objects, records, strings, dates and long doubles are refused.
inline stored_tensor parse_npy(std::span<const std::byte> file, std::string origin = "npy in memory") {
    detail::npy_header header = detail::read_npy_header(file, origin);
    const std::span<const std::byte> data = file.subspan(header.data);
    const std::size_t width = dtype_bytes(header.type);
    const auto needed = detail::checked_product(header.shape, width);
    if (!needed)
        throw io_error(origin + ": the size of shape " + detail::shape_text(header.shape) + " overflows 64 bits");
    if (*needed != data.size())
        throw io_error(origin + ": shape " + detail::shape_text(header.shape) + " in " +
                       std::string(dtype_name(header.type)) + " takes " + std::to_string(*needed) +
                       " bytes, but the file holds " + std::to_string(data.size()) +
                       (data.size() < *needed ? "; it is truncated" : "; more than one array is not read"));
    const bool turn = header.fortran_order && header.shape.size() > 1 && !data.empty();
    std::vector<std::byte> bytes =
        turn ? detail::row_major(data, header.shape, width) : std::vector<std::byte>(data.begin(), data.end());
    if (header.big_endian) detail::swap_byte_order(bytes, header.type);
    return stored_tensor(std::move(origin), header.type, std::move(header.shape), std::move(bytes));
}

/// The bytes of an .npy file with this tensor. Throws io_error if NumPy has no such dtype (BF16 and the 8-bit floats) or
/// allows no so many axes.
inline std::vector<std::byte> serialise_npy(const stored_tensor& tensor) {
    const std::string_view name = detail::npy_name(tensor.type());
    if (name.empty())
        throw io_error(tensor.origin() + " cannot be stored: NumPy has no dtype " +
                       std::string(dtype_name(tensor.type())) + "; read it as float and store that");
    if (tensor.shape().size() > detail::most_npy_axes)
        throw io_error(tensor.origin() + " cannot be stored: it has " + std::to_string(tensor.shape().size()) +
                       " axes; NumPy allows " + std::to_string(detail::most_npy_axes));
    std::string shape;
    for (const std::size_t extent : tensor.shape()) shape += (shape.empty() ? "" : ", ") + std::to_string(extent);
    if (tensor.shape().size() == 1) shape += ',';  // (2,) but (2, 3)
    std::string header = std::string("{'descr': '") + (dtype_bytes(tensor.type()) == 1 ? '|' : '<') +
                         std::string(name) + "', 'fortran_order': False, 'shape': (" + shape + "), }";
    header.append(63 - (10 + header.size()) % 64, ' ');  // the data are aligned to 64 bytes
    header += '\n';

    std::string start(detail::npy_magic);
    start += {'\1', '\0', static_cast<char>(header.size() & 0xFF), static_cast<char>(header.size() >> 8)};
    start += header;
    const auto head = std::as_bytes(std::span(start));
    std::vector<std::byte> bytes(head.begin(), head.end());
    bytes.insert(bytes.end(), tensor.bytes().begin(), tensor.bytes().end());
    return bytes;
}

/// Reads and checks the file at `path`. Throws io_error naming the path and what is wrong.
inline stored_tensor load_npy(const std::filesystem::path& path) { return parse_npy(read_file(path), path.string()); }

/// Writes `tensor` to `path` as write_file does: after a crash the path holds the old content or the new one. Throws
/// io_error if it cannot be written or NumPy cannot hold it.
inline void save_npy(const std::filesystem::path& path, const stored_tensor& tensor) {
    write_file(path, serialise_npy(tensor));
}

/// The same for an xtensor expression.
template <class Expression>
void save_npy(const std::filesystem::path& path, const xt::xexpression<Expression>& expression) {
    save_npy(path, from_xtensor(expression));
}

}  // namespace xtn
