// SPDX-License-Identifier: BSD-3-Clause
// The index of a sharded checkpoint, model.safetensors.index.json: which of several safetensors files has which tensor.
//
//     {"metadata": {"total_size": 6230000000}, "weight_map": {"wte.weight": "model-00001-of-00002.safetensors", ...}}
//
// (huggingface/transformers, save_pretrained). Hostile until checked, event by event as the header of a file is: a key may
// not occur twice, and a file's name is a name in the index's own directory, so that no index reaches elsewhere. What else
// stands in it is passed over: total_size is often wrong.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <xtn/core/error.hpp>
#include <xtn/core/inline.hpp>
#include <xtn/io/atomic_file.hpp>

namespace xtn {

/// Tensors and the files that hold them.
class safetensors_index {
public:
    /// Throws io_error, with `origin` before the message, for an index that is none.
    XTN_INLINE explicit safetensors_index(std::string_view text, std::string origin = "safetensors index in memory");

    const std::string& origin() const { return origin_; }
    /// From tensor to file.
    const std::map<std::string, std::string>& weight_map() const { return weight_map_; }
    /// The files, sorted.
    std::set<std::string> files() const {
        std::set<std::string> all;
        for (const auto& [name, file] : weight_map_) all.insert(file);
        return all;
    }

private:
    struct events;

    [[noreturn]] void fail(const std::string& what) const { throw io_error(origin_ + ": " + what); }

    std::string origin_;
    std::map<std::string, std::string> weight_map_;
};

/// Reads and checks the index at `path`. Throws io_error naming the path and what is wrong.
inline safetensors_index load_safetensors_index(const std::filesystem::path& path) {
    return safetensors_index(read_file<std::string>(path), path.string());
}

}  // namespace xtn

#if XTN_DEFINE
#include <xtn/io/json/safetensors_index.hpp>
#endif
