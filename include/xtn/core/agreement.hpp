// SPDX-License-Identifier: BSD-3-Clause
// Processes that must begin with the same: programs, options, data.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <xtn/core/error.hpp>
#include <xtn/core/processes.hpp>

namespace xtn {

namespace detail {

/// Takes the first line off a text.
inline std::string_view take_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

}  // namespace detail

/// Compares a text of lines, such as "steps=2000\nbatch=32", with that of process 0. Throws xtn::error in all processes
/// where one has another; it names the first such process and the first line that differs. Every process calls it.
template <process_group P>
void require_same(const P& processes, const std::string& text) {
    const std::size_t rank = processes.rank(), size = processes.size();
    if (size == 1) return;
    const auto broadcast = [&](std::string& words) {
        std::size_t length = words.size();
        processes.broadcast(std::as_writable_bytes(std::span(&length, 1)));
        words.resize(length);
        processes.broadcast(std::as_writable_bytes(std::span(words)));
    };
    std::string expected = text;
    broadcast(expected);
    std::string difference;
    for (std::string_view mine = text, theirs = expected; difference.empty() && !(mine.empty() && theirs.empty());) {
        const std::string_view found = detail::take_line(mine), wanted = detail::take_line(theirs);
        if (found != wanted)
            difference = "process " + std::to_string(rank) + " of " + std::to_string(size) + " has \"" +
                         std::string(found) + "\" where process 0 has \"" + std::string(wanted) + "\"";
    }
    std::vector<std::size_t> lengths(size);
    lengths[rank] = difference.size();
    gather(processes, std::span(lengths));
    const auto first =
        static_cast<std::size_t>(std::ranges::find_if(lengths, [](std::size_t n) { return n > 0; }) - lengths.begin());
    if (first == size) return;
    std::string told(lengths[first], ' ');
    if (rank == first) processes.exchange(std::as_bytes(std::span(difference)), 0, {}, 0);
    if (rank == 0) processes.exchange({}, first, std::as_writable_bytes(std::span(told)), first);
    broadcast(told);
    throw error("these processes are not of one run: " + told);
}

}  // namespace xtn
