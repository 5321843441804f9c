// SPDX-License-Identifier: BSD-3-Clause
// Schemes: how the flat extents of an operator (out x in) factorise over the sites of a chain, known at compile time.
//
//     out = prod_k out_k,   in = prod_k in_k,   site 0 most significant, as in row-major storage.
//
// A scheme is an empty type. The explicit one is written out, scheme<sites<8, 16>, sites<8, 16>>; balanced and padded
// compute their sites. Tensorising a weight matrix this way: Novikov et al., "Tensorizing Neural Networks", NIPS 2015,
// section 4.
#pragma once

#include <array>
#include <climits>
#include <concepts>
#include <cstddef>
#include <type_traits>

namespace xtn {

/// A list of extents, one per site: sites<8, 16>.
template <std::size_t... Extents>
struct sites {
    static constexpr std::array<std::size_t, sizeof...(Extents)> extents{Extents...};
};

namespace detail {

/// The product of the extents; 0 if one of them is 0 or the product exceeds what a BLAS can index (INT_MAX).
template <std::size_t N>
constexpr std::size_t site_product(const std::array<std::size_t, N>& extents) {
    std::size_t product = 1;
    for (const std::size_t e : extents) {
        if (e == 0 || e > std::size_t{INT_MAX} / product) return 0;
        product *= e;
    }
    return product;
}

/// Whether this is the type of a list of at least one extent.
template <class Array>
inline constexpr bool is_site_array = false;
template <std::size_t N>
inline constexpr bool is_site_array<std::array<std::size_t, N>> = N > 0;

template <class>
inline constexpr bool is_sites = false;
template <std::size_t... Extents>
inline constexpr bool is_sites<sites<Extents...>> = true;

}  // namespace detail

/// A compile-time factorisation of an operator's extents over the sites of a chain:
///   site_count               the number of sites, at least one
///   out_sites, in_sites      std::array<std::size_t, site_count>, the extents of each site
///   out, in                  the flat extents that the operator shows
///   padded_out, padded_in    the products of the sites, at least out and in; larger only where a scheme pads
template <class S>
concept factorisation = requires {
    requires std::same_as<std::remove_cvref_t<decltype(S::out_sites)>, std::array<std::size_t, S::site_count>>;
    requires std::same_as<std::remove_cvref_t<decltype(S::in_sites)>, std::array<std::size_t, S::site_count>>;
    requires detail::is_site_array<std::remove_cvref_t<decltype(S::out_sites)>>;
    requires detail::site_product(S::out_sites)
    == S::padded_out;
    requires detail::site_product(S::in_sites)
    == S::padded_in;
    requires 1 <= S::out&& S::out <= S::padded_out;
    requires 1 <= S::in&& S::in <= S::padded_in;
};

/// The explicit scheme: scheme<sites<out_1, ..., out_n>, sites<in_1, ..., in_n>>.
template <class OutSites, class InSites>
struct scheme {
    static_assert(detail::is_sites<OutSites> && detail::is_sites<InSites>,
                  "xtn::scheme takes two lists of extents: scheme<sites<out...>, sites<in...>>");
};

/// The same, for two lists of sites.
template <std::size_t... Out, std::size_t... In>
struct scheme<sites<Out...>, sites<In...>> {
    static_assert(sizeof...(Out) > 0 && sizeof...(In) > 0, "xtn::scheme: a chain has at least one site");
    static_assert(sizeof...(Out) == sizeof...(In),
                  "xtn::scheme: out and in must have the same number of sites; fill up with extents of 1");
    static_assert(((Out > 0) && ...) && ((In > 0) && ...), "xtn::scheme: the extent of a site is at least 1");

    static constexpr std::size_t site_count = sizeof...(Out);
    static constexpr std::array<std::size_t, sizeof...(Out)> out_sites{Out...};
    static constexpr std::array<std::size_t, sizeof...(In)> in_sites{In...};
    static constexpr std::size_t padded_out = detail::site_product(out_sites);
    static constexpr std::size_t padded_in = detail::site_product(in_sites);
    static constexpr std::size_t out = padded_out;
    static constexpr std::size_t in = padded_in;

    static_assert((out > 0 || ((Out == 0) || ...)) && (in > 0 || ((In == 0) || ...)),
                  "xtn::scheme: the product of the sites exceeds what a BLAS can index (INT_MAX)");
};

/// How many numbers the cores of an MPO with this scheme and one bond dimension hold,
///     sum_k r_{k-1} out_k in_k r_k   with r_0 = r_n = 1 and every other r = bond >= 1.
/// This is the count that publications print: bonds are not cut to the rank that a matrix of these extents can have.
template <factorisation S>
constexpr std::size_t parameter_count(S, std::size_t bond) {
    std::size_t count = 0;
    for (std::size_t k = 0; k < S::site_count; ++k) {
        const std::size_t left = k == 0 ? 1 : bond;
        const std::size_t right = k + 1 == S::site_count ? 1 : bond;
        count += left * S::out_sites[k] * S::in_sites[k] * right;
    }
    return count;
}

}  // namespace xtn
