// SPDX-License-Identifier: BSD-3-Clause
// Tasks within a limit of memory: all run once, together never beyond the limit, and a failure ends it.
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cstddef>
#include <stdexcept>
#include <vector>

#include "../../examples/common/bounded_tasks.hpp"

BOOST_AUTO_TEST_SUITE(examples_bounded_tasks)

namespace {

BOOST_AUTO_TEST_CASE(bounded_tasks_keep_to_the_limit) {
    for (const std::size_t workers : {1U, 3U}) {
        xtn::thread_pool pool(workers);
        std::atomic<std::size_t> used = 0, most = 0, runs = 0;
        std::vector<examples::bounded_task> tasks;
        std::vector<std::size_t> sizes;
        for (std::size_t i = 0; i < 200; ++i) sizes.push_back(i % 50 == 7 ? 25 : i % 7);
        for (const std::size_t bytes : sizes)
            tasks.push_back({bytes, [&, bytes] {
                                 const std::size_t now = used += bytes;
                                 // What does not fit at all is alone.
                                 if (bytes > 10) BOOST_TEST(now == bytes);
                                 for (std::size_t m = most;
                                      now > m && bytes <= 10 && !most.compare_exchange_weak(m, now);) {
                                 }
                                 ++runs;
                                 used -= bytes;
                             }});
        examples::run_bounded(tasks, 10, pool);
        BOOST_TEST(runs == 200U);
        BOOST_TEST(most <= 10U);
        BOOST_TEST(most >= 6U);
    }
}

BOOST_AUTO_TEST_CASE(a_failing_task_ends_the_others) {
    for (const std::size_t workers : {1U, 3U}) {
        xtn::thread_pool pool(workers);
        std::atomic<int> runs = 0;
        std::vector<examples::bounded_task> tasks(100, {1, [&] {
                                                            if (++runs == 5) throw std::runtime_error("fifth");
                                                        }});
        BOOST_CHECK_THROW(examples::run_bounded(tasks, 2, pool), std::runtime_error);
        BOOST_TEST(runs >= 5);
        BOOST_TEST(runs <= 4 + static_cast<int>(workers));
    }
    xtn::thread_pool pool(2);
    examples::run_bounded({}, 0, pool);
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
