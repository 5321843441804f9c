// SPDX-License-Identifier: BSD-3-Clause
// Processes for tests: threads with mailboxes between them.
#pragma once

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <span>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <xtn/core/processes.hpp>

namespace test {

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
    void exchange(std::span<const std::byte> send, std::size_t to, std::span<std::byte> receive,
                  std::size_t from) const {
        if (!send.empty()) boxes_->put(rank_, to, send);
        if (!receive.empty()) take(receive, from);
    }
    void broadcast(std::span<std::byte> message) const {
        for (std::size_t other = 1; rank_ == 0 && other < size_; ++other) boxes_->put(0, other, message);
        if (rank_ != 0) take(message, 0);
    }

private:
    void take(std::span<std::byte> message, std::size_t from) const {
        const bytes found = boxes_->take(from, rank_);
        if (found.size() != message.size()) throw std::runtime_error("a message of another size");
        std::ranges::copy(found, message.begin());
    }
    mailboxes* boxes_;
    std::size_t rank_, size_;
};
static_assert(xtn::process_group<process>);

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

}  // namespace test
