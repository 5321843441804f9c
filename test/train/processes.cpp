// SPDX-License-Identifier: BSD-3-Clause
// The bits do not depend on how many processes share the lanes. The processes here are threads with mailboxes between them.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <filesystem>
#include <map>
#include <mutex>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <unistd.h>

#include "points_task.hpp"

BOOST_AUTO_TEST_SUITE(train_processes)

namespace {

using bytes = std::vector<std::byte>;

class mailboxes {
public:
    void put(std::size_t from, std::size_t to, std::span<const std::byte> message) {
        const std::lock_guard lock(mutex_);
        boxes_[{from, to}].emplace_back(message.begin(), message.end());
        changed_.notify_all();
    }
    bytes take(std::size_t from, std::size_t to) {
        std::unique_lock lock(mutex_);
        auto& box = boxes_[{from, to}];
        changed_.wait(lock, [&] { return !box.empty() || ended_; });
        if (box.empty()) throw std::runtime_error("the other process has ended");
        bytes message = std::move(box.front());
        box.pop_front();
        return message;
    }
    void end() {
        const std::lock_guard lock(mutex_);
        ended_ = true;
        changed_.notify_all();
    }
    bool all_read() const {
        return std::all_of(boxes_.begin(), boxes_.end(), [](const auto& box) { return box.second.empty(); });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::pair<std::size_t, std::size_t>, std::deque<bytes>> boxes_;
    bool ended_ = false;
};

class process {
public:
    process(mailboxes& boxes, std::size_t rank, std::size_t size) : boxes_(&boxes), rank_(rank), size_(size) {}
    std::size_t rank() const { return rank_; }
    std::size_t size() const { return size_; }
    void send(std::span<const std::byte> message, std::size_t to) const { boxes_->put(rank_, to, message); }
    void receive(std::span<std::byte> message, std::size_t from) const {
        const bytes found = boxes_->take(from, rank_);
        if (found.size() != message.size()) throw std::runtime_error("a message of another size");
        std::ranges::copy(found, message.begin());
    }
    void broadcast(std::span<std::byte> message) const {
        for (std::size_t other = 1; rank_ == 0 && other < size_; ++other) send(message, other);
        if (rank_ != 0) receive(message, 0);
    }

private:
    mailboxes* boxes_;
    std::size_t rank_, size_;
};
static_assert(xtn::process_group<process> && xtn::process_group<xtn::one_process>);

/// f(process) in each of them at once.
template <class F>
void run_processes(std::size_t size, const F& f) {
    mailboxes boxes;
    std::vector<std::exception_ptr> errors(size);
    {
        std::vector<std::jthread> threads;
        for (std::size_t rank = 0; rank < size; ++rank)
            threads.emplace_back([&, rank] {
                try {
                    f(process(boxes, rank, size));
                } catch (...) {
                    errors[rank] = std::current_exception();
                    boxes.end();
                }
            });
    }
    for (const auto& e : errors)
        if (e) std::rethrow_exception(e);
    BOOST_TEST(boxes.all_read());
}

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

BOOST_AUTO_TEST_CASE(gathered_items_are_everywhere) {
    run_processes(3, [](const process& p) {
        std::vector<int> items(5, -1);
        for (std::size_t i = 0; i < 5; ++i)
            if (xtn::owner_of(i, 5, 3) == p.rank()) items[i] = static_cast<int>(10 * i);
        xtn::gather(p, std::span(items));
        if (items != std::vector<int>{0, 10, 20, 30, 40}) throw std::logic_error("items are missing");
    });
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
