// SPDX-License-Identifier: BSD-3-Clause
// Parameters and training state as safetensors. Files are written beside the old ones and renamed, so that a run that is
// killed at any moment can go on from the last checkpoint, bit for bit.
//
// Tensors: every parameter under its name; in a checkpoint also "optimizer.first_moment" and "optimizer.second_moment",
// flat, in the order of the parameter store. Metadata: "step", the number of steps made.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <xtn/core/error.hpp>
#include <xtn/core/number.hpp>
#include <xtn/io/safetensors.hpp>
#include <xtn/train/adamw.hpp>
#include <xtn/train/parameter_store.hpp>

namespace xtn {

/// Adds all parameters to a file.
template <scalar T>
void add_parameters(safetensors& file, const parameter_store<T>& store) {
    for (const auto& e : store.entries()) file.add<T>(e.name, e.value.shape(), std::span<const T>(e.value.values()));
}

/// Reads all parameters of the store. Throws io_error for one that is missing, shape_error for one of another shape,
/// numeric_error for one that is not finite; the store is then partly read. Other tensors in the file are passed over.
template <scalar T>
void read_parameters(const safetensors& file, const parameter_store<T>& store) {
    for (const auto& e : store.entries()) {
        file.read_into<T>(e.name, e.value.values(), e.value.shape());
        file.require_finite(e.name);
    }
}

/// Adds what training needs to go on after `optimizer.steps()` steps.
template <scalar T>
void add_training_state(safetensors& file, const parameter_store<T>& store, const adamw<T>& optimizer) {
    add_parameters(file, store);
    file.add<T>("optimizer.first_moment", {store.size()}, optimizer.first_moment());
    file.add<T>("optimizer.second_moment", {store.size()}, optimizer.second_moment());
    file.metadata()["step"] = std::to_string(optimizer.steps());
}

/// Reads parameters and optimiser back. Returns the number of steps made. Throws as read_parameters does.
template <scalar T>
std::uint64_t read_training_state(const safetensors& file, const parameter_store<T>& store, adamw<T>& optimizer) {
    const auto found = file.metadata().find("step");
    if (found == file.metadata().end())
        throw io_error(file.origin() + ": no checkpoint: its metadata have no \"step\"");
    const auto step = parse_number<std::uint64_t>(found->second);
    if (!step)
        throw io_error(file.origin() + ": no checkpoint: its metadata \"step\" must be a number below 2^64, found " +
                       detail::in_quotes(found->second));
    read_parameters(file, store);
    std::vector<T> first(store.size()), second(store.size());
    file.read_into<T>("optimizer.first_moment", first, {store.size()});
    file.read_into<T>("optimizer.second_moment", second, {store.size()});
    file.require_finite("optimizer.first_moment");
    file.require_finite("optimizer.second_moment");
    optimizer.restore(*step, first, second);
    return *step;
}

}  // namespace xtn
