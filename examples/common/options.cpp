// SPDX-License-Identifier: BSD-3-Clause
#include "options.hpp"

#include <algorithm>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <system_error>
#include <thread>
#include <type_traits>
#include <utility>

#include <xtn/backend/engine.hpp>
#include <xtn/core/error.hpp>
#include <xtn/core/number.hpp>

#include "team.hpp"

namespace examples {

program::program(std::string description, std::string name) : CLI::App(std::move(description), std::move(name)) {}

program::~program() = default;

namespace {

/// What is wrong with a number, or nothing; the number is left in decimal digits.
template <class Number>
std::string number_error(std::string& text) {
    const auto number = xtn::parse_number<Number>(text);
    if (!number) return "a number that fits is expected, found \"" + text + "\"";
    if constexpr (std::is_integral_v<Number>) text = std::to_string(*number);
    return "";
}

/// CLI11 alone takes "-1" for 2^64 - 1, 2^64 for 2^64 - 1, "010" for 8 and "1e999" for infinity.
void check_numbers(CLI::App& app) {
    for (CLI::Option* option : app.get_options()) {
        const std::string type = option->get_type_name();
        if (type.starts_with("UINT"))
            option->transform(CLI::Validator(number_error<std::uint64_t>, ""));
        else if (type.starts_with("INT"))
            option->transform(CLI::Validator(number_error<std::int64_t>, ""));
        else if (type.starts_with("FLOAT"))
            option->transform(CLI::Validator(number_error<double>, ""));
    }
}

/// What must be the same in all processes, beside the program, or their results would not be those of one: kernels and options.
/// How many threads a process has is its own affair.
std::string identity(const CLI::App& app) {
    std::string lines = "products: " + xtn::product_engine<float>() + ", " + xtn::product_engine<double>() + "\n";
    std::istringstream options(app.config_to_str(true));
    for (std::string line; std::getline(options, line);)
        if (!line.starts_with("threads=")) lines += "--" + line + "\n";
    return lines;
}

}  // namespace

int program::run(int argc, char** argv, const std::function<void()>& body) {
    const team processes;
    if (!processes.writes()) std::cout.setstate(std::ios::failbit);
    try {
        check_numbers(*this);
        parse(argc, argv);
        require_same_file("program: " + get_name() + ", ", "/proc/self/exe");
        if (processes.size() > 1) require_same(identity(*this));
        body();
        return 0;
    } catch (const CLI::Success& e) {
        return exit(e);
    } catch (const CLI::ParseError& e) {
        const int status = exit(e);
        if (processes.size() > 1) processes.abort("a wrong command line");
        return status;
    } catch (const std::exception& e) {
        std::cout.flush();
        if (processes.size() > 1) processes.abort(get_name() + ": " + e.what());
        std::cerr << get_name() << ": " << e.what() << '\n';
        return 1;
    }
}

void add_options(CLI::App& app, options& o, const std::string& out) {
    o.out = out;
    o.threads = std::max<std::size_t>(1, std::thread::hardware_concurrency() / team().on_this_machine());
    app.option_defaults()->always_capture_default();
    app.add_option("--data", o.data,
                   "text file or directory [else XTN_DATA, data/, ../shared/data, a download, or a built-in corpus]");
    app.add_option("--steps", o.steps, "training steps")->check(CLI::PositiveNumber);
    app.add_option("--batch", o.batch, "windows per step")->check(CLI::PositiveNumber);
    app.add_option("--seed", o.seed, "of initialisation and batches");
    app.add_option("--threads", o.threads, "worker threads")->check(CLI::Range(1, 256));
    app.add_option("--precision", o.precision, "of matrix products in training: float or bfloat16")
        ->transform(CLI::CheckedTransformer(std::map<std::string, xtn::precision>{
            {"float", xtn::precision::full}, {"bfloat16", xtn::precision::bfloat16}}));
    app.add_option("--out", o.out, "directory for results");
    app.add_flag("--resume", o.resume, "go on from the checkpoints in the output directory");
    auto* quick = app.add_flag("--quick", o.quick, "minutes instead of hours");
    app.add_flag("--full", o.full, "everything")->excludes(quick);
    app.parse_complete_callback([&o] {
        if (o.precision == xtn::precision::bfloat16 && !xtn::has_bfloat16_products())
            std::cout << "this processor has no bfloat16 products (" << xtn::product_engine<float>(o.precision)
                      << "): they are made of floats, which takes longer than --precision float\n";
    });
}

void make_directory(const std::filesystem::path& path) {
    if (!team().writes()) return;
    std::error_code failure;
    std::filesystem::create_directories(path, failure);
    if (failure) throw xtn::io_error("cannot create the directory " + path.string() + ": " + failure.message());
}

}  // namespace examples
