// SPDX-License-Identifier: BSD-3-Clause
// What weight decay acts on.
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include <xtn/train.hpp>
#include <xtn/xtn.hpp>

BOOST_AUTO_TEST_SUITE(train_training_plan)

namespace {

/// The names of the parameters that decay.
std::string decaying(xtn::decayed what) {
    using namespace xtn::nn;
    const transformer_spec spec{
        .input = {.of = token_spec{11}, .positions = position_kind::learned, .context = 6},
        .body = {.width = 8, .blocks = {{{{.mixer = attention_spec{.heads = 2, .fused = true}}}}}},
        .output = {.classes = 5, .bias = true}};
    const auto make = [](const std::string& layer, std::size_t out, std::size_t in) -> xtn::any_operator<double> {
        if (layer == "lm_head") return xtn::dense<double>(out, in);
        return xtn::spectral<double>(out, in, xtn::support::zigzag(xtn::coefficients::fraction(0.5)));  // one axis
    };
    const transformer<double> m(spec, make);
    xtn::parameter_store<double> store(m.parameters());
    const auto groups = xtn::decay_groups(store, m.operators(), what, 0.25);
    BOOST_REQUIRE(groups.size() == store.entries().size());
    std::string names;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        BOOST_TEST(groups[i].offset == store.entries()[i].offset);
        BOOST_TEST(groups[i].size == store.entries()[i].value.size());
        BOOST_TEST(groups[i].lr_scale == 1);
        BOOST_TEST((groups[i].weight_decay == 0 || groups[i].weight_decay == 0.25));
        if (groups[i].weight_decay > 0) names += store.entries()[i].name + " ";
    }
    return names;
}

BOOST_AUTO_TEST_CASE(matrices_and_tables_decay_but_not_biases_and_norms) {
    BOOST_TEST(decaying(xtn::decayed::nothing) == "");
    BOOST_TEST(decaying(xtn::decayed::matrices) ==
               "tok_emb.weight tok_emb.positions blocks.0.attn.W_qkv.coefficients blocks.0.attn.W_o.coefficients "
               "lm_head.weight ");
    BOOST_TEST(decaying(xtn::decayed::everything) ==
               "tok_emb.weight tok_emb.positions blocks.0.ln1.weight blocks.0.ln1.bias "
               "blocks.0.attn.W_qkv.coefficients blocks.0.attn.W_o.coefficients blocks.0.attn.W_o.bias ln_f.weight "
               "ln_f.bias lm_head.weight lm_head.bias ");
}

BOOST_AUTO_TEST_CASE(a_parameter_may_have_a_rate_of_its_own) {
    const xtn::dense<double> first(2, 3), second(4, 5);
    xtn::parameter_store<double> store(
        {{"first", first.parameters()[0].value}, {"second", second.parameters()[0].value}});
    xtn::training_plan plan{.weight_decay = 0.25, .decay = xtn::decayed::everything, .rate_factors = {{"second", 7}}};
    const auto groups = xtn::parameter_groups<double>(store, {}, plan);
    BOOST_REQUIRE(groups.size() == 2u);
    BOOST_TEST(groups[0].lr_scale == 1);
    BOOST_TEST(groups[1].lr_scale == 7);
    BOOST_TEST(groups[1].weight_decay == 0.25);
    plan.rate_factors["third"] = 2;
    BOOST_CHECK_EXCEPTION(xtn::parameter_groups<double>(store, {}, plan), xtn::error,
                          [](const auto& e) { return std::string(e.what()).find("\"third\"") != std::string::npos; });
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
