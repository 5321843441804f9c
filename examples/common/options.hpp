// SPDX-License-Identifier: BSD-3-Clause
// The command line of an experiment program: the options that all share, and how a program ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include <xtn/core/precision.hpp>

namespace examples {

/// CLI11's command line, compiled once: what makes and ends it stands in options.cpp.
class program : public CLI::App {
public:
    program(std::string description, std::string name);
    ~program() override;

    /// Parses the command line and runs `body`. Returns the status to end with; a wrong option or an error is told.
    int run(int argc, char** argv, const std::function<void()>& body);
};

struct options {
    std::optional<std::string> data;
    std::uint64_t steps = 2000;
    std::size_t batch = 32;
    std::uint64_t seed = 1;
    std::size_t threads = 1;
    xtn::precision precision = xtn::precision::full;  ///< of the matrix products of training
    std::filesystem::path out;
    bool resume = false, quick = false, full = false;
};

/// Adds the shared options. `out` is where results go unless --out says otherwise.
void add_options(CLI::App& app, options& o, const std::string& out);

/// Creates a directory for results. Throws io_error naming it.
void make_directory(const std::filesystem::path& path);

}  // namespace examples
