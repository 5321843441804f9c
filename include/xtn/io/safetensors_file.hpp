// SPDX-License-Identifier: BSD-3-Clause
// The content of a safetensors file: named tensors in file order, and a map of strings beside them. Values are
// row-major. No file is touched here; see safetensors.hpp for reading and writing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <xtn/core/error.hpp>
#include <xtn/io/convert.hpp>
#include <xtn/io/dtype.hpp>
#include <xtn/io/utf8.hpp>

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

/// Named tensors and string metadata. Every function that takes a name throws io_error, naming origin and tensor, if
/// there is no tensor of that name.
class safetensors {
public:
    /// `origin` (for example the path) is what messages call this content.
    explicit safetensors(std::string origin = "safetensors in memory") : origin_(std::move(origin)) {}

    const std::string& origin() const { return origin_; }
    std::size_t size() const { return tensors_.size(); }
    bool contains(std::string_view name) const { return index_.find(name) != index_.end(); }

    /// Names in file order.
    std::vector<std::string> names() const {
        std::vector<std::string> all;
        for (const tensor& t : tensors_) all.push_back(t.name);
        return all;
    }

    dtype type(std::string_view name) const { return find(name).type; }
    const tensor_shape& shape(std::string_view name) const { return find(name).shape; }
    /// Number of elements.
    std::size_t count(std::string_view name) const { return count(find(name)); }
    /// The elements as stored: little-endian, row-major.
    std::span<const std::byte> bytes(std::string_view name) const { return find(name).bytes; }

    /// The map stored as "__metadata__". Keys and values must be UTF-8.
    std::map<std::string, std::string>& metadata() { return metadata_; }
    const std::map<std::string, std::string>& metadata() const { return metadata_; }

    /// The elements of a tensor as T. F16, BF16, F32 and F64 convert to float and double, BOOL and integers to every
    /// integer and floating-point type that holds the values exactly, C64 to complex. Throws io_error naming the tensor
    /// and the dtypes, or the element that T cannot hold.
    template <readable_type T>
    std::vector<T> read(std::string_view name) const {
        const tensor& t = find(name);
        std::vector<T> values(count(t));
        convert_all<T>(t, values);
        return values;
    }

    /// The same into `values`. Throws shape_error, naming the tensor and both shapes, unless its shape is `expected`
    /// and `values` has as many elements. After an error `values` may be partly written.
    template <readable_type T>
    void read_into(std::string_view name, std::span<T> values, const tensor_shape& expected) const {
        const tensor& t = find(name);
        if (t.shape != expected)
            throw shape_error(called(t.name) + " has shape " + detail::shape_text(t.shape) + ", but " +
                              detail::shape_text(expected) + " is expected");
        if (values.size() != count(t))
            throw shape_error(called(t.name) + " has " + std::to_string(count(t)) +
                              " elements, but the destination has " + std::to_string(values.size()));
        convert_all<T>(t, values);
    }

    /// Appends a tensor. Throws shape_error if `values` does not have as many elements as `shape` says, io_error if the
    /// name is taken, reserved ("__metadata__") or not UTF-8.
    template <stored_type T>
    void add(std::string name, tensor_shape shape, std::span<const T> values) {
        add_bytes(std::move(name), dtype_of<T>(), std::move(shape), std::as_bytes(values));
    }

    /// Appends a tensor of any dtype from its stored bytes. Throws as add does.
    void add_bytes(std::string name, dtype type, tensor_shape shape, std::span<const std::byte> bytes) {
        if (contains(name)) throw io_error(called(name) + " is there already; names must differ");
        if (name == "__metadata__") throw io_error(called(name) + " cannot be stored: the format reserves this name");
        if (valid_utf8_prefix(name) != name.size())
            throw io_error(called(name) + " has a name that is not valid UTF-8");
        const auto needed = detail::checked_product(shape, dtype_bytes(type));
        if (needed != bytes.size())
            throw shape_error(called(name) + ": shape " + detail::shape_text(shape) + " in " +
                              std::string(dtype_name(type)) + " takes " +
                              (needed ? std::to_string(*needed) : "more than 2^64 - 1") + " bytes, found " +
                              std::to_string(bytes.size()));
        index_.emplace(name, tensors_.size());
        tensors_.push_back({std::move(name), type, std::move(shape), {bytes.begin(), bytes.end()}});
    }

    /// Throws numeric_error, naming the tensor and the position, if an element is infinite or NaN.
    void require_finite(std::string_view name) const {
        const tensor& t = find(name);
        const std::size_t width = dtype_bytes(t.type);
        for (std::size_t i = 0; i < t.bytes.size() / width; ++i) {
            std::uint64_t bits = 0;
            std::memcpy(&bits, t.bytes.data() + i * width, width);
            if (!detail::finite_bits(t.type, bits))
                throw numeric_error(called(t.name) + " is not finite: the element at " + position(t, i) +
                                    " is infinite or NaN; a model cannot start from these values");
        }
    }

    /// The same for every tensor.
    void require_finite() const {
        for (const tensor& t : tensors_) require_finite(t.name);
    }

    /// Same tensors (dtype, shape and bytes, whatever their order) and same metadata; the origin does not count.
    friend bool operator==(const safetensors& a, const safetensors& b) {
        if (a.size() != b.size() || a.metadata_ != b.metadata_) return false;
        for (const tensor& t : a.tensors_) {
            const auto at = b.index_.find(t.name);
            if (at == b.index_.end()) return false;
            const tensor& other = b.tensors_[at->second];
            if (t.type != other.type || t.shape != other.shape || t.bytes != other.bytes) return false;
        }
        return true;
    }

private:
    struct tensor {
        std::string name;
        dtype type;
        tensor_shape shape;
        std::vector<std::byte> bytes;
    };

    std::string called(std::string_view name) const { return origin_ + ": tensor " + detail::in_quotes(name); }

    static std::size_t count(const tensor& t) { return t.bytes.size() / dtype_bytes(t.type); }

    static std::string position(const tensor& t, std::size_t flat) {
        tensor_shape index(t.shape.size());
        for (std::size_t axis = t.shape.size(); axis-- > 0; flat /= t.shape[axis]) index[axis] = flat % t.shape[axis];
        return detail::shape_text(index);
    }

    const tensor& find(std::string_view name) const {
        const auto at = index_.find(name);
        if (at != index_.end()) return tensors_[at->second];
        std::string known;
        for (std::size_t i = 0; i < size() && i < 8; ++i)
            known += (i ? ", " : ": ") + detail::in_quotes(tensors_[i].name);
        throw io_error(called(name) + " is not there; the file holds " + std::to_string(size()) + " tensors" + known +
                       (size() > 8 ? ", ..." : ""));
    }

    template <class T>
    void convert_all(const tensor& t, std::span<T> values) const {
        detail::with_stored_type(t.type, [&]<class Stored>(std::type_identity<Stored>) {
            if constexpr (std::is_void_v<Stored>) {
                throw_dtype<T>(t);
            } else if constexpr (!detail::convertible<T, decltype(detail::number(Stored{}))>) {
                throw_dtype<T>(t);
            } else if constexpr (std::is_same_v<Stored, T>) {
                if (!values.empty()) std::memcpy(values.data(), t.bytes.data(), t.bytes.size());
            } else {
                for (std::size_t i = 0; i < values.size(); ++i) {
                    Stored stored;
                    std::memcpy(&stored, t.bytes.data() + i * sizeof(Stored), sizeof(Stored));
                    if (!detail::convert(detail::number(stored), values[i]))
                        throw io_error(called(t.name) + " has dtype " + std::string(dtype_name(t.type)) +
                                       ": the element at " + position(t, i) + " cannot be kept as " + wanted<T>());
                }
            }
        });
    }

    template <class T>
    static std::string wanted() {
        if constexpr (stored_type<T>)
            return std::string(dtype_name(dtype_of<T>()));
        else
            return "complex<double>";
    }

    template <class T>
    [[noreturn]] void throw_dtype(const tensor& t) const {
        const char* accepted = std::is_integral_v<T>         ? "BOOL or an integer dtype"
                               : std::is_floating_point_v<T> ? "F16, BF16, F32, F64, BOOL or an integer dtype"
                                                             : "C64";
        throw io_error(called(t.name) + " has dtype " + std::string(dtype_name(t.type)) + ", but to be read as " +
                       wanted<T>() + " it must be " + accepted);
    }

    std::string origin_;
    std::vector<tensor> tensors_;
    std::map<std::string, std::size_t, std::less<>> index_;
    std::map<std::string, std::string> metadata_;
};

}  // namespace xtn
