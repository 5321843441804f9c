// SPDX-License-Identifier: BSD-3-Clause
// Drawing a class from logits.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include <xtn/backend/random.hpp>
#include <xtn/core/error.hpp>

namespace xtn::nn {

/// How the next token is drawn from logits.
struct sampling {
    double temperature = 1;  ///< 0 takes the likeliest class
    std::size_t top_k = 0;   ///< only the k likeliest classes; 0 means all
};

/// Draws a class from softmax(logits / temperature) over the top k; of equal logits the first is the likelier. Throws
/// shape_error where there are no logits.
template <class T>
std::size_t sample(std::span<const T> logits, const sampling& how, random_stream& random) {
    if (logits.empty()) throw shape_error("sample: there are no logits");
    std::vector<std::size_t> order(logits.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const std::size_t kept = how.temperature == 0 ? 1
                             : how.top_k == 0     ? order.size()
                                                  : std::min(how.top_k, order.size());
    std::partial_sort(
        order.begin(), order.begin() + static_cast<std::ptrdiff_t>(kept), order.end(),
        [&](std::size_t a, std::size_t b) { return logits[a] != logits[b] ? logits[a] > logits[b] : a < b; });
    if (kept == 1) return order[0];
    std::vector<double> weight(kept);
    for (std::size_t i = 0; i < kept; ++i)
        weight[i] =
            std::exp((static_cast<double>(logits[order[i]]) - static_cast<double>(logits[order[0]])) / how.temperature);
    double left = random.uniform() * std::accumulate(weight.begin(), weight.end(), 0.0);
    std::size_t i = 0;
    while (i + 1 < kept && left >= weight[i]) left -= weight[i++];
    return order[i];
}

}  // namespace xtn::nn
