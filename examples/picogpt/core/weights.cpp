// SPDX-License-Identifier: BSD-3-Clause
#include "weights.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include <xtn/core/number.hpp>
#include <xtn/io/transformers.hpp>

#include "../../common/team.hpp"

namespace picogpt {
namespace {

std::size_t extent_of(const xtn::safetensors& file, const std::string& name, std::size_t axis, std::size_t rank) {
    const auto& shape = file.shape(name);
    if (shape.size() != rank || shape[axis] == 0)
        throw xtn::shape_error(file.origin() + ": \"" + name + "\" must have " + std::to_string(rank) +
                               " axes and no extent of 0");
    return shape[axis];
}

/// What the names and shapes of a file's tensors and its "heads" tell: files of PyTorch, and those without a spec.
model_shape shape_in(const xtn::safetensors& file, std::size_t heads) {
    model_shape shape;
    shape.vocabulary = extent_of(file, "tok_emb.weight", 0, 2);
    shape.dim = extent_of(file, "tok_emb.weight", 1, 2);
    shape.layers = 0;
    while (file.contains("blocks." + std::to_string(shape.layers) + ".ln1.weight")) ++shape.layers;
    if (shape.layers > 0) shape.hidden = extent_of(file, "blocks.0.ffn.W1.bias", 0, 1);
    shape.learned_positions = file.contains("tok_emb.positions");
    if (shape.learned_positions) shape.context = extent_of(file, "tok_emb.positions", 0, 2);
    const auto names = file.names();
    shape.fused = std::any_of(names.begin(), names.end(),
                              [](const std::string& name) { return name.starts_with("blocks.0.attn.W_qkv."); });
    shape.projection_biases = file.contains("blocks.0.attn.W_qkv.bias") || file.contains("blocks.0.attn.W_q.bias");
    shape.heads = heads;
    if (const auto found = file.metadata().find("heads"); found != file.metadata().end()) {
        const auto number = xtn::parse_number<std::size_t>(found->second);
        if (!number)
            throw xtn::io_error(file.origin() + ": the metadata \"heads\" must be a number, found \"" + found->second +
                                "\"");
        shape.heads = *number;
    }
    if (shape.heads == 0 || shape.dim % shape.heads != 0)
        throw xtn::shape_error(file.origin() + ": " + std::to_string(shape.dim) + " columns do not part into " +
                               std::to_string(shape.heads) + " heads");
    return shape;
}

/// The spec in a file's metadata, as far as memory is taken for it before the tensors are looked at.
xtn::nn::transformer_spec spec_in(const xtn::safetensors& file, const std::string& text) {
    constexpr std::size_t longest = std::size_t{1} << 20;
    const xtn::nn::transformer_spec spec = xtn::transformer_spec_from(text, file.origin());
    const auto* tokens = std::get_if<xtn::nn::token_spec>(&spec.input.of);
    const std::size_t width = spec.input.width > 0 ? spec.input.width : spec.body.width;
    const auto has_table = [&] {  // an operator is compared with the spec where it is made
        return tokens->by_operator || (tokens->vocabulary == extent_of(file, "tok_emb.weight", 0, 2) &&
                                       width == extent_of(file, "tok_emb.weight", 1, 2));
    };
    if (tokens == nullptr || spec.input.context > longest || !has_table())
        throw xtn::shape_error(file.origin() + ": its tensors are not those of the transformer in its metadata");
    return spec;
}

}  // namespace

model<float> load_model(const xtn::safetensors& file, std::size_t heads) {
    const auto spec = file.metadata().find("transformer");
    xtn::operator_reader<float> read(file);
    const model<float> m(spec != file.metadata().end() ? spec_in(file, spec->second) : shape_in(file, heads),
                         std::ref(read));
    xtn::read_parameters(file, m.parameters());
    return m;
}

void describe_model(xtn::safetensors& file, const model<float>& m, const xtn::vocabulary& characters) {
    xtn::add_description(file, m);
    for (const auto& block : m.body().blocks())  // for readers that know no specs
        for (const auto& branch : block)
            if (const auto* mix = branch.attention()) file.metadata()["heads"] = std::to_string(mix->spec().heads);
    file.metadata()["vocabulary"] = characters.to_utf8();
}

void save_model(const std::filesystem::path& path, const model<float>& m, const xtn::vocabulary& characters) {
    xtn::safetensors file(path.string());
    describe_model(file, m, characters);
    xtn::add_parameters(file, xtn::distinct(m.parameters()));
    examples::save_once(path, file);
}

}  // namespace picogpt
