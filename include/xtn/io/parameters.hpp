// SPDX-License-Identifier: BSD-3-Clause
// Parameters in safetensors files, under their names. One that occurs under several names is stored once, under the first;
// the others are metadata whose value is that name, as Python's safetensors.torch.save_model has it. The format has no complex
// numbers of double precision; they are pairs on a last axis.
#pragma once

#include <algorithm>
#include <complex>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <xtn/ad/parameter.hpp>
#include <xtn/backend/norm.hpp>
#include <xtn/core/error.hpp>
#include <xtn/io/safetensors_file.hpp>

namespace xtn {

namespace detail {

/// The name of the tensor that a name means: its own, or another one that shares it.
template <class File>
std::string kept_name(const File& file, const std::string& name) {
    const auto alias = file.contains(name) ? file.metadata().end() : file.metadata().find(name);
    return alias == file.metadata().end() ? name : alias->second;
}

/// The numbers of a parameter of this shape.
template <scalar T, class File>
std::vector<T> parameter_values(const File& file, const std::string& name, const tensor_shape& shape) {
    const stored_tensor& stored = file[name];
    tensor_shape pairs = shape;
    pairs.push_back(2);
    const bool is_pairs = is_complex<T> && stored.shape() == pairs;
    if (!is_pairs && stored.shape() != shape)
        throw shape_error(stored.origin() + " has shape " + shape_text(stored.shape()) + ", but " + shape_text(shape) +
                          " is needed");
    stored.require_finite();
    if constexpr (is_complex<T>)
        if (is_pairs) {
            using real = real_of<T>;
            std::vector<T> values(stored.size() / 2);
            stored.read_into<real>(std::span(reinterpret_cast<real*>(values.data()), stored.size()), pairs);
            return values;
        }
    return stored.read<T>();
}

}  // namespace detail

/// Adds the other names of parameters that occur under several to a file's metadata.
template <scalar T>
void add_shared_names(safetensors& file, const std::vector<named_parameter<T>>& parameters) {
    for (auto p = parameters.begin(); p != parameters.end(); ++p) {
        const auto first = std::find_if(parameters.begin(), p, [&](const auto& q) { return q.value == p->value; });
        if (first != p) file.metadata()[p->name] = first->name;
    }
}

/// Adds parameters to a file, each once.
template <scalar T>
void add_parameters(safetensors& file, const std::vector<named_parameter<T>>& parameters) {
    for (const auto& [name, value] : distinct(parameters)) {
        const std::span<const T> values(value.values());
        if constexpr (std::same_as<T, std::complex<double>>) {
            tensor_shape shape = value.shape();
            shape.push_back(2);
            file.add<double>(name, shape, backend::real_numbers(values));
        } else {
            file.add<T>(name, value.shape(), values);
        }
    }
    add_shared_names(file, parameters);
}

/// Reads parameters back, each under its first name. Throws io_error for one that is missing, shape_error for one of
/// another shape, numeric_error for one that is not finite; nothing has been changed then. Other tensors in the file are
/// passed over.
template <scalar T, class File>
void read_parameters(const File& file, const std::vector<named_parameter<T>>& parameters) {
    const std::vector<named_parameter<T>> once = distinct(parameters);
    std::vector<std::vector<T>> values;
    for (const auto& [name, value] : once)
        values.push_back(detail::parameter_values<T>(file, detail::kept_name(file, name), value.shape()));
    for (std::size_t i = 0; i < once.size(); ++i)
        std::copy(values[i].begin(), values[i].end(), once[i].value.values().begin());
}

}  // namespace xtn
