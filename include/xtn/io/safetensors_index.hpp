// SPDX-License-Identifier: BSD-3-Clause
// The index of a sharded checkpoint, model.safetensors.index.json: which of several safetensors files has which tensor.
//
//     {"metadata": {"total_size": 6230000000}, "weight_map": {"wte.weight": "model-00001-of-00002.safetensors", ...}}
//
// (huggingface/transformers, save_pretrained). Hostile until checked, event by event as the header of a file is: a key may
// not occur twice, and a file's name is a name in the index's own directory, so that no index reaches elsewhere. What else
// stands in it is passed over: total_size is often wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include <xtn/core/error.hpp>
#include <xtn/io/atomic_file.hpp>
#include <xtn/io/utf8.hpp>

namespace xtn {

/// Tensors and the files that hold them.
class safetensors_index {
public:
    /// Throws io_error, with `origin` before the message, for an index that is none.
    explicit safetensors_index(std::string_view text, std::string origin = "safetensors index in memory")
        : origin_(std::move(origin)) {
        if (const std::size_t valid = valid_utf8_prefix(text); valid != text.size())
            fail("it is not valid UTF-8 at byte " + std::to_string(valid));
        if (text.find('\0') != std::string_view::npos) fail("it has a NUL");
        reader events(*this);
        nlohmann::json::sax_parse(text, &events);
        if (!events.has_weight_map) fail("the object \"weight_map\" is missing");
    }

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
    /// Depth 1 is the whole; 2 in the weight map is tensors; everything else is passed over.
    struct reader final : nlohmann::json_sax<nlohmann::json> {
        explicit reader(safetensors_index& i) : index(i) {}

        bool in_map() const { return depth >= 2 && top == "weight_map"; }
        bool other(const char* found) const {
            if (depth == 0) index.fail(std::string("it must be an object, found ") + found);
            if (depth == 1 && top == "weight_map")
                index.fail(std::string("\"weight_map\" must be an object, found ") + found);
            if (in_map())
                index.fail("the file of tensor " + detail::in_quotes(name) + " must be a string, found " + found);
            return true;
        }
        bool null() override { return other("null"); }
        bool boolean(bool) override { return other("true or false"); }
        bool number_integer(std::int64_t) override { return other("a number"); }
        bool number_unsigned(std::uint64_t) override { return other("a number"); }
        bool number_float(double, const std::string&) override { return other("a number"); }
        bool binary(nlohmann::json::binary_t&) override { return other("binary data"); }
        bool string(std::string& text) override {
            if (!in_map()) return other("a string");
            if (text.empty() || text == "." || text == ".." || text.find_first_of("/\\\0", 0, 3) != std::string::npos)
                index.fail("tensor " + detail::in_quotes(name) + " is said to be in " + detail::in_quotes(text) +
                           ", which is no file name in the directory of the index");
            index.weight_map_.emplace(name, std::move(text));
            return true;
        }
        bool key(std::string& text) override {
            if (depth == 1 && !tops.insert(text).second)
                index.fail("the key " + detail::in_quotes(text) + " occurs twice");
            if (in_map() && index.weight_map_.contains(text))
                index.fail("the tensor " + detail::in_quotes(text) + " occurs twice");
            (depth == 1 ? top : name) = std::move(text);
            return true;
        }
        bool start_object(std::size_t) override {
            if (in_map()) other("an object");
            has_weight_map = has_weight_map || (depth == 1 && top == "weight_map");
            ++depth;
            return true;
        }
        bool end_object() override { return leave(); }
        bool start_array(std::size_t) override {
            other("a list");
            ++depth;
            return true;
        }
        bool end_array() override { return leave(); }
        bool leave() {
            --depth;
            return true;
        }
        bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception& e) override {
            index.fail("it is not valid JSON: " + detail::printable(e.what(), 300));
        }

        safetensors_index& index;
        std::size_t depth = 0;
        bool has_weight_map = false;
        std::string top, name;
        std::set<std::string> tops;
    };

    [[noreturn]] void fail(const std::string& what) const { throw io_error(origin_ + ": " + what); }

    std::string origin_;
    std::map<std::string, std::string> weight_map_;
};

/// Reads and checks the index at `path`. Throws io_error naming the path and what is wrong.
inline safetensors_index load_safetensors_index(const std::filesystem::path& path) {
    return safetensors_index(read_file<std::string>(path), path.string());
}

}  // namespace xtn
