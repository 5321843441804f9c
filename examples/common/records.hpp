// SPDX-License-Identifier: BSD-3-Clause
// Reads run records back, for the tables and figures that are made from them.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <xtn/core/error.hpp>
#include <xtn/io/atomic_file.hpp>

#include "plot.hpp"

namespace examples {

using json = nlohmann::ordered_json;

/// The run records below these directories, sorted by path. Throws io_error for a directory that is not there or a file
/// that is no JSON; JSON files that are no run records are passed over.
inline std::vector<json> load_records(const std::vector<std::filesystem::path>& directories) {
    std::vector<std::filesystem::path> files;
    for (const auto& directory : directories) {
        if (!std::filesystem::is_directory(directory))
            throw xtn::io_error(directory.string() + " is no directory of run records");
        for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
            if (entry.path().extension() == ".json") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    std::vector<json> records;
    for (const auto& file : files) {
        json record;
        try {
            record = json::parse(xtn::read_file<std::string>(file));
        } catch (const json::exception& e) {
            throw xtn::io_error(file.string() + ": expected the record of a run, found " + e.what());
        }
        if (record.contains("program") && record.contains("results")) records.push_back(std::move(record));
    }
    return records;
}

/// A series of a record as a curve; empty if the record has none of this name.
inline series curve_of(const json& record, const std::string& name, std::string label) {
    series curve{.label = std::move(label), .style = mark::line};
    const auto found = record.at("series").find(name);
    if (found == record.at("series").end()) return curve;
    curve.x = found->at("step").get<std::vector<double>>();
    curve.y = found->at("value").get<std::vector<double>>();
    return curve;
}

}  // namespace examples
