// SPDX-License-Identifier: BSD-3-Clause
// Compression of every matrix in a file, or in the files of a sharded checkpoint, whatever model it is of and whether or not
// it fits into memory: matrix by matrix, several at a time. What is finished is kept in a directory beside the target until
// all is, so that an interrupted run goes on.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <xtn/io/mapped_safetensors.hpp>
#include <xtn/train/thread_pool.hpp>

#include "compression.hpp"

namespace picogpt {

/// What became of a tensor.
struct compressed_tensor {
    std::string layer;  ///< the tensor's name, of a matrix without ".weight"
    std::size_t elements = 0, parameters = 0;
    std::size_t size = 0;
    approximation_error error{};  ///< of a matrix that became an operator
    std::string kept{};           ///< why it is as it was, if it is
};

struct file_compression {
    representation form{};
    std::optional<double> tolerance{};
    bool resume = false;  ///< take over what an interrupted run with the same options finished
};

/// Writes the tensors of `file` to `target`, every matrix of floating-point numbers (F16, BF16, F32, F64) as the nearest
/// operator with parameters of the same dtype, all else as it is. A matrix "x" or "x.weight" becomes "x.cores.0" and so on,
/// as models are stored. Decompositions are from sketches in single precision. Matrices that are worked on together take as
/// much memory as the largest alone, which is below twice its size in single precision for MPOs, Kronecker products and low
/// rank of sizes below a third of what is full. Calls `report` for each tensor as it is finished, one call at a time. Returns
/// all in the order of the file.
std::vector<compressed_tensor> compress_file(const xtn::mapped_safetensors& file, const file_compression& how,
                                             const std::filesystem::path& target, xtn::thread_pool& pool,
                                             const std::function<void(const compressed_tensor&)>& report);

}  // namespace picogpt
