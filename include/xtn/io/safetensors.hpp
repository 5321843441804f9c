// SPDX-License-Identifier: BSD-3-Clause
// Tensors on disk, readable by Python's safetensors and by PyTorch, without code execution on either side.
//
//     xtn::safetensors file = xtn::load_safetensors("model.safetensors");
//     std::vector<float> w = file.read<float>("lm_head.weight");
//     file.add<float>("bias", {3}, values);
//     xtn::save_safetensors("model.safetensors", file);
#pragma once

#include <filesystem>

#include <xtn/io/atomic_file.hpp>
#include <xtn/io/safetensors_file.hpp>
#include <xtn/io/safetensors_reader.hpp>
#include <xtn/io/safetensors_writer.hpp>

namespace xtn {

/// Reads and checks the file at `path`. Throws io_error naming the path and what is wrong.
inline safetensors load_safetensors(const std::filesystem::path& path) {
    return parse_safetensors(read_file(path), path.string());
}

/// Writes `file` to `path` as write_file does: after a crash the path holds the old content or the new one. Throws
/// io_error if it cannot be written or `file` cannot be stored in the format.
inline void save_safetensors(const std::filesystem::path& path, const safetensors& file) {
    write_file(path, serialise_safetensors(file));
}

}  // namespace xtn
