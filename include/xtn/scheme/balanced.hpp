// SPDX-License-Identifier: BSD-3-Clause
// Balanced schemes: the factorisation of out and in over a number of sites that makes the cores of an MPO smallest.
//
// A core between two bonds chi holds chi^2 out_k in_k numbers. The scheme minimises
//
//     sum_k out_k in_k   over all ordered factorisations   out = prod_k out_k,   in = prod_k in_k,
//
// the parameters per chi^2 of a chain with the bond chi everywhere. (In an open chain the end cores carry only chi.
// Weighing them so would push the extents to the ends as chi grows and leave interior sites of 1; the ends therefore
// count like the others, and their advantage is the first tie-break.) Ties are broken, in this order, by
//   1. the smallest sum over the interior sites, which carry chi^2 where the two ends carry chi;
//   2. the smallest sum of the out factors (the most even ones), then of the in factors;
//   3. the lexicographically smallest out factors, then in factors.
//
// The search is exact. The least sum depends on out * in only (any factorisation of the product can be dealt out to
// out and in), and is found by branch and bound; the bound is the inequality of the arithmetic and geometric means.
// A dynamic programme over (what is left of out, what is left of in) then finds the sites: all keys of the tie-break
// are additive or lexicographic, so of two beginnings that leave the same rest only the better one need be kept.
// 4096 x 4096 in 4 sites takes a quarter of clang's default budget of constexpr steps. Extents with very many divisors
// (5040 x 5040 in 4 sites) exceed it: there -fconstexpr-steps helps, or an explicit scheme.
#pragma once

#include <algorithm>
#include <array>
#include <climits>
#include <cstddef>
#include <string>
#include <vector>

#include <xtn/core/error.hpp>
#include <xtn/scheme/scheme.hpp>

namespace xtn {

namespace detail {

/// Whether `parts` positive numbers with this product may have a sum of at most `budget`: sum^parts >= parts^parts
/// product. True in doubt, so rounding never cuts off a solution.
constexpr bool sum_within(std::size_t budget, std::size_t product, std::size_t parts) {
    constexpr double slack = 1 + 1e-9;
    double sides = slack;  // (budget / parts)^parts / product
    for (std::size_t k = 0; k < parts; ++k) sides *= static_cast<double>(budget) / static_cast<double>(parts);
    return sides >= static_cast<double>(product);
}

/// Whether p^parts <= n.
constexpr bool power_within(std::size_t p, std::size_t parts, std::size_t n) {
    for (; parts > 0 && n > 0; --parts) n /= p;
    return n > 0;
}

/// The divisors of a b, ascending. a and b are at least 1.
constexpr std::vector<std::size_t> divisors_of_product(std::size_t a, std::size_t b) {
    std::vector<std::size_t> found{1};
    for (std::size_t p = 2; a > 1 || b > 1; ++p) {
        if (p * p > a && p * p > b) p = b == 1 || (a > 1 && a < b) ? a : b;  // both are 1 or prime by now
        while (a % p == 0 || b % p == 0) {
            (a % p == 0 ? a : b) /= p;
            std::vector<std::size_t> multiples = found;
            for (std::size_t& d : multiples) d *= p;
            std::vector<std::size_t> both(found.size() + multiples.size(), 0);
            both.erase(std::set_union(found.begin(), found.end(), multiples.begin(), multiples.end(), both.begin()),
                       both.end());
            found.swap(both);
        }
    }
    return found;
}

/// The least sum of `parts` factors whose product is n, or `best` if none is smaller. `divisors` holds those of n, and
/// maybe more. The smallest factor is tried downwards from the root of n, along which the bound on the sum only grows.
constexpr std::size_t least_factor_sum(std::size_t n, std::size_t parts, std::size_t best,
                                       const std::vector<std::size_t>& divisors) {
    if (parts == 1) return n < best ? n : best;
    auto p = std::partition_point(divisors.begin(), divisors.end(),
                                  [&](std::size_t d) { return power_within(d, parts, n); });
    while (p != divisors.begin()) {
        if (n % *--p != 0) continue;
        if (*p >= best || !sum_within(best - *p, n / *p, parts - 1)) break;
        best = *p + least_factor_sum(n / *p, parts - 1, best - *p, divisors);
    }
    return best;
}

/// The least sum_k out_k in_k of a scheme for out x in.
constexpr std::size_t least_site_sum(std::size_t out, std::size_t in, std::size_t site_count) {
    const std::size_t n = out * in;  // n = n * 1 * ... * 1 has the sum n + site_count - 1
    return least_factor_sum(n, site_count, n + site_count, divisors_of_product(out, in));
}

/// The beginning of a chain: its factors so far and the keys by which beginnings are compared, in order.
template <std::size_t Sites>
struct chain_start {
    std::size_t sum = 0;
    std::size_t interior = 0;
    std::size_t out_sum = 0;
    std::size_t in_sum = 0;
    std::array<std::size_t, Sites> out{};
    std::array<std::size_t, Sites> in{};

    friend constexpr bool operator<(const chain_start& a, const chain_start& b) {
        if (a.sum != b.sum) return a.sum < b.sum;
        if (a.interior != b.interior) return a.interior < b.interior;
        if (a.out_sum != b.out_sum) return a.out_sum < b.out_sum;
        if (a.in_sum != b.in_sum) return a.in_sum < b.in_sum;
        return a.out != b.out ? a.out < b.out : a.in < b.in;
    }

    constexpr chain_start extended(std::size_t site, std::size_t out_factor, std::size_t in_factor) const {
        chain_start next = *this;
        next.sum += out_factor * in_factor;
        if (site > 0 && site + 1 < Sites) next.interior += out_factor * in_factor;
        next.out_sum += out_factor;
        next.in_sum += in_factor;
        next.out[site] = out_factor;
        next.in[site] = in_factor;
        return next;
    }
};

/// The balanced factorisation of out x in, both in [1, INT_MAX], over Sites >= 1 sites.
template <std::size_t Sites>
constexpr chain_start<Sites> balance(std::size_t out, std::size_t in) {
    const std::vector<std::size_t> outs = divisors_of_product(out, 1);
    const std::vector<std::size_t> ins = divisors_of_product(in, 1);
    const std::size_t least = least_site_sum(out, in, Sites);

    // best[a * ins.size() + b] is the best beginning that leaves outs[a] and ins[b]; its sum is 0 while there is none.
    const std::size_t states = outs.size() * ins.size();
    std::vector<chain_start<Sites>> best(states, chain_start<Sites>{});
    for (std::size_t site = 0; site < Sites; ++site) {
        const std::size_t later = Sites - 1 - site;
        std::vector<chain_start<Sites>> next(states, chain_start<Sites>{});
        for (std::size_t from = site == 0 ? states - 1 : 0; from < states; ++from) {
            if (site > 0 && best[from].sum == 0) continue;
            const std::size_t last_out = from / ins.size();
            const std::size_t last_in = from % ins.size();
            for (std::size_t a = 0; a <= (later > 0 ? last_out : 0); ++a) {
                if (outs[last_out] % outs[a] != 0) continue;
                const std::size_t out_factor = outs[last_out] / outs[a];
                for (std::size_t b = 0; b <= (later > 0 ? last_in : 0); ++b) {
                    if (ins[last_in] % ins[b] != 0) continue;
                    const std::size_t in_factor = ins[last_in] / ins[b];
                    const std::size_t sum = best[from].sum + out_factor * in_factor;
                    if (sum > least || !sum_within(least - sum, outs[a] * ins[b], later)) continue;
                    const chain_start<Sites> candidate = best[from].extended(site, out_factor, in_factor);
                    chain_start<Sites>& kept = next[a * ins.size() + b];
                    if (kept.sum == 0 || candidate < kept) kept = candidate;
                }
            }
        }
        best.swap(next);
    }
    return best.front();  // nothing is left of out and in
}

}  // namespace detail

/// The scheme of `Sites` sites with the least sum_k out_k in_k: balanced<512, 128, 3> has the out sites 8, 8, 8 and the
/// in sites 4, 4, 8. Ties are broken as this file's head says. Prime extents get factors of 1.
template <std::size_t Out, std::size_t In, std::size_t Sites>
struct balanced {
    static_assert(Out > 0 && In > 0, "xtn::balanced: the extents of an operator are at least 1");
    static_assert(Out <= INT_MAX && In <= INT_MAX, "xtn::balanced: an extent exceeds what a BLAS can index (INT_MAX)");
    static_assert(Sites > 0, "xtn::balanced: a chain has at least one site");

private:
    static constexpr auto found = [] {
        if constexpr (Out > 0 && In > 0 && Out <= INT_MAX && In <= INT_MAX && Sites > 0)
            return detail::balance<Sites>(Out, In);
        else
            return detail::chain_start<Sites>{};  // one of the sentences above has said why
    }();

public:
    static constexpr std::size_t site_count = Sites;
    static constexpr std::array<std::size_t, Sites> out_sites = found.out;
    static constexpr std::array<std::size_t, Sites> in_sites = found.in;
    static constexpr std::size_t padded_out = Out;
    static constexpr std::size_t padded_in = In;
    static constexpr std::size_t out = Out;
    static constexpr std::size_t in = In;
};

/// The extents of the sites of a chain.
template <std::size_t Sites>
struct site_factors {
    std::array<std::size_t, Sites> out, in;
};

/// The balanced sites of extents that are known at run time only. Extents of 0 or beyond INT_MAX are a shape_error.
template <std::size_t Sites>
site_factors<Sites> balanced_sites(std::size_t out, std::size_t in) {
    static_assert(Sites > 0, "xtn::balanced_sites: a chain has at least one site");
    if (std::min(out, in) == 0 || std::max(out, in) > INT_MAX)
        throw shape_error("balanced_sites: the extents of an operator are 1 to INT_MAX, not " + std::to_string(out) +
                          " x " + std::to_string(in));
    const detail::chain_start<Sites> found = detail::balance<Sites>(out, in);
    return {found.out, found.in};
}

}  // namespace xtn
