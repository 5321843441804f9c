// SPDX-License-Identifier: BSD-3-Clause
// Specs of transformers as text and back.
#include <boost/test/unit_test.hpp>

#include <string>

#include <xtn/io/transformer_spec.hpp>

#include "../nn/compositions.hpp"

BOOST_AUTO_TEST_SUITE(io_transformer_spec)

namespace {

using namespace xtn::nn;

transformer_spec read(const std::string& text) { return xtn::transformer_spec_from(text, "test"); }

BOOST_AUTO_TEST_CASE(every_spec_comes_back_from_its_text) {
    for (const auto& [name, spec] : xtn_test::compositions()) BOOST_TEST((read(xtn::to_text(spec)) == spec), name);
    transformer_spec images{
        .input = {.of = patch_spec{.channels = 3, .height = 8, .width = 12, .patch = 4, .bias = false},
                  .width = 5,
                  .positions = position_kind::none},
        .body = {.width = 4},
        .output = {.classes = 3, .mean = true}};
    for (const std::size_t hidden : {1u, 1u, 2u, 1u})
        images.body.blocks.push_back(
            {{{.norm = {.kind = norm_kind::none, .eps = 1e-7}, .mixer = feed_forward_spec{.hidden = hidden}},
              {.mixer = attention_spec{.scale = 0.1, .mechanism = "own", .settings = "7 \"x\""}}}});
    BOOST_TEST((read(xtn::to_text(images)) == images));
    BOOST_TEST((read("{}") == transformer_spec{}));
}

BOOST_AUTO_TEST_CASE(what_has_its_default_is_not_written) {
    const transformer_spec spec{
        .input = {.of = token_spec{65}, .context = 256},
        .body = {.width = 128,
                 .blocks = {4, {{{.mixer = attention_spec{.heads = 4}}, {.mixer = feed_forward_spec{.hidden = 512}}}}}},
        .output = {.classes = 65}};
    BOOST_TEST(xtn::to_text(spec) ==
               R"({"input":{"tokens":{"vocabulary":65},"context":256},)"
               R"("body":{"width":128,"blocks":[{"times":4,"branches":[{"attention":{"heads":4}},)"
               R"({"feed_forward":{"hidden":512}}]}]},"output":{"classes":65}})");
}

BOOST_AUTO_TEST_CASE(texts_that_are_no_spec_are_refused) {
    for (const char* text : {
             "",
             "{",
             "7",
             "[]",
             R"({"inputs":{}})",
             R"({"input":7})",
             R"({"input":{"context":-1}})",
             R"({"input":{"context":1.5}})",
             R"({"input":{"context":1e30}})",
             R"({"input":{"context":"7"}})",
             R"({"input":{"context":5000000000}})",
             R"({"input":{"tokens":{},"patches":{}}})",
             R"({"input":{"positions":"rotary"}})",
             R"({"input":{"positions":1}})",
             R"({"output":{"mean":1}})",
             R"({"output":{"norm":{"eps":-1}}})",
             R"({"output":{"norm":{"eps":"1"}}})",
             R"({"body":{"blocks":{}}})",
             R"({"body":{"blocks":[7]}})",
             R"({"body":{"blocks":[{"times":-1}]}})",
             R"({"body":{"blocks":[{"times":100001}]}})",
             R"({"body":{"blocks":[{"times":60000},{"times":60000}]}})",
             R"({"body":{"blocks":[{"branches":7}]}})",
             R"({"body":{"blocks":[{"branches":[{"mixer":{}}]}]}})",
             R"({"body":{"blocks":[{"branches":[{"attention":{},"feed_forward":{}}]}]}})",
             R"({"body":{"blocks":[{"branches":[{"attention":{"mechanism":1}}]}]}})",
         })
        BOOST_CHECK_EXCEPTION(read(text), xtn::io_error, [&](const xtn::io_error& e) {
            BOOST_TEST_MESSAGE(e.what());
            return std::string(e.what()).starts_with("test: ");
        });
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
