// SPDX-License-Identifier: BSD-3-Clause
// The tensors of a network where they lie, and their shapes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <xtn/core/error.hpp>
#include <xtn/core/extents.hpp>
#include <xtn/expr/operand.hpp>

namespace xtn::graph {

/// The tensors of a network in place, in order: xtensor containers, strided views, or memory with its geometry. What they
/// refer to must live as long as they are used.
template <scalar T>
class tensors {
public:
    tensors() = default;
    /// From a list of containers.
    template <class E, class A>
    tensors(const std::vector<E, A>& list) {  // NOLINT: a list of tensors is what it is
        for (const E& e : list) add(e);
    }
    template <class E>
    tensors& add(const E& e) {
        return add(xtn::detail::in_place<const T>(e));
    }
    tensors& add(const backend::tensor_ref<const T>& t) {
        data_.push_back(t.data);
        shapes_.push_back(t.shape);
        return *this;
    }

    std::size_t size() const { return data_.size(); }
    const T* const* data() const { return data_.data(); }
    const std::vector<geometry>& shapes() const { return shapes_; }
    std::vector<std::vector<std::int64_t>> extents() const {
        std::vector<std::vector<std::int64_t>> all;
        for (const geometry& g : shapes_) all.emplace_back(g.extents().begin(), g.extents().end());
        return all;
    }
    /// Another tensor in the place of number i. Throws shape_error unless shape and strides are the same.
    void replace(std::size_t i, const backend::tensor_ref<const T>& t) {
        const geometry& g = shapes_.at(i);
        if (!std::equal(g.extents().begin(), g.extents().end(), t.shape.extents().begin(), t.shape.extents().end()) ||
            !std::equal(g.strides().begin(), g.strides().end(), t.shape.strides().begin(), t.shape.strides().end()))
            throw shape_error("tensor " + std::to_string(i) + " has the shape " + to_string(g) +
                              "; the one in its place must have the same shape and strides, found " +
                              to_string(t.shape));
        data_[i] = t.data;
    }

private:
    std::vector<const T*> data_;
    std::vector<geometry> shapes_;
};

}  // namespace xtn::graph
