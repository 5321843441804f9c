// SPDX-License-Identifier: BSD-3-Clause
#include "variant.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <variant>
#include <vector>

#include <xtn/core/number.hpp>
#include <xtn/op/families.hpp>

#include "operators.hpp"

namespace picogpt {
namespace {

/// In the order of `similarity`.
constexpr std::array<std::string_view, 5> similarities{"full", "tied", "collapsed", "mirrored", "cholesky"};

bool makes_scores(const std::string& layer) { return layer.ends_with(".attn.W_q"); }

}  // namespace

variant::variant(const std::string& text) : name(text) {
    const auto refuse = [&](const std::string& why) {
        throw xtn::error("\"" + text + "\" is no variant of a transformer: " + why +
                         "; examples are full, full-no_mlp-h4, tied-no_mlp, collapsed-no_vo, mirrored-e12, "
                         "full-no_mlp+mpo-16");
    };
    const std::size_t plus = text.find('+');
    if (plus != std::string::npos) matrices = representation(text.substr(plus + 1));
    if (matrices.width > 0) refuse("the width of a representation has no meaning here");
    std::string_view rest = std::string_view(text).substr(0, plus);
    std::vector<std::string_view> parts;
    for (std::size_t end; (end = rest.find('-')) != std::string_view::npos; rest.remove_prefix(end + 1))
        parts.push_back(rest.substr(0, end));
    parts.push_back(rest);
    const auto found = std::find(similarities.begin(), similarities.end(), parts[0]);
    if (found == similarities.end()) refuse("it begins with full, tied, collapsed, mirrored or cholesky");
    scores = static_cast<similarity>(found - similarities.begin());
    for (std::size_t k = 1; k < parts.size(); ++k) {
        const auto number = [&] {
            const auto n = xtn::parse_number<std::size_t>(parts[k].substr(1));
            if (!n || *n == 0 || *n > 1000)
                refuse("a number to 1,000 follows the letter in \"" + std::string(parts[k]) + "\"");
            return *n;
        };
        if (parts[k] == "no_vo")
            values_and_output = false;
        else if (parts[k] == "no_mlp")
            feed_forward = false;
        else if (parts[k].starts_with('h'))
            heads = number();
        else if (parts[k].starts_with('e'))
            blocks = number();
        else
            refuse("\"" + std::string(parts[k]) + "\" is unknown");
    }
    if (collapses() && heads > 1) refuse("one matrix makes the scores of one head");
}

xtn::nn::transformer_spec variant::of(xtn::nn::transformer_spec spec) const {
    using namespace xtn::nn;
    if (blocks > 0 && !spec.body.blocks.empty()) spec.body.blocks.assign(blocks, block_spec(spec.body.blocks.front()));
    for (block_spec& block : spec.body.blocks) {
        const auto goes = [&](const branch_spec& b) {
            return !feed_forward && std::holds_alternative<feed_forward_spec>(b.mixer);
        };
        std::erase_if(block.branches, [&](const branch_spec& b) { return goes(b) && b.place == norm_place::before; });
        for (branch_spec& b : block.branches) {
            if (goes(b)) b.mixer = no_mixer{};
            auto* mix = std::get_if<attention_spec>(&b.mixer);
            if (mix == nullptr) continue;
            if (heads > 0) mix->heads = heads;
            if (collapses()) mix->heads = 1, mix->keys = key_source::input;
            if (scores == similarity::tied) mix->keys = key_source::queries;
            if (!values_and_output) mix->values = value_source::input, mix->output = false;
        }
    }
    return spec;
}

model<float> variant::make(const xtn::nn::transformer_spec& spec) const {
    return {of(spec), [this](const std::string& layer, std::size_t out, std::size_t in) -> xtn::any_operator<float> {
                if (scores == similarity::mirrored && makes_scores(layer)) return xtn::symmetric<float>(out);
                if (scores == similarity::cholesky && makes_scores(layer)) return xtn::cholesky<float>(out);
                if (layer.starts_with("blocks."))
                    return xtn::library_families<float>().make(
                        describe(matrices.of(layer), layer, out, in),
                        [](const std::string&, const auto& extents) { return xtn::parameter<float>(extents); });
                return xtn::dense<float>(out, in);
            }};
}

model<float> variant::make(const xtn::nn::transformer_spec& spec,
                           const std::function<double(std::size_t, std::size_t)>& sigma, std::uint64_t seed) const {
    model<float> m = make(spec);
    xtn::random_stream random(seed);
    if (m.input().takes_tokens())
        for (const auto& table : m.input().parameters()) random.fill_normal(table.value.values(), 0.02);
    for (const auto& [layer, op] : m.named_operators()) {
        const double s = sigma(op.out(), op.in());
        xtn::init_normal(op, collapses() && makes_scores(layer) ? s * s * std::sqrt(static_cast<double>(op.in())) : s,
                         random);
    }
    return m;
}

}  // namespace picogpt
