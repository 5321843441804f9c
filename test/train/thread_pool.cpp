// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <xtn/backend/threads.hpp>
#include <xtn/train/thread_pool.hpp>

BOOST_AUTO_TEST_SUITE(thread_pool)

namespace data = boost::unit_test::data;

BOOST_DATA_TEST_CASE(every_task_runs_once, data::make({1, 2, 3, 4}), workers) {
    const auto w = static_cast<std::size_t>(workers);
    xtn::thread_pool pool(w);
    BOOST_TEST(pool.workers() == w);
    for (const std::size_t n : {0U, 1U, 2U, 7U, 1000U}) {
        std::vector<int> calls(n);
        std::atomic<bool> worker_in_range{true};
        pool.run(n, [&](std::size_t task, std::size_t worker) {
            ++calls[task];  // not atomic on purpose: a task belongs to one worker
            if (worker >= w) worker_in_range = false;
        });
        BOOST_TEST(std::all_of(calls.begin(), calls.end(), [](int c) { return c == 1; }));
        BOOST_TEST(worker_in_range.load());
    }
}

// What the tasks wrote is visible to the caller, run after run, also when workers come late.
BOOST_DATA_TEST_CASE(many_short_runs, data::make({1, 2, 4}), workers) {
    xtn::thread_pool pool(static_cast<std::size_t>(workers));
    std::array<std::uint64_t, 5> sums{};
    for (std::uint64_t run = 1; run <= 3000; ++run) {
        pool.run(1 + run % 5, [&](std::size_t task, std::size_t) { sums[task] += run; });
        if (run % 500 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));  // the workers fall asleep
    }
    std::array<std::uint64_t, 5> expected{};
    for (std::uint64_t run = 1; run <= 3000; ++run)
        for (std::size_t task = 0; task <= run % 5; ++task) expected[task] += run;
    BOOST_TEST(sums == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(one_worker_is_the_caller) {
    xtn::thread_pool pool(1);
    std::vector<std::size_t> order;
    bool inside = true;
    const auto caller = std::this_thread::get_id();
    pool.run(5, [&](std::size_t task, std::size_t worker) {
        order.push_back(task);
        inside = inside && worker == 0 && std::this_thread::get_id() == caller;
    });
    BOOST_TEST(inside);
    BOOST_TEST(order == (std::vector<std::size_t>{0, 1, 2, 3, 4}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(workers_run_at_the_same_time) {
    xtn::thread_pool pool(3);
    std::atomic<int> present{0};
    std::mutex mutex;
    std::set<std::size_t> workers;
    pool.run(3, [&](std::size_t, std::size_t worker) {
        ++present;
        while (present.load() < 3) std::this_thread::yield();  // nobody leaves before all three have come
        const std::lock_guard lock(mutex);
        workers.insert(worker);
    });
    BOOST_TEST(workers.size() == 3U);
}

BOOST_DATA_TEST_CASE(first_exception_by_task_reaches_the_caller, data::make({1, 2, 4}), workers) {
    xtn::thread_pool pool(static_cast<std::size_t>(workers));
    for (int round = 0; round < 300; ++round) {
        std::atomic<int> calls{0};
        const auto is_task_11 = [](const std::runtime_error& e) { return e.what() == std::string("task 11"); };
        BOOST_CHECK_EXCEPTION(pool.run(50,
                                       [&](std::size_t task, std::size_t) {
                                           ++calls;
                                           if (task >= 11 && task % 2 == 1)
                                               throw std::runtime_error("task " + std::to_string(task));
                                       }),
                              std::runtime_error, is_task_11);
        BOOST_TEST(calls.load() >= 12);
        std::atomic<int> after{0};
        pool.run(20, [&](std::size_t, std::size_t) { ++after; });  // the pool is as good as new
        BOOST_TEST(after.load() == 20);
    }
}

BOOST_DATA_TEST_CASE(a_run_inside_a_run_is_refused, data::make({1, 2}), workers) {
    xtn::thread_pool pool(static_cast<std::size_t>(workers));
    const auto nested = [&](std::size_t, std::size_t) { pool.run(2, [](std::size_t, std::size_t) {}); };
    BOOST_CHECK_THROW(pool.run(4, nested), xtn::error);
    BOOST_CHECK_NO_THROW(pool.run(4, [](std::size_t, std::size_t) {}));
}

BOOST_AUTO_TEST_CASE(pools_come_and_go) {
    BOOST_CHECK_THROW(xtn::thread_pool(0), xtn::error);
    for (int i = 0; i < 100; ++i) {
        xtn::thread_pool pool(4);
        if (i % 2 == 0) pool.run(3, [](std::size_t, std::size_t) {});
    }
}

BOOST_AUTO_TEST_CASE(blas_is_serial_while_a_pool_lives) {
    const auto before = xtn::blas_threads::current();
    {
        const xtn::thread_pool pool(2);
        if (before) BOOST_TEST(xtn::blas_threads::current().value() == 1);
    }
    BOOST_TEST((xtn::blas_threads::current() == before));
}

BOOST_AUTO_TEST_SUITE_END()
