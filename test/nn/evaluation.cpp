// SPDX-License-Identifier: BSD-3-Clause
// What is true of all layers: nothing is kept where nothing is differentiated, values are those of a recording, and being
// trainable decides neither what there is nor what it is called.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <xtn/xtn.hpp>

#include "compositions.hpp"

BOOST_AUTO_TEST_SUITE(nn_evaluation)

namespace {

using namespace xtn_test;

BOOST_AUTO_TEST_CASE(an_evaluation_keeps_nothing_for_a_pullback) {
    constexpr std::size_t time = 96, heads = 4, dim = 16;
    xt::xtensor<double, 2> x({time, dim});
    xtn::random_stream(1).fill_normal(std::span(x.data(), x.size()), 1.0);
    const std::vector<std::uint32_t> targets(time, 3);
    const auto bytes = [&](bool recording, double& loss) {
        xtn::tape<double> t;
        t.set_recording(recording);
        const auto q = t.leaf(x);
        const auto y = xtn::nn::softmax_attention{.heads = heads}(q, q, q, time);
        const auto z = xtn::nn::rms_norm<double>(dim)(xtn::nn::layer_norm<double>(dim)(y));
        loss = xtn::nn::cross_entropy(z, std::span<const std::uint32_t>(targets)).mean.item();
        return t.capacity();
    };
    double recorded = 0, evaluated = 0;
    const std::size_t probabilities = heads * time * time * sizeof(double);
    BOOST_TEST(bytes(true, recorded) > probabilities);
    BOOST_TEST(bytes(false, evaluated) < probabilities / 2);
    BOOST_TEST(evaluated == recorded);
}

BOOST_AUTO_TEST_CASE(freezing_takes_no_parameter_away) {
    for (const auto& [name, spec] : compositions()) {
        const auto m = drawn(spec);
        const auto before = m.parameters();
        for (const auto& p : before) xtn::parameter<double>(p.value).set_trainable(false);
        const auto frozen = m.parameters();
        BOOST_TEST(std::equal(before.begin(), before.end(), frozen.begin(), frozen.end(),
                              [](const auto& a, const auto& b) { return a.name == b.name && a.value == b.value; }),
                   name);
    }
    const xtn::nn::linear<double> linear(xtn::low_rank<double>(4, 6, 2),
                                         xtn::parameter<double>(std::vector<std::size_t>{4}));
    for (const auto& p : linear.parameters()) xtn::parameter<double>(p.value).set_trainable(false);
    BOOST_TEST(linear.parameters().size() == 3u);
}

BOOST_AUTO_TEST_CASE(tokens_must_not_change_before_backward) {
    const auto m = drawn(compositions().at("pre-norm"));
    auto tokens = text(9);
    xtn::tape<double> t;
    const auto record = [&] {
        t.clear();
        const auto y = m.logits(t, std::span<const std::uint32_t>(tokens), 9);
        return xtn::einsum<"bo,bo->">(y, y);
    };
    const auto loss = record();
    tokens[4] ^= 1U;
    BOOST_CHECK_EXCEPTION(t.backward(loss), xtn::error, [](const xtn::error& e) {
        return std::string(e.what()).find("the tokens of an embedding") != std::string::npos;
    });
    BOOST_CHECK_NO_THROW(t.backward(record()));
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
