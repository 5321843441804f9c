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
    /// name that occurs twice.
    explicit parameter_store(const std::vector<named_parameter<T>>& parameters) {
        std::size_t size = 0;
        for (const named_parameter<T>& p : parameters) {
            const auto same = [&](const entry& e) { return e.name == p.name; };
            if (std::any_of(entries_.begin(), entries_.end(), same))
                throw error("parameter_store: two parameters are called \"" + p.name + "\"");
            const auto shared = [&](const entry& e) { return e.value == p.value; };
            if (std::any_of(entries_.begin(), entries_.end(), shared)) continue;
            entries_.push_back({p.name, p.value, size});
            size += p.value.size();
        }
        values_ = {memory_.take<T>(size), size};
        for (entry& e : entries_) e.value.bind(values_.subspan(e.offset, e.value.size()), e.offset);
    }
    /// The parameters outlive the store, unless another one has taken them over.
    ~parameter_store() {
        for (entry& e : entries_)
            if (e.value.data() == values_.data() + e.offset) e.value.release();
    }
    parameter_store(const parameter_store&) = delete;
    parameter_store& operator=(const parameter_store&) = delete;

    std::size_t size() const { return values_.size(); }
    std::span<T> values() { return values_; }
    std::span<const T> values() const { return values_; }
    const std::vector<entry>& entries() const { return entries_; }

private:
    backend::arena memory_;
    std::span<T> values_;
    std::vector<entry> entries_;
};

}  // namespace xtn
