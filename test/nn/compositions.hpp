// SPDX-License-Identifier: BSD-3-Clause
// Small transformers on tokens that differ in every way a spec can say.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <xtn/xtn.hpp>

namespace xtn_test {

inline xtn::nn::operator_factory<double> dense_operators() {
    return [](const std::string&, std::size_t out, std::size_t in) { return xtn::dense<double>(out, in); };
}

/// Compositions of width 8 with 7 tokens, 5 classes and a context of 9.
inline std::map<std::string, xtn::nn::transformer_spec> compositions() {
    using namespace xtn::nn;
    const auto spec = [](const std::vector<branch_spec>& branches, std::size_t blocks = 1) {
        return transformer_spec{.input = {.of = token_spec{7}, .context = 9},
                                .body = {.width = 8, .blocks = {blocks, {branches}}},
                                .output = {.classes = 5}};
    };
    const feed_forward_spec relu{.hidden = 6};
    const norm_spec rms{.kind = norm_kind::rms, .divisor = 11}, bare{.kind = norm_kind::rms, .scaled = false},
        no_norm{.kind = norm_kind::none};
    std::map<std::string, transformer_spec> all;

    all["pre-norm"] = spec({{.mixer = attention_spec{.heads = 2}}, {.mixer = relu}}, 2);
    all["post-norm, GELU"] = spec(
        {{.place = norm_place::after, .mixer = attention_spec{.heads = 4, .query_bias = true, .output_bias = false}},
         {.place = norm_place::after,
          .mixer = feed_forward_spec{.hidden = 6, .activation = activation_kind::gelu, .down_bias = false}}});
    all["own widths, fused"] =
        spec({{.norm = rms,
               .mixer = attention_spec{.heads = 2, .key_width = 4, .value_width = 6, .scale = 0.8, .fused = true}},
              {.norm = bare,
               .mixer = feed_forward_spec{.hidden = 6, .activation = activation_kind::gelu_tanh, .up_bias = false}}});
    all["own widths"] = spec(
        {{.norm = bare, .mixer = attention_spec{.heads = 2, .key_width = 6, .value_width = 4, .value_bias = true}}});
    all["head and table in one"] = spec({{.mixer = attention_spec{}}, {.mixer = relu}});
    all["head and table in one"].output = {.classes = 7, .bias = true, .tied = true};
    all["table by an operator"] = spec({{.mixer = attention_spec{.heads = 2}}});
    all["table by an operator"].input.of = token_spec{7, true};
    all["both"] = all["head and table in one"];
    all["both"].input.of = token_spec{7, true};
    all["tied"] =
        spec({{.mixer = attention_spec{.heads = 2, .keys = key_source::queries}}, {.place = norm_place::after}});
    all["collapsed"] = spec({{.mixer = attention_spec{.keys = key_source::input}}, {.mixer = relu}});
    all["minimal"] =
        spec({{.norm = no_norm,
               .mixer = attention_spec{.keys = key_source::input, .values = value_source::input, .output = false}},
              {.norm = rms}});
    all["two of a kind, no activation"] =
        spec({{.mixer = attention_spec{}},
              {.mixer = attention_spec{.heads = 2}},
              {.mixer = feed_forward_spec{.hidden = 3, .activation = activation_kind::none}},
              {.mixer = relu}});
    all["widths that change"] =
        spec({{.norm = rms, .mixer = attention_spec{.heads = 2, .key_width = 8}, .width = 6, .skip_map = true},
              {.norm = rms, .mixer = relu, .width = 5, .skip_map = true},
              {.mixer = relu, .skip_map = true}});
    all["widths that change"].input.width = 10;
    all["widths that change"].output.width = 7;
    all["learned positions"] = spec({{.mixer = attention_spec{.heads = 2}}});
    all["learned positions"].input.positions = position_kind::learned;
    const auto kernel = [&](const std::string& settings, bool gate) {
        return spec({{.mixer = attention_spec{.heads = 2,
                                              .value_width = 6,
                                              .gate = gate,
                                              .groups = gate ? 2u : 0u,
                                              .mechanism = "kernel",
                                              .settings = settings}},
                     {.mixer = relu}});
    };
    all["linear attention"] = kernel("", false);
    all["linear attention, decay, norm and gate"] = kernel("features=softmax decay=retention denominator=no", true);
    all["linear attention beside a window"] = kernel("features=learned_exponential decay=learned window=3", false);
    all["window"] = spec({{.mixer = attention_spec{.heads = 2, .settings = "window=4"}}});
    all["no positions, head with a bias"] = spec({{.mixer = attention_spec{.heads = 2}}});
    all["no positions, head with a bias"].input.positions = position_kind::none;
    all["no positions, head with a bias"].output.bias = true;
    return all;
}

/// Every parameter anew.
inline void draw(const xtn::nn::transformer<double>& m) {
    xtn::random_stream random(4);
    for (const auto& p : m.parameters()) random.fill_normal(p.value.values(), 0.6);
}

inline xtn::nn::transformer<double> drawn(const xtn::nn::transformer_spec& spec) {
    const xtn::nn::transformer<double> m(spec, dense_operators());
    draw(m);
    return m;
}

inline std::vector<std::uint32_t> text(std::size_t n) {
    std::vector<std::uint32_t> tokens(n);
    for (std::size_t i = 0; i < n; ++i) tokens[i] = static_cast<std::uint32_t>((3 * i * i + i) % 7);
    return tokens;
}

}  // namespace xtn_test
