// SPDX-License-Identifier: BSD-3-Clause
#include "growth.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <xtn/train.hpp>

#include "../../common/team.hpp"
#include "weights.hpp"

namespace picogpt {
namespace {

using extents = std::vector<std::size_t>;

/// Copies a tensor into the corner of a larger one, all indices from 0; `to` keeps the rest.
void place(std::span<const float> from, const extents& small, std::span<float> to, const extents& large) {
    std::size_t width = small.back();
    for (std::size_t row = 0; row * width < from.size(); ++row) {
        std::size_t offset = 0, stride = large.back(), rest = row;
        for (std::size_t axis = small.size() - 1; axis-- > 0; rest /= small[axis], stride *= large[axis])
            offset += rest % small[axis] * stride;
        std::copy_n(from.data() + row * width, width, to.data() + offset);
    }
}

xtn::mpo<float> chain_of(const xtn::any_operator<float>& layer) {
    std::vector<xtn::parameter<float>> cores;
    for (const auto& p : layer.parameters()) cores.push_back(p.value);
    return xtn::mpo<float>(cores);
}

/// Gives a layer's map to one with larger bonds.
void grow_layer(const xtn::mpo<float>& small, const xtn::mpo<float>& large, xtn::random_stream& random) {
    const auto grown = xtn::tt::grow_bonds(small.chain(), large.chain().bonds(), random);
    for (std::size_t k = 0; k < large.cores().size(); ++k)
        std::copy(grown.cores()[k].begin(), grown.cores()[k].end(), large.cores()[k].values().begin());
}

}  // namespace

void grow_checkpoint(const std::filesystem::path& checkpoint, const model<float>& small, const model<float>& large,
                     const xtn::vocabulary& characters, xtn::random_stream& random) {
    xtn::parameter_store<float> from(small.parameters()), to(large.parameters());
    xtn::adamw<float> old(from.size()), grown(to.size());
    const std::uint64_t step = xtn::read_training_state(xtn::load_safetensors(checkpoint), from, old);

    std::vector<float> first(to.size()), second(to.size());
    if (from.entries().size() != to.entries().size())
        throw xtn::shape_error("growing: the models have " + std::to_string(from.entries().size()) + " and " +
                               std::to_string(to.entries().size()) + " parameters, so one is not the other's growth");
    for (std::size_t k = 0; k < from.entries().size(); ++k) {
        const auto &a = from.entries()[k], &b = to.entries()[k];
        const extents &s = a.value.shape(), &l = b.value.shape();
        if (a.name != b.name || s.size() != l.size() || !std::equal(s.begin(), s.end(), l.begin(), std::less_equal<>()))
            throw xtn::shape_error("growing: \"" + a.name + "\" does not grow into \"" + b.name + "\"");
        if (s == l) std::copy(a.value.values().begin(), a.value.values().end(), b.value.values().begin());
        const auto moment = [&](std::span<const float> m, std::vector<float>& into) {
            place(m.subspan(a.offset, a.value.size()), s, std::span(into).subspan(b.offset, b.value.size()), l);
        };
        moment(old.first_moment(), first);
        moment(old.second_moment(), second);
    }
    const auto old_layers = small.operators(), new_layers = large.operators();
    for (std::size_t k = 0; k < old_layers.size(); ++k)
        grow_layer(chain_of(old_layers[k]), chain_of(new_layers[k]), random);
    grown.restore(step, first, second);

    xtn::safetensors file(checkpoint.string());
    xtn::add_training_state(file, to, grown);
    describe_model(file, large, characters);
    examples::save_once(checkpoint, file);
}

}  // namespace picogpt
