// SPDX-License-Identifier: BSD-3-Clause
// The norm that a spec says: layer norm, RMS norm, or none, which leaves the rows as they are.
#pragma once

#include <cstddef>
#include <type_traits>
#include <variant>
#include <vector>

#include <xtn/nn/layer_norm.hpp>
#include <xtn/nn/rms_norm.hpp>
#include <xtn/nn/transformer/spec.hpp>

namespace xtn::nn {

/// The norm of a branch or of the output.
template <scalar T>
class norm {
public:
    /// For rows of this width. Throws xtn::error for a layer norm with a divisor.
    norm(const norm_spec& spec, std::size_t width) {
        if (spec.kind != norm_kind::rms && spec.divisor != 0) throw error("norm: only an RMS norm has a divisor");
        const T eps = static_cast<T>(spec.eps);
        if (spec.kind == norm_kind::layer) kind_.template emplace<layer_norm<T>>(width, eps, spec.scaled);
        if (spec.kind == norm_kind::rms) kind_.template emplace<rms_norm<T>>(width, eps, spec.divisor, spec.scaled);
    }

    variable<T, 2> operator()(const variable<T, 2>& x) const {
        if (const auto* layer = std::get_if<layer_norm<T>>(&kind_)) return (*layer)(x);
        if (const auto* rms = std::get_if<rms_norm<T>>(&kind_)) return (*rms)(x);
        return x;
    }

    std::vector<named_parameter<T>> parameters() const {
        if (const auto* layer = std::get_if<layer_norm<T>>(&kind_)) return layer->parameters();
        if (const auto* rms = std::get_if<rms_norm<T>>(&kind_)) return rms->parameters();
        return {};
    }

private:
    std::variant<std::monostate, layer_norm<T>, rms_norm<T>> kind_;
};

}  // namespace xtn::nn
