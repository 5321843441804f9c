// SPDX-License-Identifier: BSD-3-Clause
// Kinds of attention by name, their exchange in a trained model, and learning from the model that was there.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/attention_kind.hpp"
#include "core/converted_task.hpp"
#include "core/operators.hpp"

BOOST_AUTO_TEST_SUITE(kernel_models)

const xtn::text_corpus& text() {
    static const xtn::text_corpus corpus = picogpt::random_text();
    return corpus;
}
picogpt::model<float> teacher() {
    const picogpt::model_shape shape{
        .vocabulary = text().characters().size(), .dim = 16, .heads = 2, .layers = 2, .context = 12, .hidden = 24};
    return picogpt::make_model(shape, "dense", {.sigma = 0.3}, 1);
}

/// Of the first window of a step: its loss, and the largest gradient of a number of the attention layers.
struct learnt {
    float loss;
    double largest;
};
learnt first_window(const std::string& kind, std::uint64_t step, bool taught) {
    const auto from = teacher();
    picogpt::converted_task task(picogpt::exchanged(from, kind, 1), text(), taught ? std::optional(from) : std::nullopt,
                                 30);
    task.begin(1, step, 2);
    xtn::tape<float> t;
    const auto loss = task.loss(t, 0);
    t.backward(loss);
    double largest = 0;
    for (const auto& p : task.parameters())
        if (p.name.find(".attn.") != std::string::npos)  // what alignment changes
            for (const float g : t.gradient(p.value)) largest = std::fmax(largest, std::fabs(g));
    return {loss.item(), largest};
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
    for (const char* name : {"", "dijiang", "prf-square", "hedgehog-dct", "prf-0"})
        BOOST_CHECK_THROW(picogpt::attention_kind{name}, xtn::error);
}

BOOST_AUTO_TEST_CASE(what_both_have_is_copied) {
    for (const char* name : {"softmax", "paper", "code", "prf", "pff", "hedgehog", "retention"}) {
        const auto from = teacher(), made = picogpt::exchanged(from, std::string(name), 1);
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

// A student that is its teacher has nothing to learn from it.
BOOST_AUTO_TEST_CASE(the_teacher_is_its_own_best_student) {
    BOOST_TEST(first_window("softmax", 0, true).loss == 0.0f);
    BOOST_TEST(first_window("softmax", 0, true).largest == 0.0);
    BOOST_TEST(first_window("softmax", 10, true).largest < 1e-6);
    BOOST_TEST(first_window("softmax", 20, true).largest > 1e-3);  // next tokens
    BOOST_TEST(first_window("softmax", 20, true).loss == first_window("softmax", 20, false).loss);
    for (const char* name : {"paper", "code", "hedgehog", "retention"})
        for (const std::uint64_t step : {0u, 10u}) {
            const learnt found = first_window(name, step, true);
            BOOST_TEST(found.loss > 0, name << " at " << step);
            BOOST_TEST(found.largest > 1e-5, name << " at " << step);
        }
}

BOOST_AUTO_TEST_SUITE_END()
