// SPDX-License-Identifier: BSD-3-Clause
// The record of a run, as JSON: with what it was run (options, seed, compiler, flags, BLAS, processor, git revision),
// when and how long, and everything it measured. Tables and figures are made from records; nothing is typed in.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

namespace examples {

/// Begins with the construction, which starts the clock.
class run_record {
public:
    using json = nlohmann::ordered_json;

    run_record(std::string program, json options, std::uint64_t seed);

    /// A single result, for instance set("test_loss", 1.52). Infinities and NaN become null, for JSON has none.
    void set(const std::string& name, json value) { record_["results"][name] = std::move(value); }

    /// Appends a point to a series, for instance measure("train_loss", step, loss).
    void measure(const std::string& series, std::uint64_t step, double value);

    /// A result that was set, or `otherwise`.
    double result(const std::string& name, double otherwise) const;

    /// Continues the record that an interrupted run left: takes over its series before `first_step`, its results, the time
    /// it took and when it began. A file that is no record, or that of a run with another seed or other options, is an
    /// xtn::io_error; the number of threads may differ.
    void resume(const std::filesystem::path& path, std::uint64_t first_step);

    /// The record as it stands now, with the wall time so far.
    json to_json() const;

    /// Writes the record, which process 0 does; after a crash the file is the old one or the new one.
    void save(const std::filesystem::path& path) const;

private:
    json record_;
    double earlier_seconds_ = 0;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace examples
