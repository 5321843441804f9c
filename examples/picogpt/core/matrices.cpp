// SPDX-License-Identifier: BSD-3-Clause
#include "matrices.hpp"

#include <xtn/io/xtensor.hpp>

#include "compression.hpp"

namespace picogpt {
namespace {

bool is_matrix(const xtn::stored_tensor& t) {
    using xtn::dtype;
    const bool floating =
        t.type() == dtype::f16 || t.type() == dtype::bf16 || t.type() == dtype::f32 || t.type() == dtype::f64;
    return floating && t.shape().size() == 2 && t.size() > 0;
}

}  // namespace

xtn::safetensors compress_matrices(const xtn::safetensors& file, const representation& r,
                                   const compressed_matrix& report) {
    xtn::safetensors small(file.origin() + " as " + r.name);
    small.metadata() = file.metadata();
    for (const std::string& name : file.names()) {
        const xtn::stored_tensor& stored = file[name];
        if (!is_matrix(stored)) {
            small.add_bytes(name, stored.type(), stored.shape(), stored.bytes());
            continue;
        }
        file.require_finite(name);
        const std::string layer = name.ends_with(".weight") ? name.substr(0, name.size() - 7) : name;
        const auto matrix = xtn::read_xtensor<float, 2>(stored);
        const xtn::any_operator<float> op = compress(r.of(layer), layer, matrix);
        report(layer, matrix, op);
        for (const auto& p : op.parameters())
            small.add<float>(layer + "." + p.name, p.value.shape(), std::span<const float>(p.value.values()));
        if (!op.settings().empty()) small.metadata()[layer + ".settings"] = op.settings();
    }
    return small;
}

}  // namespace picogpt
