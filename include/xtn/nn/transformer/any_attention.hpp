// SPDX-License-Identifier: BSD-3-Clause
// Any mechanism of attention, behind one virtual call a layer: a model that holds these is compiled once and takes every
// mechanism, a user's own too.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <xtn/core/number.hpp>
#include <xtn/nn/attention.hpp>
#include <xtn/nn/attention_state.hpp>
#include <xtn/nn/transformer/kernel_settings.hpp>
#include <xtn/nn/transformer/spec.hpp>
#include <xtn/nn/windowed_attention.hpp>

namespace xtn::nn {

/// A handle to a mechanism; copies share it.
template <scalar T>
class any_attention {
public:
    template <attention_mechanism<T> A>
    any_attention(A a) : held_(std::make_shared<const holder<A>>(std::move(a))) {}

    /// Over whole sequences of `time` positions.
    variable<T, 2> operator()(const variable<T, 2>& q, const variable<T, 2>& k, const variable<T, 2>& v,
                              std::size_t time) const {
        return held_->mix(q, k, v, time);
    }
    /// Over the next positions of a state's sequences.
    variable<T, 2> operator()(const variable<T, 2>& q, const variable<T, 2>& k, const variable<T, 2>& v,
                              attention_state<T>& state) const {
        return held_->go_on(q, k, v, state);
    }
    std::size_t state_size(std::size_t key_columns, std::size_t value_columns, std::size_t context) const {
        return held_->state_size(key_columns, value_columns, context);
    }
    std::vector<named_parameter<T>> parameters() const { return held_->parameters(); }

private:
    struct mechanism {
        virtual ~mechanism() = default;
        virtual variable<T, 2> mix(const variable<T, 2>&, const variable<T, 2>&, const variable<T, 2>&,
                                   std::size_t) const = 0;
        virtual variable<T, 2> go_on(const variable<T, 2>&, const variable<T, 2>&, const variable<T, 2>&,
                                     attention_state<T>&) const = 0;
        virtual std::size_t state_size(std::size_t, std::size_t, std::size_t) const = 0;
        virtual std::vector<named_parameter<T>> parameters() const = 0;
    };
    template <class A>
    struct holder final : mechanism {
        explicit holder(A a) : held(std::move(a)) {}
        variable<T, 2> mix(const variable<T, 2>& q, const variable<T, 2>& k, const variable<T, 2>& v,
                           std::size_t time) const override {
            return held(q, k, v, time);
        }
        variable<T, 2> go_on(const variable<T, 2>& q, const variable<T, 2>& k, const variable<T, 2>& v,
                             attention_state<T>& state) const override {
            return held(q, k, v, state);
        }
        std::size_t state_size(std::size_t keys, std::size_t values, std::size_t context) const override {
            return held.state_size(keys, values, context);
        }
        std::vector<named_parameter<T>> parameters() const override {
            if constexpr (requires { held.parameters(); })
                return held.parameters();
            else
                return {};
        }
        A held;
    };

    std::shared_ptr<const mechanism> held_;
};

/// Makes the mechanism of a layer, from its name ("blocks.0.attn") and its spec, whose widths are filled in.
template <scalar T>
using attention_factory = std::function<any_attention<T>(const std::string& layer, const attention_spec& spec)>;

/// The mechanisms of this library by their names: "softmax", whose setting is window=0, the positions that one sees (0: all), and
/// "kernel" (kernel_settings.hpp). Throws xtn::error for another one, or for settings that mean nothing.
template <scalar T>
any_attention<T> make_attention(const std::string& layer, const attention_spec& spec) {
    softmax_attention softmax{.heads = spec.heads, .causal = spec.causal, .scale = spec.scale};
    if (spec.mechanism == "kernel") {
        const kernel_attention<T> kernel = make_kernel_attention<T>(layer, spec);
        softmax.window = kernel_settings::from(spec.settings).window;
        if (softmax.window == 0) return kernel;
        return windowed_attention<T>(kernel, softmax);
    }
    if (spec.mechanism == "softmax") {
        if (spec.settings.empty()) return softmax;
        constexpr std::string_view name = "window=";
        const auto window = spec.settings.starts_with(name)
                                ? parse_number<std::size_t>(spec.settings.substr(name.size()))
                                : std::nullopt;
        if (!window) throw error(layer + ": softmax attention has the setting window, found \"" + spec.settings + "\"");
        softmax.window = *window;
        return softmax;
    }
    throw error(layer + ": there is no attention \"" + spec.mechanism + "\"" +
                (spec.settings.empty() ? "" : " with the settings \"" + spec.settings + "\"") +
                "; there are softmax and kernel");
}

}  // namespace xtn::nn
