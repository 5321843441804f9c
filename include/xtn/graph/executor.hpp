// SPDX-License-Identifier: BSD-3-Clause
// Who runs independent tasks: the caller alone, or any pool with run(n, f(task, worker)) and workers(), such as
// xtn::thread_pool, which stands above this room. Results are filed under the task, so they do not depend on the workers.
#pragma once

#include <cstddef>
#include <functional>

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

    std::size_t workers() const { return workers_; }
    /// Calls f(task, worker) for each task in [0, n) and returns when all have returned.
    void run(std::size_t n, const task_function& f) const {
        if (run_)
            run_(n, f);
        else
            for (std::size_t task = 0; task < n; ++task) f(task, 0);
    }

private:
    std::size_t workers_ = 1;
    std::function<void(std::size_t, const task_function&)> run_;
};

}  // namespace xtn::graph
