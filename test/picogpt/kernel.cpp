// SPDX-License-Identifier: BSD-3-Clause
// Kinds of attention by name, their exchange in a trained model, and learning from the model that was there.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include <xtn/io/parameters.hpp>

#include "core/attention_kind.hpp"
#include "core/conversion.hpp"
#include "core/operators.hpp"
#include "core/weights.hpp"

BOOST_AUTO_TEST_SUITE(kernel_models)

const xtn::text_corpus& text() {
    static const xtn::text_corpus corpus = picogpt::random_text();
    return corpus;
}
picogpt::model<float> teacher(const char* operators = "dense") {
    const picogpt::model_shape shape{
        .vocabulary = text().characters().size(), .dim = 16, .heads = 2, .layers = 2, .context = 12, .hidden = 24};
    return picogpt::make_model(shape, operators, {.sigma = 0.3}, 1);
}

/// Of a window: its loss, and the largest gradient of a number of the attention layers.
struct learnt {
    float loss;
    double largest;
};
template <class Task>
learnt window_of(Task task) {
    task.begin(1, 0, 2);
    xtn::tape<float> t;
    const auto loss = task.loss(t, 0);
    t.backward(loss);
    double largest = 0;
    for (const auto& p : task.parameters())
        if (p.name.find(".attn.") != std::string::npos)  // what alignment changes
            for (const float g : t.gradient(p.value)) largest = std::fmax(largest, std::fabs(g));
    return {loss.item(), largest};
}
learnt of_teacher(const std::string& kind, picogpt::lesson what) {
    const auto from = teacher();
    return window_of(picogpt::taught_task(picogpt::exchanged(from, kind, 1), text(), from, what));
}

BOOST_AUTO_TEST_CASE(names) {
    const auto spec = [](const std::string& name) {
        const auto made = picogpt::attention_kind(name).of(teacher().spec());
        return std::get<xtn::nn::attention_spec>(made.body.blocks[1].branches[0].mixer);
    };
    BOOST_TEST((picogpt::attention_kind("softmax").of(teacher().spec()) == teacher().spec()));
    BOOST_TEST(spec("paper").settings == "features=paper directions=dct");
    BOOST_TEST(spec("prf-orthogonal-64").settings == "features=prf directions=orthogonal count=64");
    BOOST_TEST(spec("code").settings == "features=softmax directions=dct decay=retention denominator=no");
    BOOST_TEST(spec("code").gate);
    BOOST_TEST(spec("code").groups == 8u);
    BOOST_TEST(!spec("hedgehog").gate);
    BOOST_TEST(spec("hedgehog-w16").settings == "features=learned window=16");
    BOOST_TEST(spec("exponential-64-decay").settings == "features=learned_exponential count=64 decay=learned");
    BOOST_TEST(spec("retention-decay").settings == "features=identity decay=learned denominator=no");
    BOOST_TEST(spec("softmax-w4").settings == "window=4");
    BOOST_TEST(spec("softmax-w4").mechanism == "softmax");
    for (const char* name :
         {"", "dijiang", "prf-square", "hedgehog-dct", "prf-0", "softmax-8", "paper-w0", "paper-w", "softmax-decay"})
        BOOST_CHECK_THROW(picogpt::attention_kind{name}, xtn::error);
}

BOOST_AUTO_TEST_CASE(what_both_have_is_copied) {
    for (const auto& [name, operators] : {std::pair{"softmax", "dense"},
                                          {"paper", "mpo-3"},
                                          {"code", "low_rank-2"},
                                          {"prf", "dense"},
                                          {"pff", "spectral-0.5"},
                                          {"hedgehog", "dense"},
                                          {"retention", "mpo-3"},
                                          {"exponential-decay", "dense"},
                                          {"paper-w3", "dense"}}) {
        const auto from = teacher(operators), made = picogpt::exchanged(from, std::string(name), 1);
        std::size_t copied = 0;
        for (const auto& p : from.parameters())
            for (const auto& q : made.parameters())
                if (q.name == p.name) {
                    BOOST_TEST((p.value.values().data() != q.value.values().data()));
                    BOOST_TEST(std::ranges::equal(p.value.values(), q.value.values()), name << ": " << p.name);
                    ++copied;
                }
        BOOST_TEST(copied == from.parameters().size());
    }
}

BOOST_AUTO_TEST_CASE(a_file_tells_the_attention) {
    std::vector<xtn::token> tokens(12);
    for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = static_cast<xtn::token>(5 * i % 7);
    for (const char* name : {"paper", "code", "exponential-3-decay", "hedgehog-w3", "softmax-w3"}) {
        const auto m = picogpt::exchanged(teacher(), std::string(name), 1);
        xtn::safetensors file("test file");
        picogpt::describe_model(file, m, text().characters());
        xtn::add_parameters(file, m.parameters());
        const auto again = picogpt::load_model(file);
        xtn::tape<float> t;
        const auto a = m.logits(t, tokens, 12), b = again.logits(t, tokens, 12);
        BOOST_TEST(std::equal(a.data(), a.data() + a.size(), b.data()), name);
        BOOST_TEST(picogpt::key_value_bytes(m) == teacher().state().bytes());
        BOOST_TEST(m.state().bytes() < teacher().state().bytes());
    }
}

// A student that is its teacher has nothing to learn from it.
BOOST_AUTO_TEST_CASE(the_teacher_is_its_own_best_student) {
    using enum picogpt::lesson;
    BOOST_TEST(of_teacher("softmax", alignment).loss == 0.0f);
    BOOST_TEST(of_teacher("softmax", alignment).largest == 0.0);
    BOOST_TEST(of_teacher("softmax", distillation).largest < 1e-6);
    BOOST_TEST(window_of(picogpt::text_task(teacher(), text())).largest > 1e-3);
    for (const char* name : {"paper", "code", "hedgehog", "retention", "paper-w3", "softmax-w3"})
        for (const auto what : {alignment, distillation}) {
            const learnt found = of_teacher(name, what);
            BOOST_TEST(found.loss > 0, name);
            BOOST_TEST(found.largest > 1e-5, name);
        }
}

BOOST_AUTO_TEST_CASE(every_way_spends_its_budget) {
    for (const auto way : picogpt::conversion_ways)
        for (const std::uint64_t budget : {0u, 1u, 5u, 6u, 40u, 125u, 2000u}) {
            const auto stages = picogpt::conversion_stages(std::string(way), 32 * budget);
            std::uint64_t read = 0;
            for (const auto& s : stages) read += s.read();
            BOOST_TEST(read == 32 * budget, way << " " << budget);
        }
    const picogpt::conversion_recipe rates{.batch = 8, .alignment = 2e-3, .finish = 1e-3};
    for (const auto& [way, last, steps] : {std::tuple{"aligned", "next_token", 40u}, {"distilled", "distilled", 20u}}) {
        const auto stages = picogpt::conversion_stages(way, 40 * 32, rates);
        BOOST_REQUIRE(stages.size() == 2u);
        BOOST_TEST(stages[0].how.steps == 60u);
        BOOST_TEST(stages[0].how.learning_rate == 2e-3);
        BOOST_TEST(stages[1].name == last);
        BOOST_TEST(stages[1].how.steps == steps);
        BOOST_TEST(stages[1].how.learning_rate == 1e-3);
    }
    const auto scratch = picogpt::conversion_stages("scratch", 64)[0].how, dense = picogpt::tuned_recipe("dense");
    BOOST_TEST(scratch.learning_rate == dense.learning_rate);
    BOOST_TEST(scratch.batch == dense.batch);
    BOOST_TEST(scratch.steps == 2u);
    BOOST_CHECK_THROW(picogpt::conversion_stages("taught", 40), xtn::error);
    BOOST_CHECK_THROW(picogpt::conversion_stages("aligned", 5, {.batch = 2}), xtn::error);
}

BOOST_AUTO_TEST_SUITE_END()
