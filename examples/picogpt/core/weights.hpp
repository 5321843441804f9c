// SPDX-License-Identifier: BSD-3-Clause
// Models from and to safetensors, under the names of the MPO paper's PyTorch port: a dense layer is "<layer>.weight", an
// MPO "<layer>.cores.<site>" in (left bond, out, in, right bond) order. What each layer is, is in the metadata.
#pragma once

#include <cstddef>
#include <filesystem>

#include <xtn/io/safetensors.hpp>
#include <xtn/io/vocabulary.hpp>

#include "model.hpp"

namespace picogpt {

/// Whether a file, in memory or mapped, seems to hold a PicoGPT.
template <class File>
bool holds_model(const File& file) {
    return file.contains("tok_emb.weight") &&
           (file.metadata().contains("transformer") || file.contains("blocks.0.ln1.weight"));
}

/// The model in a file, by the metadata "transformer" and those of its operators. In files without them the shape and the
/// operators follow from the tensors, but for the number of heads, which are the metadata "heads" or `heads`, and the
/// context of sinusoids, which is 256. Throws io_error or shape_error for a file that holds no PicoGPT, numeric_error for a
/// value that is not finite.
model<float> load_model(const xtn::safetensors& file, std::size_t heads = 4);

/// Writes the parameters, with composition and characters as metadata.
void save_model(const std::filesystem::path& path, const model<float>& m, const xtn::vocabulary& characters);

/// What save_model puts into the metadata.
void describe_model(xtn::safetensors& file, const model<float>& m, const xtn::vocabulary& characters);

}  // namespace picogpt
