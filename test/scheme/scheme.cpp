// SPDX-License-Identifier: BSD-3-Clause
// Explicit schemes, the concept, and the count of parameters.
#include <boost/test/unit_test.hpp>

#include <array>
#include <cstddef>

#include <xtn/scheme/scheme.hpp>

BOOST_AUTO_TEST_SUITE(scheme_scheme)

namespace {

using two = xtn::scheme<xtn::sites<8, 16>, xtn::sites<8, 16>>;
using three = xtn::scheme<xtn::sites<8, 8, 8>, xtn::sites<4, 4, 8>>;
using flipped = xtn::scheme<xtn::sites<4, 4, 8>, xtn::sites<8, 8, 8>>;
using head = xtn::scheme<xtn::sites<5, 13>, xtn::sites<8, 16>>;

static_assert(xtn::factorisation<two> && xtn::factorisation<three> && xtn::factorisation<head>);
static_assert(three::site_count == 3 && three::out == 512 && three::in == 128);
static_assert(three::padded_out == 512 && three::padded_in == 128);
static_assert(three::out_sites == std::array<std::size_t, 3>{8, 8, 8});
static_assert(three::in_sites == std::array<std::size_t, 3>{4, 4, 8});
static_assert(xtn::sites<8, 16>::extents == std::array<std::size_t, 2>{8, 16});

// A user's own scheme, and what the concept refuses.
struct own {
    static constexpr std::size_t site_count = 2, out = 5, in = 4, padded_out = 6, padded_in = 4;
    static constexpr std::array<std::size_t, 2> out_sites{2, 3}, in_sites{2, 2};
};
struct wrong_product : own {
    static constexpr std::size_t padded_out = 7;
};
struct larger_than_its_sites : own {
    static constexpr std::size_t out = 7;
};
struct wrong_count : own {
    static constexpr std::size_t site_count = 3;
};
static_assert(xtn::factorisation<own>);
static_assert(!xtn::factorisation<wrong_product>);
static_assert(!xtn::factorisation<larger_than_its_sites>);
static_assert(!xtn::factorisation<wrong_count>);
static_assert(!xtn::factorisation<int>);

static_assert(xtn::parameter_count(two{}, 16) == 5120);
static_assert(xtn::parameter_count(three{}, 8) == 256 + 2048 + 512);
static_assert(xtn::parameter_count(own{}, 1) == 10);

}  // namespace

BOOST_AUTO_TEST_CASE(one_site_has_no_bond) {
    using single = xtn::scheme<xtn::sites<6>, xtn::sites<7>>;
    BOOST_TEST(xtn::parameter_count(single{}, 1) == 42U);
    BOOST_TEST(xtn::parameter_count(single{}, 16) == 42U);
}

// A PicoGPT (4 layers, width 128, vocabulary 65) whose linear layers, head included, are MPOs: the totals were
// counted from an independent PyTorch implementation.
BOOST_AUTO_TEST_CASE(picogpt_totals) {
    const auto total = [](std::size_t bond) {
        const std::size_t attention = 4 * xtn::parameter_count(two{}, bond) + 128;
        const std::size_t mlp = xtn::parameter_count(three{}, bond) + 512 + xtn::parameter_count(flipped{}, bond) + 128;
        const std::size_t norms = 2 * 2 * 128;
        return 4 * (attention + mlp + norms) + 65 * 128 + 2 * 128 + xtn::parameter_count(head{}, bond);
    };
    BOOST_TEST(total(4) == 42'336U);
    BOOST_TEST(total(8) == 79'168U);
    BOOST_TEST(total(16) == 177'408U);
    BOOST_TEST(total(32) == 472'192U);
}

BOOST_AUTO_TEST_SUITE_END()
