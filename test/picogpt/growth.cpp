// SPDX-License-Identifier: BSD-3-Clause
// A model whose bonds grow while it trains: the map stays, the moments keep their places, training goes on.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include <unistd.h>

#include <xtn/io/markov_corpus.hpp>
#include <xtn/train.hpp>

#include "core/growth.hpp"
#include "core/operators.hpp"
#include "core/training.hpp"

BOOST_AUTO_TEST_SUITE(picogpt_growth)

namespace {

namespace fs = std::filesystem;

struct scratch {
    fs::path path = fs::temp_directory_path() / ("xtn-growth-" + std::to_string(::getpid()));
    scratch() { fs::create_directories(path); }
    ~scratch() { fs::remove_all(path); }
};

BOOST_AUTO_TEST_CASE(growing_changes_nothing_but_the_room) {
    const scratch dir;
    const xtn::text_corpus corpus(xtn::markov_source(3).generate(20000, 3), "generated text");
    const picogpt::model_shape shape{
        .vocabulary = corpus.characters().size(), .dim = 16, .heads = 2, .layers = 2, .context = 16, .hidden = 32};
    const auto small = picogpt::make_model(shape, "mpo-2-a3", {.sigma = 0.1}, 1);
    const auto large = picogpt::make_model(shape, "mpo-4-a3", {.sigma = 0.1}, 2);
    xtn::training_plan r{.steps = 20, .stop = 10, .batch = 4, .learning_rate = 1e-2, .warmup = 2};
    xtn::thread_pool pool(1);
    const auto train = [&](const picogpt::model<float>& m, bool resume) {
        examples::run_record record("test", nlohmann::json::object(), 1);
        return picogpt::train(m, corpus, r, pool, dir.path, "grown", record, resume).validation;
    };
    const xtn::evaluation before = train(small, false);
    const fs::path checkpoint = dir.path / "grown.checkpoint.safetensors";
    const xtn::safetensors old = xtn::load_safetensors(checkpoint);

    xtn::random_stream random(5);
    picogpt::grow_checkpoint(checkpoint, small, large, corpus.characters(), random);
    const xtn::evaluation after = picogpt::evaluate(large, corpus.validation(), 16, pool);
    BOOST_TEST(std::abs(after.loss - before.loss) < 1e-5);

    // The moments of the small model are among those of the large one, in order; the others are zero.
    const xtn::safetensors file = xtn::load_safetensors(checkpoint);
    BOOST_TEST(file.metadata().at("step") == "10");
    for (const char* name : {"optimizer.first_moment", "optimizer.second_moment"}) {
        const std::size_t few = xtn::parameter_count(small.parameters()),
                          many = xtn::parameter_count(large.parameters());
        std::vector<float> a(few), b(many);
        old.read_into<float>(name, a, {few});
        file.read_into<float>(name, b, {many});
        std::erase(a, 0.0f);
        std::erase(b, 0.0f);
        BOOST_TEST(a.size() > few / 2);
        BOOST_TEST((a == b), name);
    }

    r.stop = r.steps;
    const xtn::evaluation end = train(large, true);
    BOOST_TEST(end.loss < before.loss);
    // New entries have learnt: no bond is idle.
    for (const auto& op : large.operators())
        for (const auto& core : op.parameters())
            BOOST_TEST(
                std::none_of(core.value.values().begin(), core.value.values().end(), [](float v) { return v == 0; }));

    const auto other = picogpt::make_model(shape, "mpo-4", {}, 1);
    BOOST_CHECK_THROW(picogpt::grow_checkpoint(checkpoint, large, other, corpus.characters(), random),
                      xtn::shape_error);
    BOOST_CHECK_THROW(picogpt::grow_checkpoint(checkpoint, large, small, corpus.characters(), random),
                      xtn::shape_error);
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
