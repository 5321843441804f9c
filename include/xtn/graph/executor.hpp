// SPDX-License-Identifier: BSD-3-Clause
// Who runs independent tasks: the caller alone, or any pool with run(n, f(task, worker)) and workers(), such as
// xtn::thread_pool, which stands above this room; and which processes share the slices of a network, each with such a pool. Results
// are filed under the task, so they do not depend on the workers.
#pragma once

#include <cstddef>
#include <functional>

#include <xtn/core/processes.hpp>

namespace xtn::graph {

/// Runs tasks on a pool, or on the caller. Holds the pool by reference.
class executor {
public:
    using task_function = std::function<void(std::size_t task, std::size_t worker)>;

    /// The caller alone.
    executor() = default;
    /// A pool that deals out its tasks in increasing order.
    template <class Pool>
    requires requires(Pool& p) { p.workers(); }
    executor(Pool& pool)  // NOLINT: a pool is an executor
        : workers_(pool.workers()), run_([&pool](std::size_t n, const task_function& f) { pool.run(n, f); }) {}

    /// The pools of several processes, which all evaluate the same network and all have its result. They call the processes'
    /// functions from one worker at a time.
    template <class Pool>
    executor(Pool& pool, const any_process_group& processes) : executor(pool) {
        processes_ = processes;
    }

    const any_process_group& processes() const { return processes_; }
    std::size_t workers() const { return workers_; }
    /// Calls f(task, worker) for each task in [0, n), in this process, and returns when all have returned.
    void run(std::size_t n, const task_function& f) const {
        if (run_)
            run_(n, f);
        else
            for (std::size_t task = 0; task < n; ++task) f(task, 0);
    }

private:
    any_process_group processes_;
    std::size_t workers_ = 1;
    std::function<void(std::size_t, const task_function&)> run_;
};

}  // namespace xtn::graph
