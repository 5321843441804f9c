// SPDX-License-Identifier: BSD-3-Clause
// Padded schemes: extents that do not factorise well (97, 257, 50257) are filled up with zeros to ones that do.
//
// Each extent n may stay or grow to a number without prime factors above 5 in (n, n + n/8]. Among these pairs of extents
// the scheme takes the one whose balanced factorisation has the least sum_k out_k in_k; of equals the one with the least
// product, then the least padded out. So padding adds at most an eighth to an extent, and happens only where it lowers
// the sum: 97 x 128 in 3 sites falls from 121 to 72, as 100 x 128, but 65 x 128 in 2 sites stays as it is.
#pragma once

#include <array>
#include <climits>
#include <cstddef>

#include <xtn/scheme/balanced.hpp>
#include <xtn/scheme/scheme.hpp>

namespace xtn {

namespace detail {

/// The extents that n may be padded to, ascending, n itself first.
struct padding_candidates {
    std::array<std::size_t, 32> extent{};  // 28 are the most that an n up to INT_MAX has
    std::size_t count = 0;

    constexpr explicit padding_candidates(std::size_t n) {
        const std::size_t last = n + n / 8;
        extent[count++] = n;
        for (std::size_t fives = 1; fives <= last; fives *= 5)
            for (std::size_t threes = fives; threes <= last; threes *= 3) {
                std::size_t smooth = threes;
                while (smooth <= n) smooth *= 2;
                if (smooth <= last) insert(smooth);
            }
    }

private:
    constexpr void insert(std::size_t e) {
        std::size_t at = count++;
        for (; extent[at - 1] > e; --at) extent[at] = extent[at - 1];
        extent[at] = e;
    }
};

struct padded_extents {
    std::size_t out;
    std::size_t in;

    /// Less padding, then less padding of out.
    friend constexpr bool operator<(const padded_extents& a, const padded_extents& b) {
        return a.out * a.in != b.out * b.in ? a.out * a.in < b.out * b.in : a.out < b.out;
    }
};

/// The pair of extents that `padded` takes. Both extents and the number of sites are at least 1. The search starts from
/// the largest pair, for a bound that cuts the search through extents with large prime factors short.
constexpr padded_extents choose_padding(std::size_t out, std::size_t in, std::size_t site_count) {
    const padding_candidates outs(out);
    const padding_candidates ins(in);
    padded_extents chosen{outs.extent[outs.count - 1], ins.extent[ins.count - 1]};
    std::size_t best = least_site_sum(chosen.out, chosen.in, site_count);
    for (std::size_t i = 0; i < outs.count; ++i)
        for (std::size_t j = 0; j < ins.count; ++j) {
            const padded_extents pair{outs.extent[i], ins.extent[j]};
            const std::size_t product = pair.out * pair.in;
            if (!sum_within(pair < chosen ? best : best - 1, product, site_count)) continue;
            const std::size_t sum =
                least_factor_sum(product, site_count, best + 1, divisors_of_product(pair.out, pair.in));
            if (sum < best || (sum == best && pair < chosen)) {
                best = sum;
                chosen = pair;
            }
        }
    return chosen;
}

}  // namespace detail

/// The balanced scheme of extents padded by at most an eighth each: padded<97, 128, 3> shows 97 x 128 and factorises
/// 100 x 128. An operator with this scheme reads `in` and yields `out` numbers; the rows and columns beyond them belong
/// to its cores, but to no result.
template <std::size_t Out, std::size_t In, std::size_t Sites>
struct padded {
    static_assert(Out > 0 && In > 0, "xtn::padded: the extents of an operator are at least 1");
    static_assert(Out <= INT_MAX / 9 * 8 && In <= INT_MAX / 9 * 8,
                  "xtn::padded: an extent, padded by an eighth, may exceed what a BLAS can index (INT_MAX)");
    static_assert(Sites > 0, "xtn::padded: a chain has at least one site");

private:
    static constexpr bool valid = Out > 0 && In > 0 && Out <= INT_MAX / 9 * 8 && In <= INT_MAX / 9 * 8 && Sites > 0;
    static constexpr detail::padded_extents chosen =
        valid ? detail::choose_padding(Out, In, Sites) : detail::padded_extents{1, 1};
    using filled = balanced<chosen.out, chosen.in, (Sites > 0 ? Sites : 1)>;

public:
    static constexpr std::size_t site_count = filled::site_count;
    static constexpr auto out_sites = filled::out_sites;
    static constexpr auto in_sites = filled::in_sites;
    static constexpr std::size_t padded_out = chosen.out;
    static constexpr std::size_t padded_in = chosen.in;
    static constexpr std::size_t out = Out;
    static constexpr std::size_t in = In;
};

}  // namespace xtn
