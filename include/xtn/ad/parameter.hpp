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

/// A parameter's place in flat memory that holds many, such as a parameter_store.
struct parameter_place {
    static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

    const void* store = nullptr;   ///< whose memory; null where the parameter has its own
    std::size_t offset = nowhere;  ///< of its elements there, and of its gradient in a flat buffer
    std::string name{};            ///< that the store knows it by
};

/// A tensor that training changes, as a handle: copies share it.
template <scalar T>
class parameter {
public:
    static constexpr std::size_t unbound = parameter_place::nowhere;

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
    explicit parameter(const xt::xexpression<E>& value) : parameter(extents_of(value.derived_cast())) {
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

    /// Where it lies in a flat store, if in one.
    const parameter_place& place() const { return state_->place; }
    /// Where its gradient lies in a flat gradient buffer, or unbound.
    std::size_t offset() const { return state_->place.offset; }
    /// Moves the elements to `memory`, part of a flat store. Throws shape_error where the memory has another size,
    /// xtn::error where the parameter is in a store already; nothing has moved then.
    void bind(std::span<T> memory, parameter_place place) {
        if (memory.size() != size())
            throw shape_error("a parameter of " + std::to_string(size()) + " elements cannot move to memory for " +
                              std::to_string(memory.size()));
        require_unbound();
        std::copy(values().begin(), values().end(), memory.begin());
        state_->values = memory;
        state_->place = std::move(place);
        state_->own = {};
    }
    /// Throws xtn::error where the parameter is in a store.
    void require_unbound() const {
        if (state_->place.store != nullptr)
            throw error(to_string(*this) +
                        " is in a parameter_store already, and a parameter lives in one; files are written and read "
                        "without a store");
    }
    /// Moves the elements back to memory of its own.
    void release() {
        state_->own.assign(values().begin(), values().end());
        state_->values = state_->own;
        state_->place = {};
    }
    /// A parameter whose elements are kept by somebody else.
    static parameter view(std::span<T> memory, std::vector<std::size_t> shape, parameter_place place = {}) {
        parameter p(std::vector<std::size_t>{0});
        p.state_->shape = std::move(shape);
        p.state_->values = memory;
        p.state_->place = std::move(place);
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

    /// For messages: its name, where a store has given it one, and its shape.
    friend std::string to_string(const parameter& p) {
        const std::string& name = p.place().name;
        return "the parameter " + (name.empty() ? "" : '"' + name + "\" ") + "of shape " +
               to_string(geometry::row_major(p.shape()));
    }

private:
    template <class E>
    static std::vector<std::size_t> extents_of(const E& value) {
        const auto& shape = value.shape();
        return {shape.begin(), shape.end()};
    }
    struct state {
        std::vector<std::size_t> shape;
        std::vector<T> own;
        std::span<T> values;
        parameter_place place;
        bool trainable = true;
    };
    std::shared_ptr<state> state_;
};

/// Whether a type is a parameter.
template <class P>
inline constexpr bool is_parameter = false;
/// It is.
template <scalar T>
inline constexpr bool is_parameter<parameter<T>> = true;

/// A parameter under the name that files give it.
template <scalar T>
struct named_parameter {
    std::string name;
    parameter<T> value;
};

/// Each parameter once, under its first name.
template <scalar T>
std::vector<named_parameter<T>> distinct(const std::vector<named_parameter<T>>& parameters) {
    std::vector<named_parameter<T>> once;
    for (const named_parameter<T>& p : parameters)
        if (std::none_of(once.begin(), once.end(), [&](const auto& before) { return before.value == p.value; }))
            once.push_back(p);
    return once;
}

/// Elements of all parameters, shared ones counted once.
template <scalar T>
std::size_t parameter_count(const std::vector<named_parameter<T>>& parameters) {
    std::size_t count = 0;
    for (const named_parameter<T>& p : distinct(parameters)) count += p.value.size();
    return count;
}

}  // namespace xtn
