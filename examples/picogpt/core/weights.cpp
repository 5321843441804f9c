// SPDX-License-Identifier: BSD-3-Clause
#include "weights.hpp"

#include <charconv>
#include <span>
#include <string>
#include <vector>

namespace picogpt {
namespace {

/// The operator stored under a layer's name, with zeros in it.
xtn::any_operator<float> stored_operator(const xtn::safetensors& file, const std::string& layer, std::size_t out,
                                         std::size_t in) {
    const auto check = [&](const xtn::any_operator<float>& op) {
        if (op.out() != out || op.in() != in)
            throw xtn::shape_error(file.origin() + ": \"" + layer + "\" is " + std::to_string(op.out()) + " x " +
                                   std::to_string(op.in()) + ", but the other tensors need " + std::to_string(out) +
                                   " x " + std::to_string(in));
        return op;
    };
    if (file.contains(layer + ".weight")) {
        const auto& shape = file.shape(layer + ".weight");
        if (shape.size() != 2)
            throw xtn::shape_error(file.origin() + ": \"" + layer + ".weight\" must be a matrix, but has " +
                                   std::to_string(shape.size()) + " axes");
        return check(xtn::dense<float>(shape[0], shape[1]));
    }
    if (file.contains(layer + ".left") && file.shape(layer + ".left").size() == 2)
        return check(xtn::low_rank<float>(out, in, file.shape(layer + ".left")[1]));
    std::vector<xtn::parameter<float>> cores;
    for (std::string name; file.contains(name = layer + ".cores." + std::to_string(cores.size()));) {
        const auto& shape = file.shape(name);
        if (shape.size() != 4)
            throw xtn::shape_error(file.origin() + ": \"" + name +
                                   "\" must have 4 axes (left bond, out, in, right bond), but has " +
                                   std::to_string(shape.size()));
        cores.emplace_back(std::vector<std::size_t>(shape.begin(), shape.end()));
    }
    if (cores.empty())
        throw xtn::io_error(file.origin() + ": there is no \"" + layer + ".weight\", \"" + layer + ".left\" or \"" +
                            layer + ".cores.0\"; is this a PicoGPT?");
    return check(xtn::mpo<float>(std::move(cores)));
}

std::size_t extent_of(const xtn::safetensors& file, const std::string& name, std::size_t axis, std::size_t rank) {
    const auto& shape = file.shape(name);
    if (shape.size() != rank || shape[axis] == 0)
        throw xtn::shape_error(file.origin() + ": \"" + name + "\" must have " + std::to_string(rank) +
                               " axes and no extent of 0");
    return shape[axis];
}

}  // namespace

model<float> load_model(const xtn::safetensors& file, std::size_t heads) {
    model_shape shape;
    shape.vocabulary = extent_of(file, "tok_emb.weight", 0, 2);
    shape.dim = extent_of(file, "tok_emb.weight", 1, 2);
    shape.layers = 0;
    while (file.contains("blocks." + std::to_string(shape.layers) + ".ln1.weight")) ++shape.layers;
    if (shape.layers > 0) shape.hidden = extent_of(file, "blocks.0.ffn.W1.bias", 0, 1);
    shape.heads = heads;
    if (const auto found = file.metadata().find("heads"); found != file.metadata().end()) {
        const std::string& text = found->second;
        if (std::from_chars(text.data(), text.data() + text.size(), shape.heads).ptr != text.data() + text.size())
            throw xtn::io_error(file.origin() + ": the metadata \"heads\" is no number: \"" + text + "\"");
    }
    if (shape.heads == 0 || shape.dim % shape.heads != 0)
        throw xtn::shape_error(file.origin() + ": " + std::to_string(shape.dim) + " columns do not part into " +
                               std::to_string(shape.heads) + " heads");
    model<float> m(shape, [&](const std::string& layer, std::size_t out, std::size_t in) {
        return stored_operator(file, layer, out, in);
    });
    for (const xtn::named_parameter<float>& p : m.parameters()) {
        file.read_into<float>(p.name, p.value.values(), p.value.shape());
        file.require_finite(p.name);
    }
    return m;
}

void describe_model(xtn::safetensors& file, const model<float>& m, const xtn::vocabulary& characters) {
    file.metadata()["heads"] = std::to_string(m.shape().heads);
    file.metadata()["vocabulary"] = characters.to_utf8();
}

void save_model(const std::filesystem::path& path, const model<float>& m, const xtn::vocabulary& characters) {
    xtn::safetensors file(path.string());
    for (const xtn::named_parameter<float>& p : m.parameters())
        file.add<float>(p.name, p.value.shape(), std::span<const float>(p.value.values()));
    describe_model(file, m, characters);
    xtn::save_safetensors(path, file);
}

}  // namespace picogpt
