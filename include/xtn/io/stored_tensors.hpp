// SPDX-License-Identifier: BSD-3-Clause
// Named tensors in file order: what a safetensors file and an .npz archive have in common. No file is touched here.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <xtn/core/error.hpp>
#include <xtn/io/named_list.hpp>
#include <xtn/io/stored_tensor.hpp>

namespace xtn {

/// Named tensors. Every function that takes a name throws io_error, naming origin and tensor, if there is no tensor of
/// that name.
class stored_tensors {
public:
    /// `origin` (for example the path) is what messages call this content.
    explicit stored_tensors(std::string origin) : origin_(std::move(origin)) {}

    const std::string& origin() const { return origin_; }
    std::size_t size() const { return tensors_.size(); }
    bool contains(std::string_view name) const { return tensors_.contains(name); }

    /// Names in file order.
    std::vector<std::string> names() const { return tensors_.names(); }

    const stored_tensor& operator[](std::string_view name) const {
        if (const auto refused = refused_.find(name); refused != refused_.end()) throw io_error(refused->second);
        return tensors_.at(name, origin_);
    }

    dtype type(std::string_view name) const { return (*this)[name].type(); }
    const tensor_shape& shape(std::string_view name) const { return (*this)[name].shape(); }
    /// Number of elements.
    std::size_t count(std::string_view name) const { return (*this)[name].size(); }
    /// The elements as stored: little-endian, row-major.
    std::span<const std::byte> bytes(std::string_view name) const { return (*this)[name].bytes(); }

    /// The elements of a tensor as T, as stored_tensor::read gives them.
    template <readable_type T>
    std::vector<T> read(std::string_view name) const {
        return (*this)[name].read<T>();
    }

    /// The same into `values`, as stored_tensor::read_into does.
    template <readable_type T>
    void read_into(std::string_view name, std::span<T> values, const tensor_shape& expected) const {
        (*this)[name].read_into<T>(values, expected);
    }

    /// Throws numeric_error, naming the tensor and the position, if an element is infinite or NaN.
    void require_finite(std::string_view name) const { (*this)[name].require_finite(); }

    /// The same for every tensor.
    void require_finite() const {
        for (const auto& [name, tensor] : tensors_) tensor.require_finite();
    }

    /// Same tensors (dtype, shape and bytes), whatever their order; the origin does not count.
    friend bool operator==(const stored_tensors& a, const stored_tensors& b) {
        if (a.size() != b.size()) return false;
        for (const auto& [name, tensor] : a.tensors_)
            if (!b.contains(name) || !(b[name] == tensor)) return false;
        return true;
    }

protected:
    std::string called(std::string_view name) const { return detail::called(origin_, name); }

    /// Appends a tensor. Throws io_error if the name is taken or not UTF-8.
    void insert(std::string name, stored_tensor tensor) {
        require_not_refused(name);
        tensors_.insert(std::move(name), std::move(tensor), origin_);
    }

    /// Takes a name for what is no tensor: who asks for it is told `why`. Throws as insert does.
    void insert_refused(const std::string& name, std::string why) {
        require_not_refused(name);
        tensors_.require_new(name, origin_);
        refused_.emplace(name, std::move(why));
    }

private:
    void require_not_refused(const std::string& name) const {
        if (refused_.contains(name)) throw io_error(called(name) + " is there already; names must differ");
    }

    std::string origin_;
    detail::named_list<stored_tensor> tensors_;
    std::map<std::string, std::string, std::less<>> refused_;
};

}  // namespace xtn
