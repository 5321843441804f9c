// SPDX-License-Identifier: BSD-3-Clause
// One tensor as files hold it: a dtype, extents and bytes, row-major and little-endian, converted where it is read.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <xtn/core/error.hpp>
#include <xtn/io/convert.hpp>
#include <xtn/io/dtype.hpp>

namespace xtn {

/// Extents of a stored tensor, slowest first; empty for a scalar.
using tensor_shape = std::vector<std::size_t>;

namespace detail {

/// "[2, 3]"; of absurdly many extents, the first.
inline std::string shape_text(const tensor_shape& shape) {
    constexpr std::size_t longest = 32;
    std::string text = "[";
    for (std::size_t i = 0; i < shape.size() && i < longest; ++i)
        text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
    return text + (shape.size() > longest ? ", ...]" : "]");
}

/// Product of all extents and `bytes`, taken from the left; nothing if a partial product overflows.
inline std::optional<std::size_t> checked_product(const tensor_shape& shape, std::size_t bytes) {
    std::size_t product = bytes;
    for (const std::size_t extent : shape) {
        if (extent != 0 && product > std::numeric_limits<std::size_t>::max() / extent) return std::nullopt;
        product *= extent;
    }
    return product;
}

}  // namespace detail

/// A tensor as a file holds it. Copies share the bytes, which never change.
class stored_tensor {
public:
    /// `origin` is what messages call it. Throws shape_error if `bytes` are not as many as shape and type take.
    stored_tensor(std::string origin, dtype type, tensor_shape shape, std::vector<std::byte> bytes)
        : stored_tensor(std::move(origin), type, std::move(shape),
                        std::make_shared<const std::vector<std::byte>>(std::move(bytes))) {}
    /// The same for bytes that stay where they are and what they are as long as `owner` lives.
    stored_tensor(std::string origin, dtype type, tensor_shape shape, std::span<const std::byte> bytes,
                  std::shared_ptr<const void> owner)
        : origin_(std::move(origin)), type_(type), shape_(std::move(shape)), bytes_(bytes), owner_(std::move(owner)) {
        const auto needed = detail::checked_product(shape_, dtype_bytes(type));
        if (needed != bytes_.size())
            throw shape_error(origin_ + ": shape " + detail::shape_text(shape_) + " in " +
                              std::string(dtype_name(type)) + " takes " +
                              (needed ? std::to_string(*needed) : "more than 2^64 - 1") + " bytes, found " +
                              std::to_string(bytes_.size()));
    }

    /// These values, row-major. Throws shape_error if they are not as many as `shape` says.
    template <stored_type T>
    static stored_tensor of(tensor_shape shape, std::span<const T> values, std::string origin = "tensor in memory") {
        const auto bytes = std::as_bytes(values);
        return stored_tensor(std::move(origin), dtype_of<T>(), std::move(shape), {bytes.begin(), bytes.end()});
    }

    /// The same tensor, called otherwise.
    stored_tensor renamed(std::string origin) const { return {std::move(origin), type_, shape_, bytes_, owner_}; }

    const std::string& origin() const { return origin_; }
    dtype type() const { return type_; }
    const tensor_shape& shape() const { return shape_; }
    /// Number of elements.
    std::size_t size() const { return bytes_.size() / dtype_bytes(type_); }
    /// The elements as stored: little-endian, row-major.
    std::span<const std::byte> bytes() const { return bytes_; }

    /// The elements as T. All floats, those of 8 bits too, convert to float and double, BOOL and integers to every integer and
    /// floating-point type that holds the values exactly, complex to complex. Throws io_error naming the dtypes, or the
    /// element that T cannot hold.
    template <readable_type T>
    std::vector<T> read() const {
        std::vector<T> values(size());
        convert_all<T>(values);
        return values;
    }

    /// The same into `values`. Throws shape_error, naming both shapes, unless the shape is `expected` and `values` has
    /// as many elements. After an error `values` may be partly written.
    template <readable_type T>
    void read_into(std::span<T> values, const tensor_shape& expected) const {
        if (shape_ != expected)
            throw shape_error(origin_ + " has shape " + detail::shape_text(shape_) + ", but " +
                              detail::shape_text(expected) + " is expected");
        if (values.size() != size())
            throw shape_error(origin_ + " has " + std::to_string(size()) + " elements, but the destination has " +
                              std::to_string(values.size()));
        convert_all<T>(values);
    }

    /// The same elements as F16, BF16, F32 or F64, rounded to nearest, ties to even. Throws io_error for any other dtype,
    /// for elements that are no real numbers, or naming one that is beyond the range.
    stored_tensor as(dtype to) const {
        if (to == type_) return *this;
        if (to == dtype::f64) return of<double>(shape_, read<double>(), origin_);
        if (to == dtype::f32) return of<float>(shape_, read<float>(), origin_);
        if (to != dtype::f16 && to != dtype::bf16)
            throw io_error(origin_ + ": numbers are rounded to F16, BF16, F32 and F64, not to " +
                           std::string(dtype_name(to)));
        const std::vector<double> values = read<double>();
        std::vector<std::byte> bytes(2 * values.size());
        for (std::size_t i = 0; i < values.size(); ++i) {
            const std::uint16_t bits =
                to == dtype::f16 ? detail::nearest_bits<5, 10>(values[i]) : detail::nearest_bits<8, 7>(values[i]);
            if (!detail::finite_bits(to, bits) &&
                detail::finite_bits(dtype::f64, std::bit_cast<std::uint64_t>(values[i])))
                throw_range(i, to);
            std::memcpy(bytes.data() + 2 * i, &bits, 2);
        }
        return stored_tensor(origin_, to, shape_, std::move(bytes));
    }

    /// Throws numeric_error, naming the position, if an element is infinite or NaN.
    void require_finite() const {
        const bool halves = type_ == dtype::c128;
        const dtype part = halves ? dtype::f64 : type_;
        const std::size_t width = dtype_bytes(part);
        for (std::size_t i = 0; i < bytes_.size() / width; ++i) {
            std::uint64_t bits = 0;
            std::memcpy(&bits, bytes_.data() + i * width, width);
            if (!detail::finite_bits(part, bits))
                throw numeric_error(origin_ + " is not finite: the element at " + position(halves ? i / 2 : i) +
                                    " is infinite or NaN; a model cannot start from these values");
        }
    }

    /// Same dtype, shape and bytes; the origin does not count.
    friend bool operator==(const stored_tensor& a, const stored_tensor& b) {
        return a.type_ == b.type_ && a.shape_ == b.shape_ && std::ranges::equal(a.bytes_, b.bytes_);
    }

private:
    stored_tensor(std::string origin, dtype type, tensor_shape shape,
                  std::shared_ptr<const std::vector<std::byte>> bytes)
        : stored_tensor(std::move(origin), type, std::move(shape), std::span(*bytes), bytes) {}

    std::string position(std::size_t flat) const {
        tensor_shape index(shape_.size());
        for (std::size_t axis = shape_.size(); axis-- > 0; flat /= shape_[axis]) index[axis] = flat % shape_[axis];
        return detail::shape_text(index);
    }

    template <class T>
    void convert_all(std::span<T> values) const {
        detail::with_stored_type(type_, [&]<class Stored>(std::type_identity<Stored>) {
            if constexpr (!detail::convertible<T, decltype(detail::number(Stored{}))>) {
                throw_dtype<T>();
            } else if constexpr (std::is_same_v<Stored, T>) {
                if (!values.empty()) std::memcpy(values.data(), bytes_.data(), bytes_.size());
            } else {
                for (std::size_t i = 0; i < values.size(); ++i) {
                    Stored stored;
                    std::memcpy(&stored, bytes_.data() + i * sizeof(Stored), sizeof(Stored));
                    if (!detail::convert(detail::number(stored), values[i])) throw_range(i, dtype_of<T>());
                }
            }
        });
    }

    [[noreturn]] void throw_range(std::size_t i, dtype to) const {
        throw io_error(origin_ + " has dtype " + std::string(dtype_name(type_)) + ": the element at " + position(i) +
                       " cannot be kept as " + std::string(dtype_name(to)));
    }
    template <class T>
    [[noreturn]] void throw_dtype() const {
        const char* accepted = std::is_integral_v<T>         ? "BOOL or an integer dtype"
                               : std::is_floating_point_v<T> ? "a floating-point dtype, BOOL or an integer dtype"
                                                             : "C64 or C128";
        throw io_error(origin_ + " has dtype " + std::string(dtype_name(type_)) + ", but to be read as " +
                       std::string(dtype_name(dtype_of<T>())) + " it must be " + accepted);
    }

    std::string origin_;
    dtype type_;
    tensor_shape shape_;
    std::span<const std::byte> bytes_;
    std::shared_ptr<const void> owner_;
};

}  // namespace xtn
