// SPDX-License-Identifier: BSD-3-Clause
// What comes into the body of a transformer: tokens as rows of a table, or patches of images through a linear map;
// positions added; and, where the body is narrower or wider, a linear map "down" to its width.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include <xtn/nn/embedding.hpp>
#include <xtn/nn/positions.hpp>
#include <xtn/nn/transformer/body.hpp>

namespace xtn::nn {

/// Images (channels x height x width), one after the other, as rows of the pixels of their square patches: patches row by
/// row, inside a patch row, column, channel. Throws shape_error unless these are whole images of whole patches.
template <scalar T>
variable<T, 2> patches_of(tape<T>& t, std::span<const T> images, const patch_spec& s) {
    const std::size_t size = s.channels * s.height * s.width;
    if (s.count() == 0 || s.height % s.patch != 0 || s.width % s.patch != 0 || images.empty() ||
        images.size() % size != 0)
        throw shape_error("patches_of: " + std::to_string(images.size()) + " numbers are no images of " +
                          std::to_string(s.channels) + " x " + std::to_string(s.height) + " x " +
                          std::to_string(s.width) + " in patches of " + std::to_string(s.patch));
    const std::size_t batch = images.size() / size, across = s.width / s.patch;
    const variable<T, 2> rows = t.template result<2>({batch * s.count(), s.pixels()}, false);
    T* to = rows.data();
    for (std::size_t b = 0; b < batch; ++b)
        for (std::size_t p = 0; p < s.count(); ++p)
            for (std::size_t y = p / across * s.patch, y_end = y + s.patch; y < y_end; ++y)
                for (std::size_t x = p % across * s.patch, x_end = x + s.patch; x < x_end; ++x)
                    for (std::size_t c = 0; c < s.channels; ++c)
                        *to++ = images[b * size + (c * s.height + y) * s.width + x];
    return rows;
}

/// Tokens or patches to rows of the width of the body.
template <scalar T>
class transformer_input {
public:
    /// For a body of width `width`; what the spec leaves open is filled in.
    transformer_input(const input_spec& spec, std::size_t width, const maker<T>& make)
        : spec_(filled_in(spec, width)), first_(first(make)), positions_(spec_.positions, spec_.context, spec_.width) {
        if (spec_.down || spec_.width != width) down_ = make.linear("down", width, spec_.width, false);
    }

    const input_spec& spec() const { return spec_; }
    bool takes_tokens() const { return std::holds_alternative<token_spec>(spec_.of); }
    const nn::positions<T>& positions() const { return positions_; }
    /// Throws xtn::error where it takes images.
    std::size_t vocabulary() const { return tokens().vocabulary(); }
    /// The table of the tokens. Throws xtn::error where it takes images.
    const embedding<T>& tokens() const {
        if (const auto* held = std::get_if<embedding<T>>(&first_)) return *held;
        throw error("transformer: it takes images, not tokens");
    }
    /// The same with positions for other sequences. Throws xtn::error where they are learned or those of patches.
    transformer_input with_context(std::size_t context) const {
        if (!takes_tokens() || spec_.positions == position_kind::learned)
            throw error("transformer: the context of images and of learned positions is what it is");
        transformer_input other = *this;
        other.spec_.context = context;
        other.positions_ = nn::positions<T>(spec_.positions, context, spec_.width);
        return other;
    }

    /// Tokens of sequences of `time` positions, the first of them at position `at`. They must live until backward().
    /// Throws shape_error for a token outside the vocabulary and beyond the context.
    template <std::integral Index>
    variable<T, 2> operator()(tape<T>& t, std::span<const Index> tokens, std::size_t time, std::size_t at = 0) const {
        return finished(this->tokens()(t, tokens), time, at);
    }
    /// Images, one after the other (patches_of).
    variable<T, 2> operator()(tape<T>& t, std::span<const T> images) const {
        const auto* map = std::get_if<linear<T>>(&first_);
        if (map == nullptr) throw error("transformer: it takes tokens, not images");
        return finished((*map)(patches_of(t, images, std::get<patch_spec>(spec_.of))), spec_.context, 0);
    }

    /// "tok_emb.weight" (or the parameters of the table's operator), or "patch.weight" and "patch.bias"; "tok_emb.positions" or "patch.positions" where they are
    /// learned; "down.weight".
    std::vector<named_parameter<T>> parameters() const {
        std::vector<named_parameter<T>> all;
        const std::string name = takes_tokens() ? "tok_emb" : "patch";
        append(all, name, std::visit([](const auto& layer) { return layer.parameters(); }, first_));
        append(all, name, positions_.parameters());
        if (down_) append(all, "down", down_->parameters());
        return all;
    }
    std::vector<named_operator<T>> named_operators() const {
        std::vector<named_operator<T>> all;
        if (const auto* map = std::get_if<linear<T>>(&first_)) all.emplace_back("patch", map->weight());
        if (table_by_operator()) all.emplace_back("tok_emb", tokens().weight());
        if (down_) all.emplace_back("down", down_->weight());
        return all;
    }

private:
    bool table_by_operator() const {
        const auto* of = std::get_if<token_spec>(&spec_.of);
        return of != nullptr && of->by_operator;
    }
    static input_spec filled_in(input_spec s, std::size_t width) {
        if (std::holds_alternative<no_input>(s.of)) throw error("transformer: the spec has no input");
        if (s.width == 0) s.width = width;
        if (const auto* p = std::get_if<patch_spec>(&s.of)) {
            if (s.context != 0 && s.context != p->count())
                throw shape_error("transformer: a context of " + std::to_string(s.context) + " for images of " +
                                  std::to_string(p->count()) + " patches");
            s.context = p->count();
        }
        return s;
    }
    std::variant<embedding<T>, linear<T>> first(const maker<T>& make) const {
        if (const auto* p = std::get_if<patch_spec>(&spec_.of))
            return make.linear("patch", spec_.width, p->pixels(), p->bias);
        const std::size_t vocabulary = std::get<token_spec>(spec_.of).vocabulary;
        if (table_by_operator()) return embedding<T>(make.operator_of("tok_emb", vocabulary, spec_.width));
        return embedding<T>(vocabulary, spec_.width);
    }
    variable<T, 2> finished(const variable<T, 2>& x, std::size_t time, std::size_t at) const {
        const variable<T, 2> placed = positions_(x, time, at);
        return down_ ? (*down_)(placed) : placed;
    }

    input_spec spec_;
    std::variant<embedding<T>, linear<T>> first_;
    nn::positions<T> positions_;
    std::optional<linear<T>> down_;
};

}  // namespace xtn::nn
