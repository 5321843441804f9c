// SPDX-License-Identifier: BSD-3-Clause
// The content of a safetensors file: named tensors in file order, and a map of strings beside them. Values are
// row-major. No file is touched here; see safetensors.hpp for reading and writing.
#pragma once

#include <complex>
#include <concepts>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <xtn/core/error.hpp>
#include <xtn/io/stored_tensors.hpp>

namespace xtn {

namespace detail {

/// Throws io_error where the format has no tensor of this name or dtype.
inline void require_storable(const std::string& name, dtype type, const std::string& origin) {
    if (name == "__metadata__")
        throw io_error(called(origin, name) + " cannot be stored: the format reserves this name");
    if (!in_safetensors(type))
        throw io_error(called(origin, name) + " cannot be stored: the format has no " + std::string(dtype_name(type)) +
                       "; store the real and the imaginary part");
}

}  // namespace detail

/// Named tensors and string metadata.
class safetensors : public stored_tensors {
public:
    explicit safetensors(std::string origin = "safetensors in memory") : stored_tensors(std::move(origin)) {}

    /// The map stored as "__metadata__". Keys and values must be UTF-8.
    std::map<std::string, std::string>& metadata() { return metadata_; }
    const std::map<std::string, std::string>& metadata() const { return metadata_; }

    /// Appends a tensor. Throws shape_error if `values` does not have as many elements as `shape` says, io_error if the
    /// name is taken, reserved ("__metadata__") or not UTF-8.
    template <stored_type T>
    requires(!std::same_as<T, std::complex<double>>) void add(std::string name, tensor_shape shape,
                                                              std::span<const T> values) {
        add_bytes(std::move(name), dtype_of<T>(), std::move(shape), std::as_bytes(values));
    }

    /// Appends a tensor of any dtype that the format has from its stored bytes. Throws as add does.
    void add_bytes(std::string name, dtype type, tensor_shape shape, std::span<const std::byte> bytes) {
        detail::require_storable(name, type, origin());
        stored_tensor tensor(called(name), type, std::move(shape), std::vector(bytes.begin(), bytes.end()));
        insert(std::move(name), std::move(tensor));
    }

    /// The same for a tensor that is stored already; its bytes are shared.
    void add(std::string name, const stored_tensor& tensor) {
        detail::require_storable(name, tensor.type(), origin());
        stored_tensor called_so = tensor.renamed(called(name));
        insert(std::move(name), std::move(called_so));
    }

    /// Same tensors (dtype, shape and bytes, whatever their order) and same metadata; the origin does not count.
    friend bool operator==(const safetensors& a, const safetensors& b) {
        return a.metadata_ == b.metadata_ &&
               static_cast<const stored_tensors&>(a) == static_cast<const stored_tensors&>(b);
    }

private:
    std::map<std::string, std::string> metadata_;
};

}  // namespace xtn
