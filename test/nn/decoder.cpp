// SPDX-License-Identifier: BSD-3-Clause
// Sequences that go on token by token, of any length, and what is drawn from logits.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include <xtn/xtn.hpp>

#include "compositions.hpp"

BOOST_AUTO_TEST_SUITE(nn_decoder)

namespace {

using namespace xtn_test;
using namespace xtn::nn;
using token = std::uint32_t;

void check_close(std::span<const double> a, std::span<const double> b) {
    BOOST_REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) BOOST_TEST(std::abs(a[i] - b[i]) < 1e-12);
}

BOOST_AUTO_TEST_CASE(the_state_changes_nothing) {
    const auto m = drawn(compositions().at("pre-norm"));
    const auto tokens = text(9);
    decoder<double> d(m);
    xtn::tape<double> t;
    const auto all = m.logits(t, tokens, 9);
    for (std::size_t n = 0; n < tokens.size(); ++n)
        check_close(d.feed(tokens[n]), {all.data() + 5 * n, std::size_t{5}});
}

/// When the context of 9 is full, the last 4 tokens are read again from position 0.
BOOST_AUTO_TEST_CASE(a_full_context_goes_on_with_its_later_half) {
    const auto m = drawn(compositions().at("learned positions"));
    const auto tokens = text(30);
    decoder<double> one(m), two(m), fresh(m);
    one.feed(std::span(tokens).first(9));
    fresh.feed(std::span(tokens).subspan(5, 4));
    check_close(one.feed(tokens[9]), fresh.feed(tokens[9]));
    one.feed(std::span(tokens).subspan(10));
    for (std::size_t n = 0; n + 1 < tokens.size(); ++n) two.feed(tokens[n]);
    const auto last = two.feed(tokens.back());
    const std::vector<double> expected(last.begin(), last.end());
    decoder<double> at_once(m);
    check_close(at_once.feed(tokens), expected);
}

BOOST_AUTO_TEST_CASE(sequences_in_step_are_sequences_alone) {
    const auto m = drawn(compositions().at("own widths, fused"));
    const auto tokens = text(40);
    decoder<double> both(m, 2), first(m), second(m);
    for (std::size_t n = 0; n < 20; ++n) {
        const std::vector<token> next{tokens[n], tokens[20 + n]};
        const auto logits = both.feed(next);
        check_close(logits.first(5), first.feed(tokens[n]));
        check_close(logits.last(5), second.feed(tokens[20 + n]));
    }
    decoder<double> pieces(m, 2);
    pieces.feed(tokens);  // 20 tokens of each
    const std::vector<token> next{1, 2};
    const auto a = pieces.feed(next), b = both.feed(next);
    check_close(a, b);
}

BOOST_AUTO_TEST_CASE(a_context_of_one_or_two) {
    for (const std::size_t context : {1u, 2u}) {
        const auto m = drawn(compositions().at("pre-norm")).with_context(context);
        decoder<double> d(m), fresh(m);
        d.feed(token{3});
        for (std::size_t n = 1; n < context; ++n) d.feed(token{2});
        check_close(d.feed(token{1}), fresh.feed(token{1}));
    }
}

BOOST_AUTO_TEST_CASE(a_longer_context_shares_the_parameters) {
    const auto m = drawn(compositions().at("pre-norm")), longer = m.with_context(20);
    BOOST_TEST((m.parameters()[0].value == longer.parameters()[0].value));
    BOOST_TEST(longer.context() == 20);
    BOOST_TEST(longer.spec().input.context == 20);
    const auto tokens = text(20);
    xtn::tape<double> t;
    const auto whole = longer.logits(t, tokens, 20), part = m.logits(t, std::span(tokens).first(9), 9);
    check_close({whole.data(), part.size()}, {part.data(), part.size()});
    BOOST_CHECK_THROW(drawn(compositions().at("learned positions")).with_context(20), xtn::error);
}

BOOST_AUTO_TEST_CASE(generation_follows_the_seed) {
    const auto m = drawn(compositions().at("pre-norm"));
    const auto prompt = text(3);
    xtn::random_stream a(1), b(1), c(2);
    const auto one = generate(m, prompt, 60, {}, a), two = generate(m, prompt, 60, {}, b),
               other = generate(m, prompt, 60, {}, c);
    BOOST_TEST(one.size() == 60);
    BOOST_TEST((one == two));
    BOOST_TEST((one != other));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_fed_is_refused) {
    const auto m = drawn(compositions().at("pre-norm"));
    decoder<double> d(m, 2), same(m, 2);
    const std::vector<token> good{1, 2}, unknown{1, 7}, odd{1, 2, 3};
    xtn::random_stream random(1);
    BOOST_CHECK_THROW(d.feed(unknown), xtn::shape_error);
    BOOST_CHECK_THROW(d.feed(odd), xtn::shape_error);
    BOOST_CHECK_THROW(d.feed(std::span<const token>()), xtn::shape_error);
    check_close(d.feed(good), same.feed(good));
    BOOST_CHECK_THROW(generate(m, std::span<const token>(), 5, {}, random), xtn::shape_error);
    BOOST_CHECK_THROW(decoder<double>(m, 0), xtn::shape_error);
}

BOOST_AUTO_TEST_CASE(sampling_keeps_to_its_options) {
    const std::vector<float> logits{1, 4, 2, 3};
    const std::span<const float> row(logits);
    xtn::random_stream random(1);
    BOOST_TEST(sample(row, {.temperature = 0}, random) == 1);
    std::vector<int> seen(4);
    for (int i = 0; i < 4000; ++i) ++seen[sample(row, {.top_k = 2}, random)];
    BOOST_TEST(seen[0] + seen[2] == 0);
    BOOST_TEST(std::abs(seen[1] / 4000.0 - 1 / (1 + std::exp(-1.0))) < 0.04);
    BOOST_CHECK_THROW(sample(row.first(0), {}, random), xtn::shape_error);
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
