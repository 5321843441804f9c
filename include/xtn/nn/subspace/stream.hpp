// SPDX-License-Identifier: BSD-3-Clause
// The residual stream of a pre-norm transformer as it is read and written: each branch reads it through a norm and adds
// what its last map makes; the output reads it last.
//
//     site       norm       readers               writer
//     branch     ln1        W_q, W_k, W_v         W_o
//     branch     ln2        W1                    W2
//     output     ln_f       head                  -
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <xtn/nn/transformer/transformer.hpp>

namespace xtn::nn {

/// A place where the stream is read.
struct stream_site {
    std::string norm;                  ///< its name
    norm_spec* kind = nullptr;         ///< in the spec
    branch_spec* branch = nullptr;     ///< in the spec; null for the output
    std::vector<std::string> readers;  ///< layers that read the norm
    std::string writer;                ///< the layer that adds to the stream; none for the output
    std::string skip{};                ///< the name of a map on the skip path; none for the output
};

/// The sites of a transformer, first to last; they point into `spec`, a copy of its own. Throws xtn::error, with the name of
/// the branch, for a stream that is not as above: norms behind the branch, maps on the skip path, rows that are compared
/// or mixed without a map of their own, mixers without a last map.
template <scalar T>
std::vector<stream_site> stream_sites(const transformer<T>& m, transformer_spec& spec) {
    std::vector<stream_site> sites;
    for (std::size_t l = 0; l < spec.body.blocks.size(); ++l)
        for (std::size_t k = 0; k < spec.body.blocks[l].branches.size(); ++k) {
            branch_spec& how = spec.body.blocks[l].branches[k];
            const nn::branch<T>& made = m.body().blocks()[l][k];
            const std::string block = "blocks." + std::to_string(l) + ".";
            const auto refuse = [&](const std::string& why) {
                throw error(block + (made.mixer_name.empty() ? made.norm_name : made.mixer_name) + ": " + why);
            };
            if (how.place != norm_place::before)
                refuse("the stream is read through a norm before the branch, not after");
            if (made.skip) refuse("the skip path has a map already");
            stream_site site{block + made.norm_name, &how.norm, &how, {}, {}, block + made.skip_name};
            if (const auto* mix = std::get_if<attention_spec>(&how.mixer)) {
                if (mix->keys == key_source::input || mix->values == value_source::input)
                    refuse("keys or values are the rows themselves, without a map that could take up a change of them");
                if (!mix->output) refuse("there is no W_o that could be changed");
            }
            for (const auto& [layer, map] : made.layers())
                if (layer.ends_with(".W_o") || layer.ends_with(".W2"))
                    site.writer = block + layer;
                else
                    site.readers.push_back(block + layer);
            if (site.writer.empty()) refuse("it has a norm alone");
            sites.push_back(std::move(site));
        }
    if (spec.output.width != 0 && spec.output.width != spec.body.out())
        throw error("the output has a map \"up\" before its norm");
    sites.push_back({"ln_f", &spec.output.norm, nullptr, {m.input().takes_tokens() ? "lm_head" : "head"}, {}});
    return sites;
}

}  // namespace xtn::nn
