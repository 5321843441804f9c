// SPDX-License-Identifier: BSD-3-Clause
// Padded schemes: which extents they choose, against an enumeration of all they may choose.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <tuple>
#include <vector>

#include <xtn/scheme/padded.hpp>

#include "brute_force.hpp"

BOOST_AUTO_TEST_SUITE(scheme_padded)

namespace {

using xtn::padded;

static_assert(padded<97, 128, 3>::out == 97 && padded<97, 128, 3>::in == 128);
static_assert(padded<97, 128, 3>::padded_out == 100 && padded<97, 128, 3>::padded_in == 128);
static_assert(padded<65, 128, 2>::padded_out == 65);       // 5 * 16 and 13 * 8: nothing to gain
static_assert(padded<1000, 1000, 3>::padded_out == 1000);  // 10 * 10 three times
static_assert(padded<50257, 768, 4>::padded_out == 50625);
static_assert(padded<1, 1, 2>::padded_out == 1 && padded<7, 7, 2>::padded_in == 7);  // an eighth is less than one

std::vector<std::size_t> candidates(std::size_t n) {
    std::vector<std::size_t> all{n};
    for (std::size_t m = n + 1; 8 * m <= 9 * n; ++m) {
        std::size_t rest = m;
        for (const std::size_t p : {2U, 3U, 5U})
            while (rest % p == 0) rest /= p;
        if (rest == 1) all.push_back(m);
    }
    return all;
}

template <std::size_t Out, std::size_t In, std::size_t Sites>
void check() {
    using S = padded<Out, In, Sites>;
    static_assert(xtn::factorisation<S>);
    using choice = std::tuple<std::size_t, std::size_t, std::size_t, std::size_t>;  // sum, product, out, in
    choice best{brute_force::least_sum(Out * In, Sites), Out * In, Out, In};
    for (const std::size_t o : candidates(Out))
        for (const std::size_t i : candidates(In))
            best = std::min(best, choice{brute_force::least_sum(o * i, Sites), o * i, o, i});

    BOOST_TEST_CONTEXT(Out << " x " << In << " in " << Sites << " sites") {
        BOOST_TEST(S::out == Out);
        BOOST_TEST(S::in == In);
        BOOST_TEST(S::padded_out == std::get<2>(best));
        BOOST_TEST(S::padded_in == std::get<3>(best));
        std::size_t sum = 0;
        for (std::size_t k = 0; k < Sites; ++k) sum += S::out_sites[k] * S::in_sites[k];
        BOOST_TEST(sum == std::get<0>(best));
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(is_the_best_of_all_paddings) {
    check<65, 128, 2>();
    check<65, 128, 3>();
    check<97, 128, 2>();
    check<97, 128, 3>();
    check<97, 101, 2>();
    check<97, 101, 4>();
    check<1000, 1000, 3>();
    check<1000, 999, 2>();
    check<1009, 509, 4>();
    check<257, 384, 3>();
    check<23, 47, 2>();
    check<8, 9, 2>();
    check<7, 3, 2>();
    check<13, 13, 1>();
    check<11, 43, 2>();  // uses the whole eighth
    check<13, 97, 2>();
    check<1, 28, 2>();  // a smaller pair is as good as the largest
    check<1, 76, 2>();
}

BOOST_AUTO_TEST_SUITE_END()
