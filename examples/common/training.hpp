// SPDX-License-Identifier: BSD-3-Clause
// A training that leaves a record and files, and tells how far it is, shared by the processes of the run. Beside what the library
// asks of a task, it says what its speed is counted in: unit(), and units(batch) of a step.
#pragma once

#include <cstdint>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <utility>

#include <xtn/train.hpp>

#include "progress.hpp"
#include "run_record.hpp"
#include "team.hpp"

namespace examples {

/// Of a training that came to an end.
struct trained {
    xtn::evaluation validation;
    double units_per_second = 0;  ///< since this start of the program, scores and checkpoints left out
};

namespace detail {

class recorder : public xtn::training_observer {
public:
    recorder(run_record& record, std::filesystem::path file, std::uint64_t last, std::uint64_t units, std::string unit)
        : record_(record), file_(std::move(file)), last_(last), units_(units), unit_(std::move(unit)) {}

    void begins(std::uint64_t step) {
        if (step > 0) {
            record_.resume(file_, step + 1);  // points carry the number of steps made
            std::cout << "goes on after step " << step << " of " << last_ << "\n";
        }
        seconds_ = record_.result("training_seconds", 0);
        progress_.emplace(last_, units_, unit_, step);
    }
    void stepped(std::uint64_t step, double loss, double seconds) {
        seconds_ += seconds;
        record_.measure("train_loss", step, loss);
        progress_->update(step, loss);
    }
    void evaluated(std::uint64_t step, const xtn::evaluation& found) {
        record_.measure("val_loss", step, found.loss);
        record_.measure("val_acc", step, found.accuracy);
    }
    void saves() {
        record_.set("training_seconds", seconds_);
        record_.save(file_);
    }

private:
    run_record& record_;
    std::filesystem::path file_;
    std::uint64_t last_, units_;
    std::string unit_;
    double seconds_ = 0;
    std::optional<progress> progress_;
};

}  // namespace detail

/// Trains until the plan's last step, or its stop, and leaves in `directory`: <name>.safetensors (the parameters),
/// <name>.json (the record), and meanwhile <name>.checkpoint.safetensors. With `resume`, goes on from the checkpoint if
/// there is one and ends with the same bits as an uninterrupted run. Throws as xtn::train does.
template <xtn::training_task Task>
trained train(const Task& task, xtn::training_plan plan, xtn::thread_pool& pool, const std::filesystem::path& directory,
              const std::string& name, run_record& record, bool resume) {
    if (team().size() > plan.lanes)
        throw xtn::error("a step has " + std::to_string(plan.lanes) + " lanes, too few for " +
                         std::to_string(team().size()) + " processes: give --lanes");
    plan.checkpoint = directory / (name + ".checkpoint.safetensors");
    plan.resume = resume;
    const std::filesystem::path record_file = directory / (name + ".json");
    const std::uint64_t units = task.units(plan.batch);
    const xtn::training_result found =
        xtn::train(task, plan, pool, detail::recorder(record, record_file, plan.last(), units, task.unit()), team());
    trained result{.validation = found.validation};
    if (found.steps > 0) result.units_per_second = static_cast<double>(found.steps * units) / found.seconds;
    if (plan.stop < plan.steps) return result;

    record.set("parameters", xtn::parameter_count(task.parameters()));
    record.set("val_loss", found.validation.loss);
    record.set("val_acc", found.validation.accuracy);
    record.set("val_predictions", found.validation.predictions);
    if (found.steps > 0) record.set(std::string(task.unit()) + "_per_second", result.units_per_second);
    record.save(record_file);
    const std::filesystem::path weights = directory / (name + ".safetensors");
    xtn::safetensors file(weights.string());
    task.describe(file);
    xtn::add_parameters(file, task.parameters());
    save_once(weights, file);
    return result;
}

}  // namespace examples
