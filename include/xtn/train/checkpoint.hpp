// SPDX-License-Identifier: BSD-3-Clause
// Parameters and training state as safetensors. Files are written beside the old ones and renamed, so that a run that is
// killed at any moment can go on from the last checkpoint, bit for bit.
//
// Tensors: every parameter under its name; in a checkpoint also "optimizer.first_moment" and "optimizer.second_moment",
// flat, in the order of the parameter store. Metadata: "step", the number of steps made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <xtn/core/error.hpp>
#include <xtn/core/number.hpp>
#include <xtn/io/parameters.hpp>
#include <xtn/train/adamw.hpp>
#include <xtn/train/parameter_store.hpp>

namespace xtn {

/// Adds the parameters of a store to a file.
template <scalar T>
void add_parameters(safetensors& file, const parameter_store<T>& store) {
    add_parameters(file, store.parameters());
}

/// Reads them back. Throws as for parameters without a store, and changes nothing then.
template <scalar T>
void read_parameters(const safetensors& file, const parameter_store<T>& store) {
    read_parameters(file, store.parameters());
}

/// Adds what training needs to go on after `optimizer.steps()` steps.
template <scalar T>
void add_training_state(safetensors& file, const parameter_store<T>& store, const adamw<T>& optimizer) {
    add_parameters(file, store);
    file.add<T>("optimizer.first_moment", {store.size()}, optimizer.first_moment());
    file.add<T>("optimizer.second_moment", {store.size()}, optimizer.second_moment());
    file.metadata()["step"] = std::to_string(optimizer.steps());
}

/// Reads parameters and optimiser back. Returns the number of steps made. Throws as read_parameters does, and changes
/// nothing then.
template <scalar T>
std::uint64_t read_training_state(const safetensors& file, const parameter_store<T>& store, adamw<T>& optimizer) {
    const auto found = file.metadata().find("step");
    if (found == file.metadata().end())
        throw io_error(file.origin() + ": no checkpoint: its metadata have no \"step\"");
    const auto step = parse_number<std::uint64_t>(found->second);
    if (!step)
        throw io_error(file.origin() + ": no checkpoint: its metadata \"step\" must be a number below 2^64, found " +
                       detail::in_quotes(found->second));
    if (optimizer.size() != store.size())
        throw shape_error("read_training_state: the store has " + std::to_string(store.size()) +
                          " elements, but the optimiser " + std::to_string(optimizer.size()));
    const auto moment = [&](const std::string& name) {
        std::vector<T> values(store.size());
        file.read_into<T>(name, values, {store.size()});
        file.require_finite(name);
        return values;
    };
    const std::vector<T> first = moment("optimizer.first_moment"), second = moment("optimizer.second_moment");
    read_parameters(file, store);
    optimizer.restore(*step, first, second);
    return *step;
}

}  // namespace xtn
