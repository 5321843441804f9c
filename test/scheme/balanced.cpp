// SPDX-License-Identifier: BSD-3-Clause
// Balanced schemes: a table, and an exhaustive search at run time.
#include <boost/test/unit_test.hpp>

#include <array>
#include <cstddef>
#include <utility>

#include <xtn/scheme/balanced.hpp>

#include "brute_force.hpp"

BOOST_AUTO_TEST_SUITE(scheme_balanced)

namespace {

template <class S, class Expected>
constexpr bool same_sites = S::out_sites == Expected::out_sites&& S::in_sites == Expected::in_sites;

using xtn::balanced;
using xtn::scheme;
using xtn::sites;

// The shapes of PicoGPT.
static_assert(same_sites<balanced<128, 128, 2>, scheme<sites<8, 16>, sites<16, 8>>>);
static_assert(same_sites<balanced<512, 128, 3>, scheme<sites<8, 8, 8>, sites<4, 4, 8>>>);
static_assert(same_sites<balanced<128, 512, 3>, scheme<sites<4, 4, 8>, sites<8, 8, 8>>>);
static_assert(same_sites<balanced<65, 128, 2>, scheme<sites<5, 13>, sites<16, 8>>>);
static_assert(same_sites<balanced<384, 128, 3>, scheme<sites<6, 8, 8>, sites<8, 4, 4>>>);
// Larger ones, primes, and the edges.
static_assert(same_sites<balanced<4096, 4096, 4>, scheme<sites<8, 8, 8, 8>, sites<8, 8, 8, 8>>>);
static_assert(same_sites<balanced<4096, 11008, 4>, scheme<sites<2, 8, 16, 16>, sites<43, 8, 4, 8>>>);
static_assert(same_sites<balanced<768, 3072, 5>, scheme<sites<3, 4, 4, 4, 4>, sites<8, 4, 4, 4, 6>>>);
static_assert(same_sites<balanced<97, 101, 3>, scheme<sites<1, 1, 97>, sites<101, 1, 1>>>);
static_assert(same_sites<balanced<1, 1, 2>, scheme<sites<1, 1>, sites<1, 1>>>);
static_assert(same_sites<balanced<7, 6, 1>, scheme<sites<7>, sites<6>>>);
static_assert(same_sites<balanced<2147483647, 2147483647, 2>, scheme<sites<1, 2147483647>, sites<2147483647, 1>>>);

static_assert(xtn::factorisation<balanced<65, 128, 2>>);
static_assert(balanced<65, 128, 2>::out == 65 && balanced<65, 128, 2>::padded_out == 65);
static_assert(balanced<65, 128, 2>::in == 128 && balanced<65, 128, 2>::padded_in == 128);
static_assert(xtn::parameter_count(balanced<128, 128, 2>{}, 16) == 16 * 256);

template <class S>
void check_against_enumeration() {
    static_assert(xtn::factorisation<S>);
    const brute_force::factors out(S::out_sites.begin(), S::out_sites.end());
    const brute_force::factors in(S::in_sites.begin(), S::in_sites.end());
    BOOST_TEST_CONTEXT(S::out << " x " << S::in << " in " << S::site_count << " sites")
    BOOST_TEST((brute_force::key_of(out, in) == brute_force::best(S::out, S::in, S::site_count)));
}

template <std::size_t Sites, std::size_t... I>
void check_pairs(std::index_sequence<I...>) {
    constexpr std::array<std::size_t, 7> extents{1, 7, 12, 30, 36, 64, 90};
    (check_against_enumeration<balanced<extents[I / extents.size()], extents[I % extents.size()], Sites>>(), ...);
}

}  // namespace

BOOST_AUTO_TEST_CASE(is_the_best_of_all_factorisations) {
    check_against_enumeration<balanced<128, 128, 2>>();
    check_against_enumeration<balanced<512, 128, 3>>();
    check_against_enumeration<balanced<128, 512, 3>>();
    check_against_enumeration<balanced<65, 128, 2>>();
    check_against_enumeration<balanced<384, 128, 3>>();
    check_against_enumeration<balanced<4096, 4096, 4>>();
    check_against_enumeration<balanced<768, 768, 4>>();
    check_against_enumeration<balanced<210, 330, 4>>();
    check_against_enumeration<balanced<96, 64, 5>>();
    check_against_enumeration<balanced<32, 72, 6>>();
}

BOOST_AUTO_TEST_CASE(is_the_best_over_a_grid_of_extents) {
    check_pairs<1>(std::make_index_sequence<49>{});
    check_pairs<2>(std::make_index_sequence<49>{});
    check_pairs<3>(std::make_index_sequence<49>{});
}

BOOST_AUTO_TEST_SUITE_END()
