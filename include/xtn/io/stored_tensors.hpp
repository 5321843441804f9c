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
#include <xtn/io/stored_tensor.hpp>
#include <xtn/io/utf8.hpp>

namespace xtn {

/// Named tensors. Every function that takes a name throws io_error, naming origin and tensor, if there is no tensor of
/// that name.
class stored_tensors {
public:
    /// `origin` (for example the path) is what messages call this content.
    explicit stored_tensors(std::string origin) : origin_(std::move(origin)) {}

    const std::string& origin() const { return origin_; }
    std::size_t size() const { return tensors_.size(); }
    bool contains(std::string_view name) const { return index_.find(name) != index_.end(); }

    /// Names in file order.
    std::vector<std::string> names() const {
        std::vector<std::string> all;
        for (const entry& e : tensors_) all.push_back(e.name);
        return all;
    }

    const stored_tensor& operator[](std::string_view name) const {
        const auto at = index_.find(name);
        if (at != index_.end()) return tensors_[at->second].tensor;
        if (const auto refused = refused_.find(name); refused != refused_.end()) throw io_error(refused->second);
        std::string known;
        for (std::size_t i = 0; i < size() && i < 8; ++i)
            known += (i ? ", " : ": ") + detail::in_quotes(tensors_[i].name);
        throw io_error(called(name) + " is not there; the file holds " + std::to_string(size()) + " tensors" + known +
                       (size() > 8 ? ", ..." : ""));
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
        for (const entry& e : tensors_) e.tensor.require_finite();
    }

    /// Same tensors (dtype, shape and bytes), whatever their order; the origin does not count.
    friend bool operator==(const stored_tensors& a, const stored_tensors& b) {
        if (a.size() != b.size()) return false;
        for (const entry& e : a.tensors_)
            if (!b.contains(e.name) || !(b[e.name] == e.tensor)) return false;
        return true;
    }

protected:
    std::string called(std::string_view name) const { return origin_ + ": tensor " + detail::in_quotes(name); }

    /// Appends a tensor. Throws io_error if the name is taken or not UTF-8.
    void insert(std::string name, stored_tensor tensor) {
        require_new(name);
        index_.emplace(name, tensors_.size());
        tensors_.push_back({std::move(name), std::move(tensor)});
    }

    /// Takes a name for what is no tensor: who asks for it is told `why`. Throws as insert does.
    void insert_refused(const std::string& name, std::string why) {
        require_new(name);
        refused_.emplace(name, std::move(why));
    }

private:
    void require_new(const std::string& name) const {
        if (contains(name) || refused_.contains(name))
            throw io_error(called(name) + " is there already; names must differ");
        if (valid_utf8_prefix(name) != name.size())
            throw io_error(called(name) + " has a name that is not valid UTF-8");
    }

    struct entry {
        std::string name;
        stored_tensor tensor;
    };

    std::string origin_;
    std::vector<entry> tensors_;
    std::map<std::string, std::size_t, std::less<>> index_;
    std::map<std::string, std::string, std::less<>> refused_;
};

}  // namespace xtn
