// SPDX-License-Identifier: BSD-3-Clause
// Ordered factorisations by plain enumeration, to compare the constexpr searches with.
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <tuple>
#include <vector>

namespace brute_force {

using factors = std::vector<std::size_t>;

/// All lists of `parts` factors whose product is n.
inline std::vector<factors> factorisations(std::size_t n, std::size_t parts) {
    if (parts == 1) return {{n}};
    std::vector<factors> all;
    for (std::size_t d = 1; d <= n; ++d)
        if (n % d == 0)
            for (factors rest : factorisations(n / d, parts - 1)) {
                rest.insert(rest.begin(), d);
                all.push_back(rest);
            }
    return all;
}

/// What `balanced` minimises, in the order in which it does: sum, interior sum, evenness of out and in, then the factors.
using key = std::tuple<std::size_t, std::size_t, std::size_t, std::size_t, factors, factors>;

inline key key_of(const factors& out, const factors& in) {
    std::size_t sum = 0;
    std::size_t interior = 0;
    for (std::size_t k = 0; k < out.size(); ++k) {
        sum += out[k] * in[k];
        if (k != 0 && k != out.size() - 1) interior += out[k] * in[k];
    }
    const auto total = [](const factors& f) { return std::accumulate(f.begin(), f.end(), std::size_t{0}); };
    return {sum, interior, total(out), total(in), out, in};
}

inline key best(std::size_t out, std::size_t in, std::size_t parts) {
    const auto outs = factorisations(out, parts);
    const auto ins = factorisations(in, parts);
    key least = key_of(outs[0], ins[0]);
    for (const factors& o : outs)
        for (const factors& i : ins) {
            // The sum decides nearly always; the whole key is built for the rest only.
            if (std::inner_product(o.begin(), o.end(), i.begin(), std::size_t{0}) <= std::get<0>(least))
                least = std::min(least, key_of(o, i));
        }
    return least;
}

/// The least sum of `parts` factors of n.
inline std::size_t least_sum(std::size_t n, std::size_t parts) {
    if (parts == 1) return n;
    std::size_t least = n + parts;
    for (std::size_t d = 1; d * d <= n; ++d)  // the smallest factor is at most the root
        if (n % d == 0) least = std::min(least, d + least_sum(n / d, parts - 1));
    return least;
}

}  // namespace brute_force
