// SPDX-License-Identifier: BSD-3-Clause
// The bits do not depend on how many processes share the lanes.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <mutex>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <unistd.h>

#include <xtn/core/agreement.hpp>

#include "../processes.hpp"
#include "points_task.hpp"

BOOST_AUTO_TEST_SUITE(train_processes)

namespace {

using test::process, test::run_processes;

BOOST_AUTO_TEST_CASE(items_are_shared_out_without_gaps) {
    for (const std::size_t n : {1u, 8u, 13u})
        for (const std::size_t size : {1u, 2u, 3u, 5u, 8u, 16u}) {
            BOOST_TEST(xtn::first_of(0, n, size) == 0);
            BOOST_TEST(xtn::first_of(size, n, size) == n);
            for (std::size_t rank = 0; rank < size; ++rank)
                for (std::size_t i = xtn::first_of(rank, n, size); i < xtn::first_of(rank + 1, n, size); ++i)
                    BOOST_TEST(xtn::owner_of(i, n, size) == rank);
        }
}

static_assert(xtn::process_group<xtn::one_process> && xtn::process_group<xtn::any_process_group>);

BOOST_AUTO_TEST_CASE(gathered_items_are_everywhere) {
    run_processes(3, [](const process& p) {
        std::vector<int> items(5, -1);
        for (std::size_t i = 0; i < 5; ++i)
            if (xtn::owner_of(i, 5, 3) == p.rank()) items[i] = static_cast<int>(10 * i);
        xtn::gather(p, std::span(items));
        if (items != std::vector<int>{0, 10, 20, 30, 40}) throw std::logic_error("items are missing");
    });
}

BOOST_AUTO_TEST_CASE(processes_of_different_runs_are_refused_by_all) {
    for (const std::size_t other : {0u, 1u, 2u}) {
        std::mutex mutex;
        std::vector<std::string> told;
        run_processes(3, [&](const process& p) {
            xtn::require_same(p, "steps=100\nbatch=8");
            try {
                xtn::require_same(p, p.rank() == other ? "steps=100\nbatch=8\nseed=2" : "steps=100\nbatch=8\nseed=1\n");
            } catch (const xtn::error& e) {
                const std::lock_guard lock(mutex);
                told.push_back(e.what());
            }
        });
        const std::string who =
            other == 0 ? "process 1 of 3 has \"seed=1\" where process 0 has \"seed=2\""
                       : "process " + std::to_string(other) + " of 3 has \"seed=2\" where process 0 has \"seed=1\"";
        BOOST_TEST((told == std::vector<std::string>(3, "these processes are not of one run: " + who)));
    }
}

/// Lanes of one number each, whose sum is that of the tree.
BOOST_AUTO_TEST_CASE(lanes_are_added_in_one_tree_by_any_number_of_processes) {
    const auto value = [](std::size_t lane, std::size_t i) { return 1 / (3.0 + static_cast<double>(7 * lane + i)); };
    for (const std::size_t count : {1u, 2u, 5u, 8u, 11u, 16u})
        for (const std::size_t elements : {1u, 2u, 40u}) {
            std::vector<std::vector<double>> tree;
            for (std::size_t lane = 0; lane < count; ++lane)
                for (std::size_t i = 0; i < elements; ++i) {
                    if (i == 0) tree.emplace_back();
                    tree.back().push_back(value(lane, i));
                }
            for (std::size_t stride = 1; stride < count; stride *= 2)
                for (std::size_t lane = 0; lane + stride < count; lane += 2 * stride)
                    for (std::size_t i = 0; i < elements; ++i) tree[lane][i] += tree[lane + stride][i];
            for (const std::size_t processes : {1u, 2u, 3u, 4u, 5u, 8u, 13u})
                run_processes(processes, [&](const process& p) {
                    xtn::thread_pool pool(1);
                    xtn::lanes<double, process> lanes(count, p);
                    lanes.resize(elements);
                    for (std::size_t lane = lanes.first(); lane < lanes.last(); ++lane)
                        for (std::size_t i = 0; i < elements; ++i) lanes[lane][i] = value(lane, i);
                    lanes.add_up(pool);
                    if (!std::ranges::equal(lanes.sum(), tree[0])) throw std::logic_error("another sum");
                });
        }
}

xtn::training_plan plan(std::uint64_t stop, std::size_t lanes = 8) {
    return {.steps = 6,
            .stop = stop,
            .batch = 176,
            .learning_rate = 1e-2,
            .warmup = 2,
            .checkpoint_every = 2,
            .lanes = lanes};
}

struct outcome {
    std::vector<double> values;
    double loss = 0, accuracy = 0;
    bool operator==(const outcome&) const = default;
};

/// What each of so many processes, of so many threads, ends with. All but the first begin with other parameters.
std::vector<outcome> trained(std::size_t processes, std::size_t threads, const xtn::training_plan& how) {
    std::vector<outcome> all(processes);
    run_processes(processes, [&](const process& p) {
        const test::points_task task(p.rank() == 0 ? 0.2 : 0.3);
        xtn::thread_pool pool(threads);
        const auto r = xtn::train(task, how, pool, xtn::training_observer(), p);
        all[p.rank()] = {test::values_of(task), r.validation.loss, r.validation.accuracy};
    });
    return all;
}

BOOST_AUTO_TEST_CASE(any_number_of_processes_gives_the_same_bits) {
    for (const std::size_t lanes : {8u, 11u}) {
        const test::points_task task;
        BOOST_TEST(xtn::worth_reconstructing(task.operators()[0], 16, 11));  // so that matrices' cotangents travel, too
        xtn::thread_pool pool(1);
        const auto alone = xtn::train(task, plan(6, lanes), pool);
        const outcome expected{test::values_of(task), alone.validation.loss, alone.validation.accuracy};
        for (const std::size_t processes : {1u, 2u, 3u, 4u, 5u, 8u, 13u})
            for (const outcome& found : trained(processes, 1 + processes % 2, plan(6, lanes)))
                BOOST_TEST((found == expected), processes << " processes, " << lanes << " lanes");
    }
}

BOOST_AUTO_TEST_CASE(a_run_goes_on_with_another_number_of_processes) {
    const outcome expected = trained(1, 1, plan(6))[0];
    xtn::training_plan how = plan(3);
    how.checkpoint =
        std::filesystem::temp_directory_path() / ("xtn-processes-" + std::to_string(::getpid()) + ".safetensors");
    how.resume = true;
    trained(2, 1, how);
    how.stop = 5;
    trained(3, 1, how);
    how.stop = 6;
    BOOST_TEST((trained(1, 2, how)[0] == expected));
    std::filesystem::remove(how.checkpoint);
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
