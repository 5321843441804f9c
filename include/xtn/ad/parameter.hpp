// SPDX-License-Identifier: BSD-3-Clause
// A parameter: a tensor that training changes. It is a handle: copies share one tensor, so that a core used by several
// layers is owned once, counted once, updated once and saved once, and its gradient is the sum over its users.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <xtn/backend/xtensor.hpp>
#include <xtn/core/error.hpp>
#include <xtn/expr/operand.hpp>

namespace xtn {

/// A tensor that training changes, as a handle: copies share it.
template <scalar T>
class parameter {
public:
    static constexpr std::size_t unbound = static_cast<std::size_t>(-1);

    /// Zeros of this shape.
    explicit parameter(std::vector<std::size_t> shape) : state_(std::make_shared<state>()) {
        state_->shape = std::move(shape);
        std::size_t size = 1;
        for (const std::size_t e : state_->shape) size *= e;
        state_->own.assign(size, T{});
        state_->values = state_->own;
    }
    /// The value of an xtensor expression.
    template <class E>
    explicit parameter(const xt::xexpression<E>& value)
        : parameter(
              std::vector<std::size_t>(value.derived_cast().shape().begin(), value.derived_cast().shape().end())) {
        auto target = detail::as_expression<operand_traits<E>::rank>(data(), geometry::row_major(shape()));
        xt::noalias(target) = value;
    }

    const std::vector<std::size_t>& shape() const { return state_->shape; }
    std::size_t size() const { return state_->values.size(); }
    /// The elements, row-major.
    std::span<T> values() const { return state_->values; }
    T* data() const { return state_->values.data(); }

    /// Whether training changes it (and its gradient is made). True at first.
    bool is_trainable() const { return state_->trainable; }
    void set_trainable(bool yes) { state_->trainable = yes; }

    /// Where its gradient lies in a flat gradient buffer, or unbound.
    std::size_t offset() const { return state_->offset; }
    /// Moves the elements to `memory`, part of a flat store, with the gradient at `offset` of a flat buffer.
    void bind(std::span<T> memory, std::size_t offset) {
        if (memory.size() != size())
            throw shape_error("a parameter of " + std::to_string(size()) + " elements cannot move to memory for " +
                              std::to_string(memory.size()));
        std::copy(values().begin(), values().end(), memory.begin());
        state_->values = memory;
        state_->offset = offset;
        state_->own = {};
    }
    /// Moves the elements back to memory of its own.
    void release() {
        state_->own.assign(values().begin(), values().end());
        state_->values = state_->own;
        state_->offset = unbound;
    }
    /// A parameter whose elements are kept by somebody else.
    static parameter view(std::span<T> memory, std::vector<std::size_t> shape, std::size_t offset) {
        parameter p(std::vector<std::size_t>{0});
        p.state_->shape = std::move(shape);
        p.state_->values = memory;
        p.state_->offset = offset;
        return p;
    }
    /// A parameter of its own with the same elements.
    parameter clone() const {
        parameter p(shape());
        std::copy(values().begin(), values().end(), p.values().begin());
        p.set_trainable(is_trainable());
        return p;
    }

    /// Identity, not equality of elements.
    friend bool operator==(const parameter&, const parameter&) = default;

private:
    struct state {
        std::vector<std::size_t> shape;
        std::vector<T> own;
        std::span<T> values;
        std::size_t offset = unbound;
        bool trainable = true;
    };
    std::shared_ptr<state> state_;
};

/// A parameter under the name that files give it.
template <scalar T>
struct named_parameter {
    std::string name;
    parameter<T> value;
};

/// Elements of all parameters, shared ones counted once.
template <scalar T>
std::size_t parameter_count(const std::vector<named_parameter<T>>& parameters) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const auto same = [&](const named_parameter<T>& p) { return p.value == parameters[i].value; };
        if (std::none_of(parameters.begin(), parameters.begin() + static_cast<std::ptrdiff_t>(i), same))
            count += parameters[i].value.size();
    }
    return count;
}

}  // namespace xtn
