// SPDX-License-Identifier: BSD-3-Clause
// The options that all experiment programs share, and how a program ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <thread>

#include <CLI/CLI.hpp>

#include <xtn/core/error.hpp>

namespace examples {

struct options {
    std::optional<std::string> data;
    std::uint64_t steps = 2000;
    std::size_t batch = 32;
    std::uint64_t seed = 1;
    std::size_t threads = 1;
    std::filesystem::path out;
    bool resume = false, quick = false, full = false;
};

/// A command line with the shared options. `out` is where results go unless --out says otherwise.
inline void add_options(CLI::App& app, options& o, const std::string& out) {
    o.out = out;
    o.threads = std::max<std::size_t>(1, std::thread::hardware_concurrency());
    app.option_defaults()->always_capture_default();
    app.add_option("--data", o.data,
                   "text file or directory [else XTN_DATA, data/, ../shared/data, a download, or a built-in corpus]");
    app.add_option("--steps", o.steps, "training steps")->check(CLI::PositiveNumber);
    app.add_option("--batch", o.batch, "windows per step")->check(CLI::PositiveNumber);
    app.add_option("--seed", o.seed, "of initialisation and batches");
    app.add_option("--threads", o.threads, "worker threads")->check(CLI::Range(1, 256));
    app.add_option("--out", o.out, "directory for results");
    app.add_flag("--resume", o.resume, "go on from the checkpoints in the output directory");
    auto* quick = app.add_flag("--quick", o.quick, "minutes instead of hours");
    app.add_flag("--full", o.full, "everything")->excludes(quick);
}

/// Creates a directory for results. Throws io_error naming it.
inline void make_directory(const std::filesystem::path& path) {
    std::error_code failure;
    std::filesystem::create_directories(path, failure);
    if (failure) throw xtn::io_error("cannot create the directory " + path.string() + ": " + failure.message());
}

/// Parses the command line and runs the program; a wrong option or an error ends it with a message and a status.
template <class Program>
int run(CLI::App& app, int argc, char** argv, Program program) {
    try {
        app.parse(argc, argv);
        program();
        return 0;
    } catch (const CLI::ParseError& e) {
        return app.exit(e);
    } catch (const std::exception& e) {
        std::cout.flush();
        std::cerr << app.get_name() << ": " << e.what() << '\n';
        return 1;
    }
}

}  // namespace examples
