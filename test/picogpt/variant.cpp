// SPDX-License-Identifier: BSD-3-Clause
// What is left of a transformer: names, the parameter counts of the paper, the reference tensors, symmetric scores.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <xtn/io/safetensors.hpp>

#include "../../examples/vit/image_task.hpp"
#include "core/variant.hpp"
#include "xtn_paths.hpp"

BOOST_AUTO_TEST_SUITE(picogpt_variant)

namespace {

using picogpt::variant;

xtn::image_set images(const xtn::image_shape& shape, std::size_t classes = 10) {
    return {shape, classes, std::vector<std::uint8_t>(shape.size()), {0}};
}
const xtn::image_shape mnist{1, 28, 28}, cifar{3, 32, 32};

std::size_t count(const std::string& name, const xtn::image_shape& shape) {
    return xtn::parameter_count(variant(name).make(vit::spec_for(images(shape))).parameters());
}

BOOST_AUTO_TEST_CASE(parameters_of_images_are_those_of_the_paper) {
    BOOST_TEST(count("full", cifar) == 287'686);
    BOOST_TEST(count("full-no_mlp", cifar) == 101'470);
    BOOST_TEST(count("full", mnist) == 279'106);
    BOOST_TEST(count("full-no_mlp", mnist) == 92'890);
    BOOST_TEST(count("tied-no_mlp", mnist) == 70'930);
    BOOST_TEST(count("collapsed-no_vo-no_mlp", mnist) == 27'010);
    BOOST_TEST(count("full-h4", mnist) == count("full", mnist));
    BOOST_TEST(count("full-e12", mnist) - count("full", mnist) == 6 * 45'916);
    const std::size_t saved = 6 * (60 * 60 - 60 * 61 / 2);
    BOOST_TEST(count("collapsed", mnist) - count("mirrored", mnist) == saved);
    BOOST_TEST(count("mirrored", mnist) == count("cholesky", mnist));
    BOOST_TEST(count("full+low_rank-5", mnist) == 279'106 - 6 * (4 * (3600 - 5 * 120) + 2 * (15360 - 5 * 316)));
}

BOOST_AUTO_TEST_CASE(parts_of_a_picogpt_go) {
    const auto count_of = [](const std::string& name) {
        return xtn::parameter_count(variant(name).make(picogpt::model_shape()).parameters());
    };
    BOOST_TEST(count_of("full") == 808'448);
    BOOST_TEST(count_of("tied") == 808'448 - 4 * 128 * 128);
    BOOST_TEST(count_of("collapsed") == count_of("tied"));
    BOOST_TEST(count_of("full-no_mlp") == 808'448 - 4 * (2 * 128 * 512 + 512 + 128 + 2 * 128));  // with their norms
    BOOST_TEST(count_of("collapsed-no_vo") == count_of("collapsed") - 4 * (2 * 128 * 128 + 128));
    const std::size_t mpo_head = 16 * (5 * 8 + 13 * 16);  // in picogpt_mpo; here the head stays a matrix
    BOOST_TEST(count_of("full+mpo-16") == 177'408 - mpo_head + 65 * 128);
}

/// The model of the programs, small, is that of the reference.
BOOST_AUTO_TEST_CASE(vision_transformers_of_the_reference) {
    const auto file = xtn::load_safetensors(std::string(XTN_TEST_DATA) + "/vit.safetensors");
    xtn::nn::transformer_spec spec = vit::spec_for(images({3, 8, 8}, 5));
    std::get<xtn::nn::patch_spec>(spec.input.of).patch = 4;
    spec.body.width = 12;
    spec.body.blocks.resize(2);
    for (auto& block : spec.body.blocks) std::get<xtn::nn::feed_forward_spec>(block.branches.at(1).mixer).hidden = 20;
    const auto pixels = file.read<float>("images");
    const std::vector<std::pair<std::string, std::string>> variants{{"full", "full-h3"},
                                                                    {"no_mlp", "full-no_mlp-h3"},
                                                                    {"tied", "tied-no_mlp-h3"},
                                                                    {"collapsed", "collapsed"},
                                                                    {"minimal", "collapsed-no_vo-no_mlp"}};
    for (const auto& [reference, name] : variants) {
        const picogpt::model<float> m = variant(name).make(spec);
        for (const auto& p : m.parameters())
            file.read_into<float>(reference + "." + p.name, p.value.values(), p.value.shape());
        xtn::tape<float> t;
        const auto logits = m.logits(t, std::span<const float>(pixels));
        const auto expected = file.read<double>(reference + ".logits");
        BOOST_REQUIRE(expected.size() == logits.size());
        for (std::size_t i = 0; i < expected.size(); ++i)
            BOOST_TEST(std::abs(static_cast<double>(logits.data()[i]) - expected[i]) < 1e-4, name);
    }
}

/// W_q of the first block, and the deviation of its entries off the diagonal.
std::pair<xt::xtensor<float, 2>, double> scores_of(const std::string& name) {
    const auto sigma = [](std::size_t out, std::size_t in) { return std::sqrt(2 / static_cast<double>(out + in)); };
    const picogpt::model<float> m = variant(name).make(vit::spec_for(images(mnist)), sigma, 5);
    double squares = 0;
    xt::xtensor<float, 2> first;
    for (const auto& [layer, op] : m.named_operators()) {
        if (!layer.ends_with("attn.W_q")) continue;
        const auto w = xtn::to_dense(op);
        if (first.size() == 0) first = w;
        for (std::size_t i = 0; i < 60; ++i)
            for (std::size_t j = 0; j < 60; ++j) squares += i == j ? 0 : static_cast<double>(w(i, j) * w(i, j));
    }
    return {first, std::sqrt(squares / (6 * 60 * 59))};
}

BOOST_AUTO_TEST_CASE(one_matrix_begins_like_the_product_of_two) {
    for (const char* name : {"collapsed", "mirrored", "cholesky"}) {
        const auto [w, deviation] = scores_of(name);
        BOOST_TEST(std::abs(deviation * std::sqrt(60.0) - 1) < 0.1, name << ": " << deviation);
        float asymmetry = 0;
        for (std::size_t i = 0; i < 60; ++i)
            for (std::size_t j = 0; j < i; ++j) asymmetry = std::max(asymmetry, std::abs(w(i, j) - w(j, i)));
        BOOST_TEST((asymmetry < 1e-6f) == (std::string(name) != "collapsed"), name);
    }
    const auto [root, unused] = scores_of("cholesky");
    for (std::size_t i = 0; i < 60; ++i) BOOST_TEST(root(i, i) >= 0);
}

BOOST_AUTO_TEST_CASE(variants_that_mean_nothing_are_refused) {
    for (const char* name :
         {"", "half", "full-", "full-x2", "full-h", "full-h0", "full-hx", "full-e1001", "full-no_mlp-", "full+",
          "full+mpo", "full+dense-d64", "collapsed-h4", "mirrored-h2", "-no_mlp"})
        BOOST_CHECK_THROW(variant{name}, xtn::error);
    BOOST_TEST(variant("collapsed-h1").heads == 1);
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
