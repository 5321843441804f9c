// SPDX-License-Identifier: BSD-3-Clause
// Transformers in safetensors files: the composition in the metadata "transformer" (transformer_spec.hpp), what each linear
// layer's operator is in "<layer>.operator" (operators.hpp), parameters under their names.
#pragma once

#include <functional>

#include <xtn/io/operators.hpp>
#include <xtn/io/parameters.hpp>
#include <xtn/io/transformer_spec.hpp>
#include <xtn/nn/transformer/transformer.hpp>

namespace xtn {

/// Adds composition and operators to a file's metadata. Throws error for an operator that nobody has described.
template <scalar T>
void add_description(safetensors& file, const nn::transformer<T>& m) {
    file.metadata()["transformer"] = to_text(m.spec());
    for (const auto& [layer, op] : m.named_operators()) add_description(file, layer, op);
    add_shared_names(file, m.parameters());
}

/// The transformer in a file that add_description and its parameters were put into. Throws io_error where the file tells no
/// composition or an operator that is no operator of it, shape_error where its tensors are not those of the composition,
/// numeric_error for a value that is not finite.
template <scalar T>
nn::transformer<T> load_transformer(const safetensors& file) {
    const auto spec = file.metadata().find("transformer");
    if (spec == file.metadata().end()) throw io_error(file.origin() + ": there is no transformer in its metadata");
    operator_reader<T> read(file);
    const nn::transformer<T> m(transformer_spec_from(spec->second, file.origin()), std::ref(read));
    read_parameters(file, m.parameters());
    return m;
}

}  // namespace xtn
