// SPDX-License-Identifier: BSD-3-Clause
#include "run_record.hpp"

#include <algorithm>
#include <ctime>
#include <fstream>
#include <string_view>
#include <thread>

#include <xtn/backend/engine.hpp>
#include <xtn/backend/threads.hpp>
#include <xtn/core/error.hpp>
#include <xtn/io/atomic_file.hpp>

#include "build_info.hpp"
#include "team.hpp"

namespace examples {

namespace {

using json = run_record::json;

std::string compiler() {
#if defined(__clang__)
    return __VERSION__;  // begins with the vendor and "Clang"
#elif defined(__GNUC__)
    return "GCC " __VERSION__;
#else
    return "unknown";
#endif
}

/// What the flags amount to, for programs whose build does not tell them.
std::string target() {
    std::string text;
#if defined(__OPTIMIZE__)
    text += "optimised";
#else
    text += "not optimised";
#endif
#if defined(__FAST_MATH__)
    text += ", fast-math";
#endif
#if defined(__AVX512F__)
    text += ", AVX-512";
#elif defined(__AVX2__)
    text += ", AVX2";
#elif defined(__SSE2__)
    text += ", SSE2";
#endif
#if !defined(NDEBUG)
    text += ", assertions";
#endif
    return text;
}

/// The processor's name where Linux tells it.
std::string processor() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);)
        if (const auto colon = line.find(": "); line.starts_with("model name") && colon != std::string::npos)
            return line.substr(colon + 2);
    return "unknown";
}

std::string utc_now() {
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    char text[32];
    return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc)};
}

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& expected, const json& found) {
    throw xtn::io_error(path.string() + ": expected the record of a run with " + expected + ", found " + found.dump());
}
/// Indented, but arrays of numbers on one line.
std::string text_of(const json& j, const std::string& indent = "") {
    const bool flat = std::none_of(j.begin(), j.end(), [](const json& e) { return e.is_structured(); });
    if (!j.is_structured() || j.empty() || (j.is_array() && flat)) return j.dump();
    std::string text = j.is_array() ? "[" : "{";
    for (auto e = j.begin(); e != j.end(); ++e) {
        text += (e == j.begin() ? "\n  " : ",\n  ") + indent;
        if (j.is_object()) text += json(e.key()).dump() + ": ";
        text += text_of(*e, indent + "  ");
    }
    return text + "\n" + indent + (j.is_array() ? "]" : "}");
}
void require_same_option(const std::filesystem::path& path, const std::string& name, const json& former,
                         const json& now) {
    if (former != now)
        throw xtn::io_error(path.string() + ": the run to go on with had " + name + " = " + former.dump() + ", but " +
                            now.dump() + " is asked for; give it the same options, or another --out");
}

/// nlohmann-json would turn -1 into 2^64 - 1 and 1.5 into 1.
std::uint64_t step_of(const std::filesystem::path& path, const std::string& series, const json& step) {
    if (!step.is_number_unsigned()) refuse(path, "whole steps from 0 on in \"" + series + "\"", step);
    return step.get<std::uint64_t>();
}

}  // namespace

run_record::run_record(std::string program, json options, std::uint64_t seed) {
    record_["program"] = std::move(program);
    record_["git_revision"] = git_revision();
    record_["started"] = utc_now();
    record_["wall_seconds"] = 0.0;
    record_["seed"] = seed;
    record_["options"] = std::move(options);
    record_["compiler"] = compiler();
    record_["flags"] = compiler_flags();
    record_["target"] = target();
    const std::string blas = xtn::blas_config();
    record_["blas"] = blas.empty() ? "unknown" : blas;
    record_["blas_core"] = blas.empty() ? "unknown" : xtn::blas_core_name();
    record_["float_products"] = xtn::product_engine<float>();
    record_["processor"] = processor();
    record_["hardware_threads"] = std::thread::hardware_concurrency();
    if (team().size() > 1) record_["processes"] = team().size();
    record_["results"] = json::object();
    record_["series"] = json::object();
}

void run_record::measure(const std::string& series, std::uint64_t step, double value) {
    json& s = record_["series"][series];
    s["step"].push_back(step);
    s["value"].push_back(value);
}

double run_record::result(const std::string& name, double otherwise) const {
    return record_["results"].value(name, otherwise);
}

void run_record::resume(const std::filesystem::path& path, std::uint64_t first_step) {
    try {
        const json former = json::parse(xtn::read_file<std::string>(path));
        require_same_option(path, "seed", former.at("seed"), record_["seed"]);
        for (const auto& [name, value] : record_["options"].items())
            if (name != "threads") require_same_option(path, name, former.at("options").value(name, json()), value);
        json series = json::object();
        for (const auto& [name, points] : former.at("series").items())
            for (std::size_t i = 0; i < points.at("step").size(); ++i)
                if (step_of(path, name, points.at("step").at(i)) < first_step) {
                    series[name]["step"].push_back(points.at("step").at(i));
                    series[name]["value"].push_back(points.at("value").at(i));
                }
        const auto began = former.at("started").get<std::string>();
        const auto seconds = former.at("wall_seconds").get<double>();
        if (!(seconds >= 0)) refuse(path, "wall_seconds from 0 on", former.at("wall_seconds"));
        if (!former.at("results").is_object()) refuse(path, "an object of results", former.at("results"));
        earlier_seconds_ = seconds;
        record_["series"] = std::move(series);
        record_["results"] = former.at("results");
        record_["started"] = began;
    } catch (const json::exception& e) {
        throw xtn::io_error(path.string() + ": expected the record of a run, found " + e.what());
    }
}

json run_record::to_json() const {
    json copy = record_;
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
    copy["wall_seconds"] = earlier_seconds_ + elapsed.count();
    return copy;
}

void run_record::save(const std::filesystem::path& path) const {
    if (team().writes()) xtn::write_file(path, text_of(to_json()) + '\n');
}

}  // namespace examples
