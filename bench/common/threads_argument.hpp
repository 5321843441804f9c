// SPDX-License-Identifier: BSD-3-Clause
// The command line of a bench that runs on several threads: their number, where it is given, is the first argument.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iostream>
#include <optional>
#include <thread>

#include <xtn/core/number.hpp>

namespace bench {

/// All cores where nothing is said; nothing, and a message, for what is no number of threads.
inline std::optional<std::size_t> threads_argument(int argc, char** argv) {
    if (argc < 2) return std::max(1u, std::thread::hardware_concurrency());
    const auto threads = xtn::parse_number<std::size_t>(argv[1]);
    if (threads && *threads > 0) return threads;
    std::cerr << "a number of threads is expected, found " << argv[1] << '\n';
    return std::nullopt;
}

}  // namespace bench
