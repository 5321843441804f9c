// SPDX-License-Identifier: BSD-3-Clause
// Times actions that take turns, so that drifts of the machine meet them all.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <vector>

namespace examples {

/// The median of each action's times, in seconds. Every action runs once beforehand, untimed. `repetitions` is at least 1.
inline std::vector<double> median_seconds(const std::vector<std::function<void()>>& actions, std::size_t repetitions) {
    for (const auto& action : actions) action();
    std::vector<std::vector<double>> times(actions.size());
    for (std::size_t r = 0; r < repetitions; ++r)
        for (std::size_t k = 0; k < actions.size(); ++k) {
            const auto start = std::chrono::steady_clock::now();
            actions[k]();
            times[k].push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
        }
    std::vector<double> medians;
    for (auto& t : times) {
        const auto middle = t.begin() + static_cast<std::ptrdiff_t>(t.size() / 2);
        std::nth_element(t.begin(), middle, t.end());
        medians.push_back(*middle);
    }
    return medians;
}

}  // namespace examples
