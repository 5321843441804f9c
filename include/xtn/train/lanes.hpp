// SPDX-License-Identifier: BSD-3-Clause
// The gradient buffers of a step's lanes, and their sum in a fixed binary tree, over threads and perhaps processes: lane
// 0 + 1, 2 + 3, ..., then pairs of pairs. As lanes decide the order of summation, the sum has the same bits for any number of
// both.
//
// A process has consecutive lanes, and adds those pairs of the tree that are all its own. What is left are the largest
// subtrees inside a process, one for each where the lanes divide evenly among a power of two. The elements of the sum are
// shared out as well: each process receives its share of all subtrees, finishes the tree there, and gives the share to all.
// So a process sends two gradients' worth of bytes and no more, however many processes there are (Rabenseifner's
// reduce-scatter and all-gather), and none of them is a bottleneck.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <xtn/backend/arena.hpp>
#include <xtn/core/processes.hpp>
#include <xtn/train/thread_pool.hpp>

namespace xtn {

/// Buffers of equal size, one for each lane of this process; see this file's head.
template <class T, process_group Processes = one_process>
class lanes {
public:
    /// Lane l of `count` belongs to process owner_of(l, count, processes.size()).
    explicit lanes(std::size_t count, Processes processes = {})
        : processes_(std::move(processes)), buffers_(count), count_(count) {}

    std::size_t count() const { return count_; }
    const Processes& processes() const { return processes_; }
    /// This process has the lanes [first(), last()).
    std::size_t first() const { return first_of(processes_.rank(), count_, processes_.size()); }
    std::size_t last() const { return first_of(processes_.rank() + 1, count_, processes_.size()); }

    /// Memory for lanes of so many elements, all of it new.
    void resize(std::size_t elements) {
        memory_ = {};
        for (std::size_t lane = first(); lane < last(); ++lane) buffers_[lane] = take(elements);
        sum_ = processes_.rank() == 0 ? buffers_[0] : take(elements);
        shares_.assign(count_, {});
        for (std::size_t other = 0; other < processes_.size(); ++other)
            for (const subtree& s : subtrees(other))
                shares_[s.first] = other == processes_.rank() ? share_of(other, buffers_[s.first])
                                   : s.first == 0             ? own_share()
                                                              : take(own_share().size());
    }

    /// The buffer of a lane of this process.
    std::span<T> operator[](std::size_t lane) const { return buffers_[lane]; }
    /// Where the sum is made. Of process 0, it is the buffer of lane 0.
    std::span<T> sum() const { return sum_; }
    /// Sums all lanes, whose buffers are used up by it. Every process calls it.
    void add_up(thread_pool& pool) {
        const std::vector<subtree> own = subtrees(processes_.rank());
        for_chunks(pool, sum_.size(), [&](std::size_t begin, std::size_t n) {
            for (const subtree& s : own) add_tree(buffers_, s, begin, n);
        });
        if (processes_.size() == 1) return;
        with_all_others(processes_, [&](std::size_t to, std::size_t from) {
            const std::vector<subtree> received = subtrees(from);
            for (std::size_t i = 0; i < std::max(own.size(), received.size()); ++i) {
                std::span<T> send, receive;
                if (i < own.size()) send = share_of(to, buffers_[own[i].first]);
                if (i < received.size()) receive = shares_[received[i].first];
                processes_.exchange(std::as_bytes(send), to, std::as_writable_bytes(receive), from);
            }
        });
        for_chunks(pool, own_share().size(), [&](std::size_t begin, std::size_t n) {
            add_tree(shares_, {0, count_}, begin, n);
        });
        gather(processes_, sum_);
    }

    /// Bytes of memory.
    std::size_t capacity() const { return memory_.capacity(); }

private:
    struct subtree {
        std::size_t first, lanes;
    };

    /// The largest subtrees that are all inside a process.
    std::vector<subtree> subtrees(std::size_t rank) const {
        const std::size_t end = first_of(rank + 1, count_, processes_.size());
        std::vector<subtree> found;
        for (std::size_t lane = first_of(rank, count_, processes_.size()); lane < end;) {
            std::size_t size = 1;
            while (lane % (2 * size) == 0 && lane + size < count_ && std::min(lane + 2 * size, count_) <= end)
                size *= 2;
            found.push_back({lane, std::min(size, count_ - lane)});
            lane += size;
        }
        return found;
    }

    /// Adds the pairs of a subtree in which both are there: one that is not has been added to another before.
    static void add_tree(const std::vector<std::span<T>>& of, const subtree& s, std::size_t begin, std::size_t n) {
        for (std::size_t stride = 1; stride < s.lanes; stride *= 2)
            for (std::size_t lane = s.first; lane + stride < s.first + s.lanes; lane += 2 * stride) {
                const std::span<T> to = of[lane], from = of[lane + stride];
                if (from.empty()) continue;
                for (std::size_t i = begin; i < begin + n; ++i) to[i] += from[i];
            }
    }

    /// Calls f(begin, n) for all parts of so many elements, on all threads.
    template <class F>
    static void for_chunks(thread_pool& pool, std::size_t elements, const F& f) {
        constexpr std::size_t chunk = 16384;
        pool.run((elements + chunk - 1) / chunk,
                 [&](std::size_t c, std::size_t) { f(c * chunk, std::min(chunk, elements - c * chunk)); });
    }

    std::span<T> take(std::size_t elements) { return {memory_.template take<T>(elements), elements}; }
    std::span<T> share_of(std::size_t rank, std::span<T> elements) const {
        return xtn::share_of(rank, elements, processes_.size());
    }
    /// The elements that this process sums.
    std::span<T> own_share() const { return share_of(processes_.rank(), sum_); }

    [[no_unique_address]] Processes processes_;
    backend::arena memory_;
    std::vector<std::span<T>> buffers_;  // of the lanes of this process
    std::size_t count_;
    std::span<T> sum_;
    std::vector<std::span<T>> shares_;  // of this process, in the subtrees, by their first lane
};

}  // namespace xtn
