// SPDX-License-Identifier: BSD-3-Clause
// The spec of a transformer to and from JSON: fields and the words for their values in one list, which writes and reads.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include <xtn/core/error.hpp>
#include <xtn/io/transformer_spec.hpp>

namespace xtn {

namespace detail {

using spec_json = nlohmann::ordered_json;

/// The words for the values of an enumeration, in its order.
template <class E>
constexpr auto words_of() {
    using words = std::string_view;
    if constexpr (std::is_same_v<E, nn::norm_kind>) return std::array<words, 3>{"none", "layer", "rms"};
    if constexpr (std::is_same_v<E, nn::norm_place>) return std::array<words, 2>{"before", "after"};
    if constexpr (std::is_same_v<E, nn::activation_kind>)
        return std::array<words, 5>{"none", "relu", "gelu", "gelu_tanh", "silu"};
    if constexpr (std::is_same_v<E, nn::key_source>) return std::array<words, 3>{"projection", "queries", "input"};
    if constexpr (std::is_same_v<E, nn::value_source>) return std::array<words, 2>{"projection", "input"};
    if constexpr (std::is_same_v<E, nn::position_kind>) return std::array<words, 3>{"none", "sinusoidal", "learned"};
}

/// The fields of a spec of type S: f(name, member), and f.template one_of<Alternative>(name, member) for a variant.
template <class S, class F>
void each_field(F&& f) {
    using namespace nn;
    if constexpr (std::is_same_v<S, norm_spec>) {
        f("kind", &S::kind), f("divisor", &S::divisor), f("scaled", &S::scaled), f("eps", &S::eps);
    } else if constexpr (std::is_same_v<S, attention_spec>) {
        f("heads", &S::heads), f("key_width", &S::key_width), f("value_width", &S::value_width);
        f("scale", &S::scale), f("causal", &S::causal), f("keys", &S::keys), f("values", &S::values);
        f("fused", &S::fused), f("output", &S::output), f("query_bias", &S::query_bias);
        f("key_bias", &S::key_bias), f("value_bias", &S::value_bias), f("output_bias", &S::output_bias);
        f("gate", &S::gate), f("groups", &S::groups);
        f("mechanism", &S::mechanism), f("settings", &S::settings);
    } else if constexpr (std::is_same_v<S, feed_forward_spec>) {
        f("hidden", &S::hidden), f("activation", &S::activation);
        f("up_bias", &S::up_bias), f("down_bias", &S::down_bias);
    } else if constexpr (std::is_same_v<S, branch_spec>) {
        f("norm", &S::norm), f("place", &S::place);
        f.template one_of<attention_spec>("attention", &S::mixer);
        f.template one_of<feed_forward_spec>("feed_forward", &S::mixer);
        f("width", &S::width), f("skip_map", &S::skip_map);
    } else if constexpr (std::is_same_v<S, block_spec>) {
        f("branches", &S::branches);
    } else if constexpr (std::is_same_v<S, body_spec>) {
        f("width", &S::width), f("blocks", &S::blocks);
    } else if constexpr (std::is_same_v<S, token_spec>) {
        f("vocabulary", &S::vocabulary), f("by_operator", &S::by_operator);
    } else if constexpr (std::is_same_v<S, patch_spec>) {
        f("channels", &S::channels), f("height", &S::height), f("width", &S::width), f("patch", &S::patch);
        f("bias", &S::bias);
    } else if constexpr (std::is_same_v<S, input_spec>) {
        f.template one_of<token_spec>("tokens", &S::of);
        f.template one_of<patch_spec>("patches", &S::of);
        f("width", &S::width), f("down", &S::down), f("positions", &S::positions), f("context", &S::context);
    } else if constexpr (std::is_same_v<S, output_spec>) {
        f("classes", &S::classes), f("width", &S::width), f("norm", &S::norm), f("mean", &S::mean), f("bias", &S::bias);
        f("tied", &S::tied);
    } else {
        static_assert(std::is_same_v<S, transformer_spec>);
        f("input", &S::input), f("body", &S::body), f("output", &S::output);
    }
}

template <class V>
spec_json spec_to_json(const V& value);

template <class S>
struct spec_writer {
    const S& spec;
    spec_json object = spec_json::object();
    const S otherwise{};

    template <class V>
    void operator()(const char* name, V S::*member) {
        if (!(spec.*member == otherwise.*member)) object[name] = spec_to_json(spec.*member);
    }
    template <class Alternative, class V>
    void one_of(const char* name, V S::*member) {
        if (const auto* held = std::get_if<Alternative>(&(spec.*member))) object[name] = spec_to_json(*held);
    }
};

template <class V>
spec_json spec_to_json(const V& value) {
    if constexpr (std::is_enum_v<V>) {
        return words_of<V>()[static_cast<std::size_t>(value)];
    } else if constexpr (std::is_arithmetic_v<V> || std::is_same_v<V, std::string>) {
        return value;
    } else if constexpr (std::is_same_v<V, std::vector<nn::block_spec>>) {
        spec_json all = spec_json::array();
        for (auto b = value.begin(); b != value.end();) {
            const auto end = std::find_if(b, value.end(), [&](const auto& other) { return !(other == *b); });
            spec_json one = spec_json::object();
            if (end - b > 1) one["times"] = end - b;
            one.update(spec_to_json(*b));
            all.push_back(one);
            b = end;
        }
        return all;
    } else if constexpr (std::is_same_v<V, std::vector<nn::branch_spec>>) {
        spec_json all = spec_json::array();
        for (const auto& b : value) all.push_back(spec_to_json(b));
        return all;
    } else {
        spec_writer<V> writer{value};
        each_field<V>(writer);
        return writer.object;
    }
}

/// What is wrong where, as an io_error.
[[noreturn]] inline void refuse_spec(const std::string& where, const std::string& expected, const spec_json& found) {
    throw io_error(where + ": expected " + expected + ", found " +
                   found.dump(-1, ' ', false, spec_json::error_handler_t::replace).substr(0, 60));
}

template <class V>
void read_spec(const spec_json& json, V& value, const std::string& where);

template <class S>
struct spec_reader {
    const spec_json& object;
    S& spec;
    const std::string& where;
    std::set<std::string> known{};

    template <class V>
    void operator()(const char* name, V S::*member) {
        known.insert(name);
        if (const auto found = object.find(name); found != object.end())
            read_spec(*found, spec.*member, where + "." + name);
    }
    template <class Alternative, class V>
    void one_of(const char* name, V S::*member) {
        known.insert(name);
        const auto found = object.find(name);
        if (found == object.end()) return;
        if ((spec.*member).index() != 0) refuse_spec(where, "one kind of input or mixer", object);
        read_spec(*found, (spec.*member).template emplace<Alternative>(), where + "." + name);
    }
};

template <class V>
void read_spec(const spec_json& json, V& value, const std::string& where) {
    constexpr std::size_t most = std::size_t{1} << 32, most_blocks = 100'000;
    const auto expect = [&](bool is, const char* what) {
        if (!is) refuse_spec(where, what, json);
    };
    if constexpr (std::is_same_v<V, bool>) {
        expect(json.is_boolean(), "true or false");
        value = json.template get<bool>();
    } else if constexpr (std::is_same_v<V, std::size_t>) {
        expect(json.is_number_unsigned() && json.template get<std::size_t>() <= most, "a whole number to 2^32");
        value = json.template get<std::size_t>();
    } else if constexpr (std::is_same_v<V, double>) {
        expect(json.is_number() && json.template get<double>() >= 0, "a number from 0 on");
        value = json.template get<double>();
    } else if constexpr (std::is_same_v<V, std::string>) {
        expect(json.is_string(), "a text");
        value = json.template get<std::string>();
    } else if constexpr (std::is_enum_v<V>) {
        const auto words = words_of<V>();
        const auto found =
            std::find(words.begin(), words.end(), json.is_string() ? json.template get<std::string>() : "");
        expect(found != words.end(), "a word for one of its kinds");
        value = static_cast<V>(found - words.begin());
    } else if constexpr (std::is_same_v<V, std::vector<nn::block_spec>>) {
        expect(json.is_array(), "an array of blocks");
        for (spec_json one : json) {
            std::size_t times = 1;
            if (one.is_object() && one.contains("times")) {
                read_spec(one["times"], times, where + ".times");
                one.erase("times");
            }
            if (times > most_blocks - value.size()) refuse_spec(where, "at most 100,000 blocks", times);
            nn::block_spec b;
            read_spec(one, b, where);
            value.insert(value.end(), times, b);
        }
    } else if constexpr (std::is_same_v<V, std::vector<nn::branch_spec>>) {
        expect(json.is_array(), "an array of branches");
        for (const spec_json& one : json) read_spec(one, value.emplace_back(), where);
    } else {
        expect(json.is_object(), "an object");
        spec_reader<V> reader{json, value, where};
        each_field<V>(reader);
        for (const auto& [name, unused] : json.items())
            if (!reader.known.contains(name)) throw io_error(where + ": there is no \"" + name + "\"");
    }
}

}  // namespace detail

XTN_INLINE std::string to_text(const nn::transformer_spec& spec) { return detail::spec_to_json(spec).dump(); }

XTN_INLINE nn::transformer_spec transformer_spec_from(std::string_view text, const std::string& origin) {
    nn::transformer_spec spec;
    try {
        detail::read_spec(detail::spec_json::parse(text), spec, origin + ": transformer");
    } catch (const nlohmann::json::exception& e) {
        throw io_error(origin + ": expected the spec of a transformer, found " + e.what());
    }
    return spec;
}

}  // namespace xtn
