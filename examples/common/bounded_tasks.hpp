// SPDX-License-Identifier: BSD-3-Clause
// Tasks side by side as long as their memory permits.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include <xtn/train/thread_pool.hpp>

namespace examples {

/// Something to do, and how many bytes it takes meanwhile.
struct bounded_task {
    std::size_t bytes;
    std::function<void()> run;
};

/// Runs the tasks on the pool's workers, each one as soon as a worker is free and it fits, with those that run, into
/// `limit` bytes; one that never fits runs alone. When a task throws, no further ones begin, and the exception comes out
/// here.
inline void run_bounded(std::vector<bounded_task> tasks, std::size_t limit, xtn::thread_pool& pool) {
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t used = 0, running = 0;
    bool failed = false;
    const auto work = [&] {
        std::unique_lock lock(mutex);
        for (;;) {
            auto next = tasks.begin();
            while (next != tasks.end() && running > 0 && (used > limit || next->bytes > limit - used)) ++next;
            if (tasks.empty() || failed) return;
            if (next == tasks.end()) {
                changed.wait(lock);
                continue;
            }
            const bounded_task task = std::move(*next);
            tasks.erase(next);
            used += task.bytes;
            ++running;
            lock.unlock();
            const auto done = [&](bool threw) {
                lock.lock();
                used -= task.bytes;
                --running;
                failed = failed || threw;
                changed.notify_all();
            };
            try {
                task.run();
            } catch (...) {
                done(true);
                throw;
            }
            done(false);
        }
    };
    pool.run(pool.workers(), [&](std::size_t, std::size_t) { work(); });
}

}  // namespace examples
