// SPDX-License-Identifier: BSD-3-Clause
// A small pool of threads for data-parallel steps: run(n, f) calls f(task, worker) once for every task and returns when
// all are done. The caller is worker 0 and works too; a pool of one worker has no thread at all.
//
// Tasks are dealt out in increasing order by one atomic counter. Which worker gets a task is not fixed, so results must be
// filed under the task, not under the worker; then they are the same for any number of workers.
//
// Protocol. `job_number_` tells sleeping workers that something is new. `gate_` holds the open bit and the number of
// workers inside: a worker enters only while the gate is open, and the caller closes it when the tasks are dealt out and
// waits for those inside. A worker that wakes too late finds the gate closed and nobody waits for it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <xtn/backend/threads.hpp>
#include <xtn/core/error.hpp>

namespace xtn {

/// A fixed number of workers. While a pool lives, the BLAS runs on one thread (see xtn::blas_threads): the pool is the
/// parallelism, and a step gives the same bits for any number of workers.
class thread_pool {
public:
    /// `workers` counts the caller; 0 is an xtn::error.
    explicit thread_pool(std::size_t workers) : workers_(workers), serial_blas_(1) {
        if (workers == 0) throw error("xtn::thread_pool: expected at least one worker, found 0");
        threads_.reserve(workers - 1);
        for (std::size_t worker = 1; worker < workers; ++worker)
            threads_.emplace_back([this, worker](std::stop_token stop) { serve(stop, worker); });
    }
    thread_pool(const thread_pool&) = delete;
    thread_pool& operator=(const thread_pool&) = delete;

    /// The number of workers, the caller included.
    std::size_t workers() const { return workers_; }

    /// Calls f(task, worker) for each task in [0, n), worker in [0, workers()), and returns when all calls have returned.
    /// When tasks throw, no further ones are started and the exception of the first of them by number is rethrown here.
    /// Allocates nothing. One run at a time: a second one, from a task or from another thread, is an xtn::error.
    template <class F>
    void run(std::size_t n, F&& f) {
        if (running_.exchange(true, std::memory_order_acquire))
            throw error(
                "xtn::thread_pool::run: expected an idle pool, found it inside another run; a task must not call "
                "run() on the pool that executes it");
        struct release {
            std::atomic<bool>& running;
            ~release() { running.store(false, std::memory_order_release); }
        } guard{running_};

        if (threads_.empty() || n <= 1) {
            for (std::size_t task = 0; task < n; ++task) f(task, std::size_t{0});
            return;
        }
        using function = std::remove_reference_t<F>;
        function_ = const_cast<void*>(static_cast<const void*>(std::addressof(f)));
        call_ = [](void* g, std::size_t task, std::size_t worker) { (*static_cast<function*>(g))(task, worker); };
        tasks_ = n;
        next_.store(0, std::memory_order_relaxed);
        gate_.store(open, std::memory_order_release);
        job_number_.fetch_add(1, std::memory_order_release);
        job_number_.notify_all();
        work(0);
        gate_.fetch_and(~open, std::memory_order_acq_rel);
        wait_while(gate_, [](std::uint32_t gate) { return gate != 0; });
        if (error_) {
            error_task_ = no_task;
            std::rethrow_exception(std::exchange(error_, nullptr));
        }
    }

private:
    static constexpr std::uint32_t open = std::uint32_t{1} << 31;
    static constexpr std::size_t no_task = std::numeric_limits<std::size_t>::max();

    /// Takes tasks until none is left. Never throws: exceptions are filed for the caller.
    void work(std::size_t worker) noexcept {
        for (;;) {
            const std::size_t task =
                next_.load(std::memory_order_relaxed) < tasks_ ? next_.fetch_add(1, std::memory_order_relaxed) : tasks_;
            if (task >= tasks_) return;
            try {
                call_(function_, task, worker);
            } catch (...) {
                // All tasks before this one have been started, so the first failing one is among those that report.
                next_.store(tasks_, std::memory_order_relaxed);
                const std::lock_guard lock(error_mutex_);
                if (task < error_task_) {
                    error_task_ = task;
                    error_ = std::current_exception();
                }
            }
        }
    }

    /// A worker's life: sleep until there is a new job, enter if its gate is still open, work, leave.
    void serve(const std::stop_token& stop, std::size_t worker) {
        const std::stop_callback wake(stop, [this] {
            job_number_.fetch_add(1, std::memory_order_release);
            job_number_.notify_all();
        });
        std::uint32_t seen = 0;
        while (!stop.stop_requested()) {
            seen = wait_while(job_number_, [seen](std::uint32_t number) { return number == seen; });
            if (!enter()) continue;
            work(worker);
            if (gate_.fetch_sub(1, std::memory_order_acq_rel) == 1) gate_.notify_one();  // closed, and the last one out
        }
    }

    bool enter() {
        std::uint32_t gate = gate_.load(std::memory_order_acquire);
        while ((gate & open) != 0)
            if (gate_.compare_exchange_weak(gate, gate + 1, std::memory_order_acq_rel, std::memory_order_acquire))
                return true;
        return false;
    }

    /// Waits until `again(value)` is false and returns that value: some ten microseconds awake, for jobs that follow each
    /// other closely, then asleep.
    template <class Again>
    static std::uint32_t wait_while(const std::atomic<std::uint32_t>& word, Again again) {
        std::uint32_t value = word.load(std::memory_order_acquire);
        for (int spin = 0; again(value) && spin < spins; ++spin) {
            pause();
            value = word.load(std::memory_order_acquire);
        }
        while (again(value)) {
            word.wait(value, std::memory_order_acquire);
            value = word.load(std::memory_order_acquire);
        }
        return value;
    }

    static void pause() {
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();
#endif
    }

    static constexpr int spins = 500;

    const std::size_t workers_;
    const blas_threads serial_blas_;

    void* function_ = nullptr;
    void (*call_)(void*, std::size_t, std::size_t) = nullptr;
    std::size_t tasks_ = 0;
    std::mutex error_mutex_;
    std::size_t error_task_ = no_task;
    std::exception_ptr error_;
    std::atomic<bool> running_{false};

    alignas(64) std::atomic<std::size_t> next_{0};
    alignas(64) std::atomic<std::uint32_t> gate_{0};
    alignas(64) std::atomic<std::uint32_t> job_number_{0};

    std::vector<std::jthread> threads_;  // last: its destructor stops and joins the workers while the rest still lives
};

}  // namespace xtn
