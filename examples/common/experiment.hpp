// SPDX-License-Identifier: BSD-3-Clause
// What programs that train the rows of an experiment share: the trainings one after the other, each with its record, then
// the table.
#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "options.hpp"
#include "table.hpp"
#include "training.hpp"

namespace examples {

/// Something about a trained model, for its record and the table.
struct measurement {
    std::string name;  ///< words are joined by "_"
    double value;
    int decimals;
};

/// The rows of one table.
class experiment {
public:
    /// `whole` is how many parameters the model has that ratios are taken of, `unit` what speeds are counted in.
    experiment(std::string program, const options& o, std::size_t whole, const std::string& unit)
        : program_(std::move(program)), options_(o), whole_(whole), columns_{"model",    "parameters",   "ratio",
                                                                             "val loss", "val accuracy", unit + "/s"} {
        make_directory(o.out);
    }

    /// Trains a row: train(record) does it and leaves what examples::train does; then measure() is called.
    void add(
        const std::string& name, std::size_t parameters, nlohmann::ordered_json described, std::uint64_t seed,
        const std::function<trained(run_record&)>& train,
        const std::function<std::vector<measurement>()>& measure = [] { return std::vector<measurement>{}; }) {
        std::cout << "\n" << name << ": " << grouped(std::to_string(parameters)) << " parameters\n";
        described["threads"] = options_.threads;
        run_record record(program_, std::move(described), seed);
        const trained t = train(record);
        lines_.push_back({name,
                          parameters,
                          {static_cast<double>(whole_) / static_cast<double>(parameters), 1},
                          t.validation.loss,
                          {100 * t.validation.accuracy, 2},
                          {t.units_per_second, 0}});
        for (const measurement& found : measure()) {
            record.set(found.name, found.value);
            lines_.back().push_back({found.value, found.decimals});
            if (lines_.size() > 1) continue;
            columns_.push_back(found.name);
            std::replace(columns_.back().begin(), columns_.back().end(), '_', ' ');
        }
        record.save(options_.out / (name + ".json"));
    }

    /// The table of all rows, and where the files are.
    void print(const std::string& remark = "") const {
        table results(columns_);
        for (const auto& line : lines_) results.add_row(line);
        std::cout << "\n"
                  << results.markdown() << remark << "\nResults are in "
                  << std::filesystem::absolute(options_.out).string()
                  << ": for each model the weights (.safetensors) and the record (.json).\n";
    }

private:
    std::string program_;
    const options& options_;
    std::size_t whole_;
    std::vector<std::string> columns_;
    std::vector<std::vector<cell>> lines_;
};

}  // namespace examples
