// SPDX-License-Identifier: BSD-3-Clause
// safetensors larger than memory: headers are read and checked, tensors stay on disk until they are asked for, and are in
// memory as long as somebody holds them.
//
//     const xtn::mapped_safetensors model = xtn::map_safetensors("model");
//     for (const std::string& name : model.names()) std::cout << name << ' ' << model[name].read<float>().at(0) << '\n';
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <xtn/core/error.hpp>
#include <xtn/io/mapped_file.hpp>
#include <xtn/io/named_list.hpp>
#include <xtn/io/safetensors_index.hpp>
#include <xtn/io/safetensors_reader.hpp>

namespace xtn {

/// The tensors of a safetensors file, or of the several files of a sharded checkpoint, mapped one at a time. Functions
/// that take a name throw io_error, naming file and tensor, if there is no tensor of that name. The files must not change
/// meanwhile: what is read is what is on disk, and touching a tensor of a file that was truncated ends the program.
class mapped_safetensors {
public:
    /// Reads the header of one file and checks it as parse_safetensors does.
    explicit mapped_safetensors(const std::filesystem::path& path) : origin_(path.string()) { add_shard(path); }

    /// The files that an index names, beside it. Throws io_error where a tensor is not in the file that the index says, or
    /// in two of them. Tensors that the index leaves out are there as well; of the metadata, what all files that have a key
    /// agree on.
    mapped_safetensors(const safetensors_index& index, const std::filesystem::path& directory)
        : origin_(index.origin()) {
        for (const std::string& file : index.files()) add_shard(directory / file);
        for (const auto& [name, file] : index.weight_map())
            if (!contains(name) || shards_[tensors_.at(name, origin_).shard].path != directory / file)
                throw io_error(detail::called(origin_, name) + " is not in " + detail::in_quotes(file) +
                               ", where the index says it is");
    }

    const std::string& origin() const { return origin_; }
    /// The files.
    std::vector<std::filesystem::path> files() const {
        std::vector<std::filesystem::path> all;
        for (const shard& s : shards_) all.push_back(s.path);
        return all;
    }
    const std::map<std::string, std::string>& metadata() const { return metadata_; }

    std::size_t size() const { return tensors_.size(); }
    bool contains(std::string_view name) const { return tensors_.contains(name); }
    /// Names in the order of the files.
    std::vector<std::string> names() const { return tensors_.names(); }
    dtype type(std::string_view name) const { return tensors_.at(name, origin_).type; }
    const tensor_shape& shape(std::string_view name) const { return tensors_.at(name, origin_).shape; }
    std::size_t size_in_bytes(std::string_view name) const {
        const place& p = tensors_.at(name, origin_);
        return p.end - p.begin;
    }

    /// The tensor, mapped; its memory is given back with the last copy of what is returned.
    stored_tensor operator[](std::string_view name) const {
        const place& p = tensors_.at(name, origin_);
        return part(name, p, p.shape, p.begin, p.end - p.begin);
    }

    /// The same of `count` elements of the first axis, from `first` on: rows of a matrix. Throws shape_error for a scalar
    /// or elements that are not there.
    stored_tensor rows(std::string_view name, std::size_t first, std::size_t count) const {
        const place& p = tensors_.at(name, origin_);
        if (p.shape.empty() || first > p.shape[0] || count > p.shape[0] - first)
            throw shape_error(detail::called(origin_, name) + " has shape " + detail::shape_text(p.shape) + ", but " +
                              std::to_string(count) + " rows from " + std::to_string(first) + " on are asked for");
        const std::size_t row = p.shape[0] == 0 ? 0 : (p.end - p.begin) / p.shape[0];
        tensor_shape shape = p.shape;
        shape[0] = count;
        return part(name, p, std::move(shape), p.begin + first * row, count * row);
    }

private:
    struct shard {
        std::filesystem::path path;
        detail::mapped_file file;
        std::uint64_t data;  // where the offsets count from
    };
    struct place {
        dtype type;
        tensor_shape shape;
        std::size_t shard, begin, end;
    };

    void add_shard(const std::filesystem::path& path) {
        const detail::mapped_file file(path);
        const std::string origin = path.string();
        const auto start = file.map(0, static_cast<std::size_t>(std::min<std::uint64_t>(8, file.size())));
        const std::size_t length = detail::safetensors_header_length(start.bytes, file.size(), origin);
        const auto head = file.map(0, 8 + length);
        auto header = detail::read_safetensors_header(detail::safetensors_header_text(head.bytes, length),
                                                      file.size() - 8 - length, origin);
        for (auto& e : header.entries)
            tensors_.insert(std::move(e.name), {e.type, std::move(e.shape), shards_.size(), e.begin, e.end}, origin);
        for (auto& [key, text] : header.metadata) {
            if (disputed_.contains(key)) continue;
            const auto [found, is_new] = metadata_.try_emplace(key, text);
            if (is_new || found->second == text) continue;
            metadata_.erase(found);
            disputed_.insert(key);
        }
        shards_.push_back({path, file, 8 + length});
    }

    stored_tensor part(std::string_view name, const place& p, tensor_shape shape, std::size_t begin,
                       std::size_t count) const {
        const shard& s = shards_[p.shard];
        auto mapped = s.file.map(s.data + begin, count);
        return {detail::called(s.path.string(), name), p.type, std::move(shape), mapped.bytes, std::move(mapped.owner)};
    }

    std::string origin_;
    std::vector<shard> shards_;
    detail::named_list<place> tensors_;
    std::map<std::string, std::string> metadata_;
    std::set<std::string> disputed_;
};

/// What `path` means: a safetensors file; an index ("....json"); or a directory that has model.safetensors.index.json or
/// model.safetensors, as Hugging Face's checkpoints do. Throws io_error naming what is wrong.
inline mapped_safetensors map_safetensors(const std::filesystem::path& path) {
    std::error_code none;
    if (std::filesystem::is_directory(path, none)) {
        const auto index = path / "model.safetensors.index.json";
        return map_safetensors(std::filesystem::exists(index, none) ? index : path / "model.safetensors");
    }
    if (path.extension() != ".json") return mapped_safetensors(path);
    return {load_safetensors_index(path), path.parent_path()};
}

}  // namespace xtn
