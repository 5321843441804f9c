// SPDX-License-Identifier: BSD-3-Clause
// A transformer taken apart: its spec, its linear maps, and its other parameters (tables, biases, norms) by name, so that
// some may be exchanged before it is put together again.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include <xtn/nn/transformer/transformer.hpp>

namespace xtn::nn {

/// Spec, maps and everything else of a transformer.
template <scalar T>
struct transformer_parts {
    transformer_spec spec;
    std::map<std::string, any_operator<T>> maps;   ///< by layer
    std::map<std::string, parameter<T>> others{};  ///< tables, biases and norms, by their names in files

    /// The parts of m; maps and parameters are m's own. But a table that is an operator becomes a matrix, and a tied head a map of
    /// its own, for what changes one need not suit the other.
    explicit transformer_parts(const transformer<T>& m) : spec(m.spec()) {
        for (const auto& [layer, op] : m.named_operators()) maps.emplace(layer, op);
        if (spec.output.tied) {
            maps.emplace("lm_head", dense<T>::from_dense(to_dense(m.output().head().weight())));
            spec.output.tied = false;
        }
        for (const auto& p : m.parameters())
            if (!belongs_to_map(p.value)) others.emplace(p.name, p.value);
        if (const auto table = maps.extract("tok_emb")) {
            others.emplace("tok_emb.weight", parameter<T>(to_dense(table.mapped())));
            std::get<token_spec>(spec.input.of).by_operator = false;
        }
    }

    /// The map of a layer. Throws xtn::error where there is none.
    const any_operator<T>& map(const std::string& layer) const {
        const auto found = maps.find(layer);
        if (found == maps.end()) throw error("transformer_parts: there is no layer \"" + layer + "\"");
        return found->second;
    }
    /// The parameter of that name, or null.
    const parameter<T>* other(const std::string& name) const {
        const auto found = others.find(name);
        return found == others.end() ? nullptr : &found->second;
    }
    /// The bias of a layer, zeros where it has none.
    parameter<T> bias(const std::string& layer) const {
        const parameter<T>* found = other(layer + ".bias");
        return found != nullptr ? found->clone() : parameter<T>(std::vector{map(layer).out()});
    }

    /// A transformer of these parts: maps are shared with them, other parameters copied. Throws shape_error where they do not
    /// fit the spec, xtn::error where it asks for one that is missing.
    transformer<T> assembled() const {
        const transformer<T> m(spec, [this](const std::string& layer, std::size_t, std::size_t) { return map(layer); });
        for (const auto& p : m.parameters()) {
            if (belongs_to_map(p.value)) continue;
            const parameter<T>* from = other(p.name);
            if (from == nullptr) throw error("transformer_parts: \"" + p.name + "\" is missing");
            if (from->shape() != p.value.shape())
                throw shape_error("transformer_parts: \"" + p.name + "\" is " + to_string(*from) +
                                  ", but the spec asks for " + to_string(p.value));
            std::copy(from->values().begin(), from->values().end(), p.value.values().begin());
        }
        return m;
    }

private:
    bool belongs_to_map(const parameter<T>& value) const {
        return std::any_of(maps.begin(), maps.end(), [&](const auto& map) {
            const auto& own = map.second.parameters();
            return std::any_of(own.begin(), own.end(), [&](const auto& p) { return p.value == value; });
        });
    }
};

}  // namespace xtn::nn
