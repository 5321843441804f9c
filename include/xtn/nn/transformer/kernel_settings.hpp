// SPDX-License-Identifier: BSD-3-Clause
// Kernel attention by name: the settings of the mechanism "kernel", words name=value in any order. What is not said is
//
//     features=paper    or prf, pff, softmax, learned, learned_exponential, identity (feature_map.hpp)
//     directions=dct    or gaussian, orthogonal, sobol, polar (directions.hpp), where features have some
//     count=0           features of a head, of learned ones half of them; 0: as many as it has columns
//     seed=1            of the directions; every layer draws its own
//     decay=none        or retention (linear_attention.hpp), or learned (key_gates, kernel_attention.hpp)
//     denominator=yes   or no
//     window=0          positions of a sliding softmax window beside it (windowed_attention.hpp); 0: none
//
// "features=softmax decay=retention denominator=no" with a gate and a group norm is the released code of DiJiang,
// "features=identity decay=retention denominator=no" retention.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>

#include <xtn/core/error.hpp>
#include <xtn/core/number.hpp>
#include <xtn/nn/directions.hpp>
#include <xtn/nn/kernel_attention.hpp>
#include <xtn/nn/transformer/spec.hpp>

namespace xtn::nn {

/// What the settings say.
struct kernel_settings {
    std::string features = "paper";
    nn::directions directions = nn::directions::dct;
    std::size_t count = 0;
    std::uint64_t seed = 1;
    std::string decay = "none";
    bool denominator = true;
    std::size_t window = 0;

    /// Throws xtn::error for words that mean nothing.
    static kernel_settings from(const std::string& text) {
        kernel_settings s;
        std::istringstream words(text);
        for (std::string word; words >> word;) {
            const std::size_t equals = word.find('=');
            const std::string name = word.substr(0, equals),
                              value = equals == std::string::npos ? "" : word.substr(equals + 1);
            const auto one_of = [&](const auto& list) {
                std::string expected;
                for (const std::string_view candidate : list) {
                    if (value == candidate) return;
                    expected += (expected.empty() ? "" : ", ") + std::string(candidate);
                }
                throw error("kernel attention: " + name + " is one of " + expected + "; found \"" + value + "\"");
            };
            const auto number = [&] {
                const auto n = parse_number<std::uint64_t>(value);
                if (!n) throw error("kernel attention: " + name + " is a number, found \"" + value + "\"");
                return *n;
            };
            if (name == "features") {
                one_of(std::array{"paper", "prf", "pff", "softmax", "learned", "learned_exponential", "identity"});
                s.features = value;
            } else if (name == "directions") {
                s.directions = directions_named(value);
            } else if (name == "count") {
                s.count = number();
            } else if (name == "seed") {
                s.seed = number();
            } else if (name == "decay") {
                one_of(std::array{"none", "retention", "learned"});
                s.decay = value;
            } else if (name == "denominator") {
                one_of(std::array{"yes", "no"});
                s.denominator = value == "yes";
            } else if (name == "window") {
                s.window = number();
            } else {
                throw error(
                    "kernel attention has the settings features, directions, count, seed, decay, denominator and "
                    "window; "
                    "found \"" +
                    word + "\"");
            }
        }
        return s;
    }
};

/// The mechanism of a layer. Throws xtn::error for settings that mean nothing or do not fit together, and for a spec that is
/// not causal or scales scores.
template <scalar T>
kernel_attention<T> make_kernel_attention(const std::string& layer, const attention_spec& spec) {
    const auto refuse = [&](const std::string& why) { throw error(layer + ": " + why); };
    if (!spec.causal) refuse("kernel attention sees the past alone, but the layer is not causal");
    if (spec.scale > 0) refuse("kernel attention scales its features itself, but the layer scales scores");
    const kernel_settings s = kernel_settings::from(spec.settings);
    const std::size_t dim = spec.key_width / spec.heads, count = s.count > 0 ? s.count : dim;
    if (s.count > 0 && s.features == "identity")
        refuse("the number of identity features is not to be chosen, found count=" + std::to_string(s.count));
    const auto map = [&]() -> feature_map<T> {
        if (s.features == "identity") return feature_map<T>::identity();
        std::uint64_t seed = s.seed ^ 0xcbf29ce484222325U;  // FNV-1a
        for (const char c : layer) seed = (seed ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
        if (s.features == "learned") return feature_map<T>::learned(spec.heads, dim, count, seed);
        if (s.features == "learned_exponential")
            return feature_map<T>::learned_exponential(spec.heads, dim, count, seed);
        const auto w = draw_directions(s.directions, count, dim, seed);
        if (s.features == "softmax") return feature_map<T>::softmax(w);
        return feature_map<T>::exponential(w,
                                           s.features == "prf"   ? 0.5
                                           : s.features == "pff" ? 1
                                                                 : 0,
                                           s.features == "paper");
    }();
    linear_attention_options how{.heads = spec.heads, .normalised = s.denominator};
    if (s.decay == "retention") how.decay = retention_decays(spec.heads);
    if (s.decay == "learned") return {map, how, key_gates<T>(spec.heads, spec.key_width)};
    return {map, how};
}

}  // namespace xtn::nn
