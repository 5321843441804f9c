// SPDX-License-Identifier: BSD-3-Clause
// Loss and accuracy of a task over its validation examples, on several threads and perhaps several processes. Scores are
// filed by micro-batch and summed in that order, so an evaluation has the same bits for any number of both.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <xtn/core/error.hpp>
#include <xtn/core/processes.hpp>
#include <xtn/op/reconstructed.hpp>
#include <xtn/train/task.hpp>
#include <xtn/train/thread_pool.hpp>

namespace xtn {

/// How good a model is.
struct evaluation {
    double loss = 0;      ///< the mean over all predictions
    double accuracy = 0;  ///< share of them that are right
    std::size_t predictions = 0;
};

/// Scores a task. Throws shape_error where there is nothing to score it on. Every process calls it.
template <scored_task Task, process_group Processes = one_process>
evaluation evaluate(const Task& task, thread_pool& pool, const Processes& processes = {}) {
    using T = typename Task::value_type;
    const std::size_t count = task.validation_batches();
    if (count == 0) throw shape_error("evaluate: there are no examples to score");
    reconstructed<T> matrices(task.operators());
    matrices.choose(task.rows(), count);
    matrices.make();
    std::vector<tape<T>> tapes(pool.workers());
    for (tape<T>& t : tapes) matrices.provide_to(t);
    std::vector<micro_score> scores(count);
    const std::size_t own = first_of(processes.rank(), count, processes.size());
    pool.run(first_of(processes.rank() + 1, count, processes.size()) - own, [&](std::size_t b, std::size_t worker) {
        tape<T>& t = tapes[worker];
        const no_gradient guard(t);
        t.clear();
        scores[own + b] = task.validate(t, own + b);
    });
    gather(processes, std::span(scores));
    evaluation total;
    std::size_t correct = 0;
    for (const micro_score& s : scores) {
        total.loss += s.loss * static_cast<double>(s.predictions);
        total.predictions += s.predictions;
        correct += s.correct;
    }
    total.loss /= static_cast<double>(total.predictions);
    total.accuracy = static_cast<double>(correct) / static_cast<double>(total.predictions);
    return total;
}

}  // namespace xtn
