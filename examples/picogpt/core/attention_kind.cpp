// SPDX-License-Identifier: BSD-3-Clause
#include "attention_kind.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <sstream>
#include <string_view>
#include <variant>

#include <xtn/core/number.hpp>
#include <xtn/op/families.hpp>

namespace picogpt {
namespace {

struct known_kind {
    std::string_view name, features, directions;
    bool gated = false;
};

constexpr std::array<known_kind, 8> kinds{{{"softmax", "", ""},
                                           {"paper", "paper", "dct"},
                                           {"code", "softmax", "dct", true},
                                           {"prf", "prf", "gaussian"},
                                           {"pff", "pff", "sobol"},
                                           {"hedgehog", "learned", ""},
                                           {"exponential", "learned_exponential", ""},
                                           {"retention", "identity", "", true}}};

}  // namespace

attention_kind::attention_kind(const std::string& text) : name(text) {
    std::istringstream parts(text);
    std::string part;
    std::getline(parts, part, '-');
    const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const known_kind& k) { return k.name == part; });
    const auto refuse = [&](const std::string& why) {
        throw xtn::error(
            "\"" + text + "\" is no kind of attention: " + why +
            "; examples are softmax, paper, code, prf, pff, hedgehog, retention, prf-orthogonal-64, paper-w16");
    };
    if (found == kinds.end()) refuse("\"" + part + "\" is unknown");
    std::string directions(found->directions);
    const auto say = [&](const std::string& word, std::string_view value) {
        if (!value.empty()) settings += (settings.empty() ? "" : " ") + word + "=" + std::string(value);
    };
    std::string count, window, decay(found->gated ? "retention" : "");
    while (std::getline(parts, part, '-')) {
        const auto positive = [](const std::string& digits) {
            const auto number = xtn::parse_number<std::size_t>(digits);
            return number && *number > 0;
        };
        if (part.starts_with('w') && positive(part.substr(1)))
            window = part.substr(1);
        else if (part == "decay" && !found->features.empty())
            decay = "learned";
        else if (positive(part) && (!directions.empty() || found->features.starts_with("learned")))
            count = part;
        else if (directions.empty())
            refuse("\"" + part + "\" is nothing that it has");
        else
            directions = part;
    }
    gated = found->gated;
    say("features", found->features);
    say("directions", directions);
    say("count", count);
    say("decay", decay);
    say("denominator", gated ? "no" : "");
    say("window", window);
    if (found->features.empty()) return;
    mechanism = "kernel";
    xtn::nn::kernel_settings::from(settings);  // refuses directions that mean nothing
}

xtn::nn::transformer_spec attention_kind::of(xtn::nn::transformer_spec spec) const {
    for (auto& block : spec.body.blocks)
        for (auto& branch : block.branches)
            if (auto* mix = std::get_if<xtn::nn::attention_spec>(&branch.mixer)) {
                const std::size_t width = mix->value_width > 0 ? mix->value_width : spec.body.width;
                mix->mechanism = mechanism;
                mix->settings = settings;
                mix->gate = gated;
                mix->groups = gated ? width / mix->heads : 0;
            }
    return spec;
}

model<float> exchanged(const model<float>& m, const attention_kind& kind, std::uint64_t seed) {
    std::map<std::string, xtn::any_operator<float>> operators;
    for (const auto& [layer, op] : m.named_operators()) operators.emplace(layer, op);
    xtn::random_stream random(seed);
    const model<float> made(kind.of(m.spec()),
                            [&](const std::string& layer, std::size_t out, std::size_t in) -> xtn::any_operator<float> {
                                if (const auto found = operators.find(layer); found != operators.end())
                                    return xtn::library_families<float>().make(found->second.description());
                                const xtn::dense<float> gate(out, in);
                                const double most = std::sqrt(6.0 / static_cast<double>(out + in)) * std::exp2(-2.5);
                                for (float& w : gate.parameters()[0].value.values())
                                    w = static_cast<float>(most * (2 * random.uniform() - 1));
                                return gate;
                            });
    std::map<std::string, xtn::parameter<float>> values;
    for (const auto& p : m.parameters()) values.emplace(p.name, p.value);
    for (const auto& p : made.parameters())
        if (const auto found = values.find(p.name); found != values.end())
            std::ranges::copy(found->second.values(), p.value.values().begin());
    return made;
}

std::size_t key_value_bytes(const model<float>& m) {
    std::size_t numbers = 0;
    for (const auto& block : m.body().blocks())
        for (const auto& branch : block)
            if (const auto* mix = branch.attention())
                numbers += xtn::nn::softmax_attention{}.state_size(mix->spec().key_width, mix->spec().value_width,
                                                                   m.context());
    return numbers * sizeof(float);
}

}  // namespace picogpt
