// SPDX-License-Identifier: BSD-3-Clause
// The text that an example trains on: what the user names, else Tiny Shakespeare from a data directory or the network
// (github.com/karpathy/char-rnn), else generated text, so that every example runs anywhere. Which one it was is printed
// and returned, because a loss means nothing without its text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <optional>
#include <ostream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <xtn/core/error.hpp>
#include <xtn/io/text_corpus.hpp>

namespace examples {

/// A corpus, what it is in one line, and, for generated text, the expected loss (nats per character) that no model can
/// beat.
struct corpus_source {
    xtn::text_corpus corpus;
    std::string description;
    std::optional<double> entropy_floor;
};

/// Where find_corpus looks. The defaults are those of the examples' command line.
struct corpus_options {
    /// --data: a text file, or a directory with input.txt or tinyshakespeare/input.txt.
    std::optional<std::filesystem::path> data{};
    /// Directories tried without being asked for. Nothing means ./data and ../shared/data, seen from the current
    /// directory and from the source tree.
    std::optional<std::vector<std::filesystem::path>> directories{};
    /// May Tiny Shakespeare be fetched with curl or wget?
    bool download = true;
    /// Length and seed of the generated text.
    std::size_t generated_length = 1'000'000;
    std::uint64_t generated_seed = 1;
};

/// The directories that data are looked for in without being asked for.
std::vector<std::filesystem::path> data_directories();

/// The value of an environment variable that is set and not empty.
std::optional<std::filesystem::path> environment_path(const char* name);

/// What find(directory or file) gives for the first place where it gives anything, and how that place came up: "--data",
/// "XTN_DATA", or "found" in one of the `directories` (by default data_directories()). Throws xtn::io_error, saying what is
/// `wanted`, where one that the user named has nothing.
template <class Find, class Found = typename std::invoke_result_t<Find, std::filesystem::path>::value_type>
std::optional<std::pair<Found, std::string>> find_data(
    const std::optional<std::filesystem::path>& data,
    const std::optional<std::vector<std::filesystem::path>>& directories, const std::string& wanted, const Find& find) {
    using named_path = std::pair<const char*, std::optional<std::filesystem::path>>;
    for (const auto& [name, path] : {named_path{"--data", data}, named_path{"XTN_DATA", environment_path("XTN_DATA")}})
        if (path) {
            if (auto found = find(*path)) return std::pair(*std::move(found), std::string(name));
            throw xtn::io_error(std::string(name) + " says " + path->string() + ", but that is " + wanted);
        }
    for (const auto& directory : directories.value_or(data_directories()))
        if (auto found = find(directory)) return std::pair(*std::move(found), std::string("found"));
    return std::nullopt;
}

/// The corpus for an example, the first of: options.data, the environment variable XTN_DATA, the data directories, the
/// download, generated text. Says on `log` which one it is. Throws xtn::io_error if one that was named by the user does
/// not exist, or if a text is not usable, and xtn::error if processes found different ones.
corpus_source find_corpus(const corpus_options& options = {}, std::ostream& log = std::cout);

}  // namespace examples
