// SPDX-License-Identifier: BSD-3-Clause
// All parameters of a model in one flat buffer, so that clipping, the optimiser and reductions are single loops.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <vector>

#include <xtn/ad/parameter.hpp>
#include <xtn/backend/arena.hpp>

namespace xtn {

/// One flat buffer that holds all parameters of a model, in the order they were named.
template <scalar T>
class parameter_store {
public:
    /// A parameter, its name and where it begins in the buffer.
    struct entry {
        std::string name;  ///< of its first user
        parameter<T> value;
        std::size_t offset;
    };

    /// Moves the parameters into the store; one that occurs under several names is stored once. Throws xtn::error for a
    /// name that occurs twice or a parameter that is in a store already; no parameter has moved then.
    explicit parameter_store(const std::vector<named_parameter<T>>& parameters) {
        std::size_t size = 0;
        for (auto p = parameters.begin(); p != parameters.end(); ++p)
            if (std::any_of(parameters.begin(), p, [&](const auto& before) { return before.name == p->name; }))
                throw error("parameter_store: two parameters are called \"" + p->name + "\"");
        for (const named_parameter<T>& p : distinct(parameters)) {
            p.value.require_unbound();
            entries_.push_back({p.name, p.value, size});
            size += p.value.size();
        }
        values_ = {memory_.take<T>(size), size};
        for (entry& e : entries_) e.value.bind(values_.subspan(e.offset, e.value.size()), {id(), e.offset, e.name});
    }
    /// The parameters outlive the store.
    ~parameter_store() {
        for (entry& e : entries_) e.value.release();
    }
    parameter_store(const parameter_store&) = delete;
    parameter_store& operator=(const parameter_store&) = delete;

    std::size_t size() const { return values_.size(); }
    /// The store of parameter::place().
    const void* id() const { return this; }
    std::span<T> values() { return values_; }
    std::span<const T> values() const { return values_; }
    const std::vector<entry>& entries() const { return entries_; }
    /// Each parameter once, under the name of its first user.
    std::vector<named_parameter<T>> parameters() const {
        std::vector<named_parameter<T>> all;
        for (const entry& e : entries_) all.push_back({e.name, e.value});
        return all;
    }

private:
    backend::arena memory_;
    std::span<T> values_;
    std::vector<entry> entries_;
};

}  // namespace xtn
