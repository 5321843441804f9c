// SPDX-License-Identifier: BSD-3-Clause
// Names of representations, the sites behind them, and how many parameters models of them have.
#include <boost/test/unit_test.hpp>

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include <xtn/train/parameter_store.hpp>

#include "core/compression.hpp"

BOOST_AUTO_TEST_SUITE(picogpt_representation)

namespace {

using picogpt::representation;

std::size_t count(const std::string& name) {
    return xtn::parameter_count(picogpt::make_model({}, representation(name)).parameters());
}

xtn::any_operator<float> layer_of(const picogpt::model<float>& m, const std::string& name) {
    for (const auto& [layer, op] : m.named_operators())
        if (layer == name) return op;
    throw xtn::error("no layer " + name);
}

constexpr std::size_t biases_norms_and_tokens = 4 * (128 + 512 + 128) + 9 * 256 + 65 * 128;

BOOST_AUTO_TEST_CASE(names_are_read) {
    const representation r("mpo-8-a3-f2x16-shared");
    BOOST_TEST((r.attention.family == "mpo" && r.head.family == "mpo"));
    BOOST_TEST(r.attention.sites == 3);
    BOOST_TEST(r.attention.size == 8);
    BOOST_TEST(r.feed_forward.sites == 2);
    BOOST_TEST(r.feed_forward.size == 16);
    BOOST_TEST(r.head.sites == 0);
    BOOST_TEST(r.shared);
    BOOST_TEST(&r.of("lm_head") == &r.head);
    BOOST_TEST(&r.of("blocks.3.attn.W_o") == &r.attention);
    BOOST_TEST(&r.of("blocks.0.ffn.W2") == &r.feed_forward);
    BOOST_TEST(representation("dense-d64").width == 64);
    BOOST_TEST(representation("low_rank-12").attention.size == 12);
    BOOST_TEST(representation().dense());
    BOOST_TEST(representation("tucker-6-a2x4").attention.size == 4);
    const auto spectral = representation("spectral-0.25-rectangle-random_basis").feed_forward;
    BOOST_TEST(spectral.coefficients.of(8, 8) == 16);
    BOOST_TEST((spectral.support == xtn::support::order::rectangle));
    BOOST_TEST(spectral.random_basis);
    BOOST_TEST(representation("mpo-8-l2-a3").attention.added_rank == 2);
    BOOST_TEST(representation("spectral-20").head.coefficients.of(8, 8) == 20);
    BOOST_TEST(!representation("mpo-8").table_by_operator);
    BOOST_TEST(representation("mpo-8-e").table.size == 8);
    BOOST_TEST(representation("mpo-8-e").table_by_operator);
    const representation with_table("mpo-8-e3x4");
    BOOST_TEST(
        (with_table.table_by_operator && with_table.of("tok_emb").sites == 3 && with_table.of("tok_emb").size == 4));
    BOOST_TEST(with_table.head.size == 8);
    const representation tied("mpo-8-h2x5-tied");
    BOOST_TEST((tied.tied && tied.table_by_operator && &tied.of("tok_emb") == &tied.head));
    BOOST_TEST((representation("dense-tied").tied && !representation("dense-tied").table_by_operator));
    const representation taking_turns("low_rank-3-b2");
    BOOST_TEST(taking_turns.owner_of("blocks.3.attn.W_o") == "blocks.1.attn.W_o");
    BOOST_TEST(taking_turns.owner_of("lm_head") == "lm_head");
    BOOST_TEST(representation("dense").owner_of("blocks.3.ffn.W1") == "blocks.3.ffn.W1");
}

BOOST_AUTO_TEST_CASE(names_that_mean_nothing_are_refused) {
    for (const char* name : {"",
                             "mps-4",
                             "mpo",
                             "mpo-",
                             "mpo-0",
                             "mpo-x",
                             "mpo-4-",
                             "mpo-4-a",
                             "mpo-4-a5",
                             "mpo-4-a1",
                             "mpo-4-a3x",
                             "mpo-4-a3x0",
                             "mpo-4-a3y2",
                             "mpo-1234567890",
                             "mpo-99999999999999999999",
                             "mpo-1e3",
                             "mpo-16.",
                             "mpo-4-a3x1e1",
                             "mpo-4-l+2",
                             "spectral-nan",
                             "spectral-0x1",
                             "mpo-4-l",
                             "low_rank-4-l2",
                             "mpo-0.5",
                             "spectral-1.5",
                             "spectral-0.5-circle",
                             "spectral-0.5-a3",
                             "low_rank-4-a3",
                             "dense-d0",
                             "dense-shared",
                             "dense-b0",
                             "dense-b",
                             "kronecker-3-shared",
                             "dense-64",
                             "dense-e",
                             "dense-e2",
                             "low_rank-4-e2",
                             "mpo-4-e5"})
        BOOST_CHECK_THROW(representation{name}, xtn::error);
}

BOOST_AUTO_TEST_CASE(parameters_are_counted) {
    const std::size_t rest = biases_norms_and_tokens;
    BOOST_TEST(count("low_rank-7") == rest + 7 * (16 * 256 + 8 * 640 + 193));
    BOOST_TEST(count("kronecker-8") == rest + 8 * (16 * 256 + 8 * 512 + (5 * 16 + 13 * 8)));
    // three sites: 4 * 8 at one end, 8 * 4 within, 4 * 4 at the other end
    const auto sites = picogpt::describe({.family = "mpo", .size = 8, .sites = 3}, "blocks.0.attn.W_q", 128, 128);
    const auto out = sites.numbers("out"), in = sites.numbers("in");
    BOOST_REQUIRE(out.size() == 3);
    const std::size_t ends = out[0] * in[0] + out[2] * in[2], interior = out[1] * in[1];
    const std::size_t feed_forward = 8 * (8 * (32 + 64) + 64 * 32), head = 8 * (40 + 208);
    BOOST_TEST(count("mpo-8-a3") == rest + 16 * (8 * ends + 64 * interior) + feed_forward + head);
    // shared: 15 of 16 interior cores of the attention matrices and 6 of 8 of the feed-forward ones fall away
    BOOST_TEST(count("mpo-8-a3") - count("mpo-8-a3-shared") == 15 * 64 * interior + 6 * 64 * 32);
    BOOST_TEST(count("mpo-8-shared") == count("mpo-8") - 6 * 64 * 32);
    // the table as an MPO of 5 x 8 and 13 x 16 instead of 65 x 128 numbers; tied to the head, it is no number more
    BOOST_TEST(count("mpo-8-e") == count("mpo-8") - 65 * 128 + head);
    BOOST_TEST(count("mpo-8-tied") == count("mpo-8") - 65 * 128);
    BOOST_TEST(count("dense-tied") == count("dense") - 65 * 128);
    BOOST_TEST(count("low_rank-7-e") == count("low_rank-7") - 65 * 128 + 7 * 193);
    BOOST_TEST(count("mpo-9999") == count("mpo-64"));  // a bond that the sites cannot use is cut
}

/// Sharing is one tensor: it is stored once, and a step of one layer's core is a step of all.
BOOST_AUTO_TEST_CASE(blocks_that_take_turns_have_the_operators_of_a_few) {
    for (const char* family : {"dense", "mpo-4-f2", "low_rank-3", "spectral-0.1-scattered", "tucker-3"}) {
        const std::string name = family;
        const std::size_t operators = count(name) - biases_norms_and_tokens;
        const auto m = picogpt::make_model({}, representation(name + "-b2"));
        const std::size_t head = xtn::parameter_count(layer_of(m, "lm_head").parameters());
        BOOST_TEST(count(name + "-b2") == biases_norms_and_tokens + head + (operators - head) / 2, name);
        const xtn::parameter_store<float> store(m.parameters());
        BOOST_TEST(store.size() == count(name + "-b2"));
    }
}

BOOST_AUTO_TEST_CASE(rates_by_structure_are_those_of_the_places_in_a_network) {
    const auto m = picogpt::make_model({}, representation("mpo-4-f2-b1"));
    const auto rates = picogpt::rates_by_structure(m);
    // 128 = 8 x 16 inputs: the core that acts first sums over 16, the other over 8 and the bond.
    BOOST_TEST(rates.at("blocks.0.attn.W_q.cores.1") == 128.0 / 16);
    BOOST_TEST(rates.at("blocks.0.attn.W_q.cores.0") == 128.0 / (8 * 4));
    BOOST_TEST(!rates.contains("blocks.1.attn.W_q.cores.0"));  // the same parameter
    const auto dense = picogpt::rates_by_structure(picogpt::make_model({}, representation("dense-d64")));
    BOOST_TEST(dense.at("blocks.0.attn.W_q.weight") == 2);
    BOOST_TEST(dense.at("blocks.2.ffn.W2.weight") == 128.0 / 256);
}

BOOST_AUTO_TEST_CASE(shared_cores_are_one_parameter) {
    const auto m = picogpt::make_model({}, representation("mpo-4-a3-shared"));
    const xtn::parameter_store<float> store(m.parameters());
    BOOST_TEST(store.size() == count("mpo-4-a3-shared"));
    const auto interior = [&](const std::string& layer) { return layer_of(m, layer).parameters()[1].value; };
    BOOST_TEST((interior("blocks.0.attn.W_q") == interior("blocks.3.attn.W_o")));
}

BOOST_AUTO_TEST_CASE(every_layer_starts_with_the_wanted_deviation) {
    for (const char* name : {"dense", "mpo-8", "mpo-8-a3-f4", "mpo-8-a4-shared", "mpo-8-l2", "low_rank-7",
                             "kronecker-5", "tucker-6", "spectral-0.5", "spectral-0.1-scattered-random_basis"}) {
        const auto m = picogpt::make_model({}, representation(name), {.sigma = 0.05}, 3);
        double sum = 0, entries = 0;
        for (const auto& op : m.operators()) {
            const auto w = xtn::to_dense(op);
            for (const float v : w) sum += static_cast<double>(v) * static_cast<double>(v);
            entries += static_cast<double>(w.size());
        }
        BOOST_TEST(std::abs(std::sqrt(sum / entries) / 0.05 - 1) < 0.15, name);
    }
}

/// Compression with full bonds changes nothing; with smaller ones the layers are the truncated decompositions.
BOOST_AUTO_TEST_CASE(compression) {
    const picogpt::model_shape shape{.vocabulary = 15, .dim = 16, .heads = 2, .layers = 2, .context = 8, .hidden = 32};
    const auto dense = picogpt::make_model(shape, representation("dense"), {.sigma = 0.3}, 5);
    const std::vector<picogpt::token> tokens{1, 5, 3, 0, 7, 7, 2, 9};
    xtn::tape<float> t;
    const auto expected = dense.logits(t, tokens, 8);
    for (const char* name : {"dense", "mpo-64", "mpo-64-a3-f2", "low_rank-16", "kronecker-64", "tucker-32", "mpo-64-l2",
                             "spectral-1.0", "spectral-1.0-largest"}) {
        const auto full = picogpt::compress(dense, representation(name));
        xtn::tape<float> u;
        const auto logits = full.logits(u, tokens, 8);
        for (std::size_t k = 0; k < logits.size(); ++k)
            BOOST_TEST(std::abs(logits.data()[k] - expected.data()[k]) < 1e-4, name);
    }
    for (const auto& sizes :
         {std::array{"low_rank-1", "low_rank-4", "low_rank-12"}, std::array{"mpo-2", "mpo-4", "mpo-7"},
          std::array{"tucker-2", "tucker-3", "tucker-4"}, std::array{"spectral-0.1", "spectral-0.5", "spectral-0.95"},
          std::array{"spectral-0.1-largest", "spectral-0.3-largest", "spectral-0.9-largest"}}) {
        double former = 1;
        for (const char* name : sizes) {
            const representation r(name);
            const std::string name_of_layer = "blocks.0.ffn.W1";
            const auto w = layer_of(dense, name_of_layer).to_dense();
            const auto layer = picogpt::compress(r.of(name_of_layer), name_of_layer, w);
            const double error = picogpt::error_of(layer, w).relative();
            BOOST_TEST(error < former, name);
            BOOST_TEST(picogpt::error_of(layer_of(picogpt::compress(dense, r), name_of_layer), w).relative() == error,
                       name);
            former = error;
        }
        BOOST_TEST(former < 0.7);
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
