// SPDX-License-Identifier: BSD-3-Clause
// Processes that share the work of one run. What is shared has a fixed order of summation of its own (the lanes of a training
// step, the slices of a network), so results have the same bits for any number of processes; all that these have to do is move
// bytes. xtn/mpi.hpp has those of MPI; a user's own need four functions.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <functional>
#include <span>
#include <type_traits>

namespace xtn {

/// Processes of one run: which of them this is, of how many; bytes to one and, at the same time, from another (a message of no
/// bytes is none); and bytes of process 0 to all. Every process calls these in the same order, from one thread at a time.
template <class P>
concept process_group = std::copy_constructible<P> &&
    requires(const P& p, std::span<const std::byte> send, std::span<std::byte> receive, std::size_t other) {
    { p.rank() } -> std::convertible_to<std::size_t>;
    { p.size() } -> std::convertible_to<std::size_t>;
    p.exchange(send, other, receive, other);
    p.broadcast(receive);
};

/// This process alone: nothing is moved.
struct one_process {
    static constexpr std::size_t rank() { return 0; }
    static constexpr std::size_t size() { return 1; }
    static constexpr void exchange(std::span<const std::byte>, std::size_t, std::span<std::byte>, std::size_t) {}
    static constexpr void broadcast(std::span<std::byte>) {}
};

/// Any group, known at run time.
class any_process_group {
public:
    /// This process alone.
    any_process_group() = default;
    template <class P>
    requires(!std::same_as<P, any_process_group> && process_group<P>)
        any_process_group(const P& processes)  // NOLINT: every group is one
        : rank_(processes.rank()),
          size_(processes.size()),
          exchange_([processes](std::span<const std::byte> send, std::size_t to, std::span<std::byte> receive,
                                std::size_t from) { processes.exchange(send, to, receive, from); }),
          broadcast_([processes](std::span<std::byte> bytes) { processes.broadcast(bytes); }) {}

    std::size_t rank() const { return rank_; }
    std::size_t size() const { return size_; }
    void exchange(std::span<const std::byte> send, std::size_t to, std::span<std::byte> receive,
                  std::size_t from) const {
        if (exchange_) exchange_(send, to, receive, from);
    }
    void broadcast(std::span<std::byte> bytes) const {
        if (broadcast_) broadcast_(bytes);
    }

private:
    std::size_t rank_ = 0, size_ = 1;
    std::function<void(std::span<const std::byte>, std::size_t, std::span<std::byte>, std::size_t)> exchange_;
    std::function<void(std::span<std::byte>)> broadcast_;
};

/// The process, of `size`, that item i of n belongs to. Items of one process follow each other.
constexpr std::size_t owner_of(std::size_t i, std::size_t n, std::size_t size) { return i * size / n; }

/// The first of n items that belongs to process `rank` of `size` or one behind it.
constexpr std::size_t first_of(std::size_t rank, std::size_t n, std::size_t size) {
    return (rank * n + size - 1) / size;
}

/// The items of process `rank`.
template <class T>
std::span<T> share_of(std::size_t rank, std::span<T> items, std::size_t size) {
    const std::size_t first = first_of(rank, items.size(), size);
    return items.subspan(first, first_of(rank + 1, items.size(), size) - first);
}

/// Calls exchange(to, from) for every other process once, in rounds in which each process sends to one and receives from one.
template <process_group P, class Exchange>
void with_all_others(const P& processes, const Exchange& exchange) {
    const std::size_t rank = processes.rank(), size = processes.size();
    for (std::size_t k = 1; k < size; ++k) exchange((rank + k) % size, (rank + size - k) % size);
}

/// Gives all items, of which each process has its own (share_of), to everybody.
template <process_group P, class T>
requires std::is_trivially_copyable_v<T>
void gather(const P& processes, std::span<T> items) {
    const std::span<T> own = share_of(processes.rank(), items, processes.size());
    with_all_others(processes, [&](std::size_t to, std::size_t from) {
        processes.exchange(std::as_bytes(own), to, std::as_writable_bytes(share_of(from, items, processes.size())),
                           from);
    });
}

}  // namespace xtn
