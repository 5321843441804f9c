// SPDX-License-Identifier: BSD-3-Clause
#include "weights.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <xtn/core/number.hpp>
#include <xtn/io/transformer_spec.hpp>

namespace picogpt {
namespace {

/// The tensor that a name means: one of its own, or that of another name which shares it.
std::string kept_name(const xtn::safetensors& file, const std::string& name) {
    const auto alias = file.contains(name) ? file.metadata().end() : file.metadata().find(name);
    return alias == file.metadata().end() ? name : alias->second;
}

/// Makes the operators that are stored under the names of layers, with zeros in them.
class operator_reader {
public:
    explicit operator_reader(const xtn::safetensors& file) : file_(file) {}

    xtn::any_operator<float> operator()(const std::string& layer, std::size_t out, std::size_t in) {
        const xtn::any_operator<float> op = make(layer, out, in);
        if (op.out() != out || op.in() != in)
            throw xtn::shape_error(file_.origin() + ": \"" + layer + "\" is " + std::to_string(op.out()) + " x " +
                                   std::to_string(op.in()) + ", but the other tensors need " + std::to_string(out) +
                                   " x " + std::to_string(in));
        return op;
    }

private:
    xtn::any_operator<float> make(const std::string& layer, std::size_t out, std::size_t in) {
        if (has(layer + ".weight")) return xtn::dense<float>(parameter(layer + ".weight", {"out", "in"}));
        if (has(layer + ".left"))
            return xtn::low_rank<float>(parameter(layer + ".left", {"out", "rank"}),
                                        parameter(layer + ".right", {"rank", "in"}));
        if (has(layer + ".cores.0"))
            return xtn::mpo<float>(numbered(layer + ".cores.", {"left bond", "out", "in", "right bond"}));
        if (has(layer + ".core"))
            return xtn::tucker<float>(parameter(layer + ".core"), numbered(layer + ".factors.", {"extent", "rank"}));
        if (has(layer + ".coefficients")) {
            const auto settings = file_.metadata().find(layer + ".settings");
            if (settings == file_.metadata().end())
                throw xtn::io_error(file_.origin() + ": the metadata \"" + layer +
                                    ".settings\", which say where the coefficients stand, are missing");
            return xtn::spectral<float>::from_settings(out, in, settings->second);
        }
        if (has(layer + ".terms.0.cores.0"))
            return xtn::sum<float>({make(layer + ".terms.0", out, in), make(layer + ".terms.1", out, in)});
        throw xtn::io_error(file_.origin() + ": there is no \"" + layer + ".weight\", nor .left, .cores.0, .core or " +
                            ".coefficients of that layer; is this a PicoGPT?");
    }
    bool has(const std::string& name) const { return file_.contains(kept_name(file_, name)); }

    /// A parameter of the stored shape; the same one for all names that share a tensor. `axes` are what the axes mean,
    /// any number of them if there are none.
    xtn::parameter<float> parameter(const std::string& name, const std::vector<std::string>& axes = {}) {
        const std::string kept = kept_name(file_, name);
        const auto& shape = file_.shape(kept);
        if (!axes.empty() && shape.size() != axes.size()) {
            std::string expected;
            for (const std::string& a : axes) expected += (expected.empty() ? "" : ", ") + a;
            throw xtn::shape_error(file_.origin() + ": \"" + name + "\" must have the axes (" + expected +
                                   "), but has " + std::to_string(shape.size()));
        }
        return made_.try_emplace(kept, std::vector<std::size_t>(shape.begin(), shape.end())).first->second;
    }
    std::vector<xtn::parameter<float>> numbered(const std::string& prefix, const std::vector<std::string>& axes) {
        std::vector<xtn::parameter<float>> all;
        for (std::string name; has(name = prefix + std::to_string(all.size()));) all.push_back(parameter(name, axes));
        return all;
    }

    const xtn::safetensors& file_;
    std::map<std::string, xtn::parameter<float>> made_;
};

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
    if (tokens == nullptr || spec.input.context > longest ||
        tokens->vocabulary != extent_of(file, "tok_emb.weight", 0, 2) ||
        width != extent_of(file, "tok_emb.weight", 1, 2))
        throw xtn::shape_error(file.origin() + ": its tensors are not those of the transformer in its metadata");
    return spec;
}

}  // namespace

model<float> load_model(const xtn::safetensors& file, std::size_t heads) {
    const auto spec = file.metadata().find("transformer");
    operator_reader read(file);
    const model<float> m(spec != file.metadata().end() ? spec_in(file, spec->second) : shape_in(file, heads),
                         std::ref(read));
    for (const xtn::named_parameter<float>& p : m.parameters()) {
        const std::string name = kept_name(file, p.name);
        file.read_into<float>(name, p.value.values(), p.value.shape());
        file.require_finite(name);
    }
    return m;
}

void describe_model(xtn::safetensors& file, const model<float>& m, const xtn::vocabulary& characters) {
    file.metadata()["transformer"] = xtn::to_text(m.spec());
    for (const auto& block : m.body().blocks())  // for readers that know no specs
        for (const auto& branch : block)
            if (const auto* mix = branch.attention()) file.metadata()["heads"] = std::to_string(mix->spec().heads);
    file.metadata()["vocabulary"] = characters.to_utf8();
    for (const auto& [layer, op] : m.named_operators())
        if (!op.settings().empty()) file.metadata()[layer + ".settings"] = op.settings();
    const auto all = m.parameters();
    for (auto p = all.begin(); p != all.end(); ++p) {
        const auto first = std::find_if(all.begin(), p, [&](const auto& other) { return other.value == p->value; });
        if (first != p) file.metadata()[p->name] = first->name;
    }
}

void save_model(const std::filesystem::path& path, const model<float>& m, const xtn::vocabulary& characters) {
    xtn::safetensors file(path.string());
    describe_model(file, m, characters);
    for (const xtn::named_parameter<float>& p : m.parameters())
        if (!file.metadata().contains(p.name))
            file.add<float>(p.name, p.value.shape(), std::span<const float>(p.value.values()));
    xtn::save_safetensors(path, file);
}

}  // namespace picogpt
