// SPDX-License-Identifier: BSD-3-Clause
// What is trained, on what, and what it is scored on: all that the loop of training does not know. A batch is worked through
// in micro-batches of equal size, one tape each (a window of a text, some images), as large as caches like.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <xtn/ad/tape.hpp>
#include <xtn/io/safetensors_file.hpp>
#include <xtn/op/operator.hpp>

namespace xtn {

/// What one micro-batch of validation examples gives.
struct micro_score {
    double loss = 0;              ///< the mean over its predictions
    std::size_t predictions = 0;  ///< of which so many are
    std::size_t correct = 0;      ///< right
};

/// A model and examples to score it on:
///
///     operators()               those whose matrix may be made once for all (reconstructed.hpp)
///     rows()                    that a micro-batch multiplies with them
///     validation_batches()      how many micro-batches the validation examples are
///     validate(tape, b)         scores one of them; nothing is recorded. Called from several threads.
template <class Task>
concept scored_task = std::floating_point<typename Task::value_type> &&
    requires(const Task& task, tape<typename Task::value_type>& t, std::size_t b) {
    { task.operators() } -> std::same_as<std::vector<any_operator<typename Task::value_type>>>;
    { task.rows() } -> std::convertible_to<std::size_t>;
    { task.validation_batches() } -> std::convertible_to<std::size_t>;
    { task.validate(t, b) } -> std::same_as<micro_score>;
};

/// A scored_task that is trained:
///
///     parameters()              what training changes
///     begin(seed, step, batch)  draws the `batch` examples of a step, by seed and step alone, so that a run that goes on sees
///                               what it would have seen
///     micro_batches()           how many micro-batches they are
///     loss(tape, b)             the mean loss of one of them, a variable<T, 0>. Called from several threads.
///     describe(file)            adds to the metadata of a file what its parameters do not say
template <class Task>
concept training_task = scored_task<Task> && requires(Task& task, const Task& fixed, tape<typename Task::value_type>& t,
                                                      std::uint64_t number, std::size_t b, safetensors& file) {
    { fixed.parameters() } -> std::same_as<std::vector<named_parameter<typename Task::value_type>>>;
    task.begin(number, number, b);
    { fixed.micro_batches() } -> std::convertible_to<std::size_t>;
    { fixed.loss(t, b) } -> std::same_as<variable<typename Task::value_type, 0>>;
    fixed.describe(file);
};

}  // namespace xtn
