// SPDX-License-Identifier: BSD-3-Clause
// Processes that train one model together, each on its share of the lanes (data_parallel.hpp). The lanes decide every order of
// summation, so results have the same bits for any number of processes; all that these have to do is move bytes.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <type_traits>

namespace xtn {

/// Processes of one run: which of them this is, of how many; bytes to another and from another, in order; and bytes of process
/// 0 to all, which every process calls. All have the same model and take the same steps.
template <class P>
concept process_group = std::copy_constructible<P> &&
    requires(const P& p, std::span<const std::byte> from, std::span<std::byte> to, std::size_t other) {
    { p.rank() } -> std::convertible_to<std::size_t>;
    { p.size() } -> std::convertible_to<std::size_t>;
    p.send(from, other);
    p.receive(to, other);
    p.broadcast(to);
};

/// This process alone: nothing is moved.
struct one_process {
    static constexpr std::size_t rank() { return 0; }
    static constexpr std::size_t size() { return 1; }
    static constexpr void send(std::span<const std::byte>, std::size_t) {}
    static constexpr void receive(std::span<std::byte>, std::size_t) {}
    static constexpr void broadcast(std::span<std::byte>) {}
};

/// The process, of `size`, that item i of n belongs to. Items of one process follow each other.
constexpr std::size_t owner_of(std::size_t i, std::size_t n, std::size_t size) { return i * size / n; }

/// The first of n items that belongs to process `rank` of `size` or one behind it.
constexpr std::size_t first_of(std::size_t rank, std::size_t n, std::size_t size) {
    return (rank * n + size - 1) / size;
}

/// Gives all items, of which each process has its own (owner_of), to everybody.
template <process_group P, class T>
requires std::is_trivially_copyable_v<T>
void gather(const P& processes, std::span<T> items) {
    const std::size_t n = items.size(), size = processes.size();
    const auto of = [&](std::size_t rank) {
        const std::size_t first = first_of(rank, n, size);
        return items.subspan(first, first_of(rank + 1, n, size) - first);
    };
    if (processes.rank() != 0) processes.send(std::as_bytes(of(processes.rank())), 0);
    for (std::size_t other = 1; processes.rank() == 0 && other < size; ++other)
        processes.receive(std::as_writable_bytes(of(other)), other);
    processes.broadcast(std::as_writable_bytes(items));
}

}  // namespace xtn
