// SPDX-License-Identifier: BSD-3-Clause
// Images as a task: batches by seed and step, epochs, even parts, the same bits after an interruption and on all threads.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <unistd.h>

#include <xtn/io/image_source.hpp>
#include <xtn/train.hpp>

#include "../../examples/vit/image_task.hpp"

BOOST_AUTO_TEST_SUITE(image_task)

const xtn::image_source& source() {
    static const xtn::image_source s({1, 8, 8}, 4, 4);
    return s;
}

vit::model model_for(const xtn::image_set& images) {
    xtn::nn::transformer_spec spec = vit::spec_for(images);
    spec.body.width = 12;
    spec.body.blocks.resize(1);
    std::get<xtn::nn::feed_forward_spec>(spec.body.blocks[0].branches[1].mixer).hidden = 16;
    const vit::model m(spec,
                       [](const std::string&, std::size_t out, std::size_t in) { return xtn::dense<float>(out, in); });
    xtn::random_stream random(1);
    for (const auto& op : m.operators()) xtn::init_normal(op, 0.3, random);
    return m;
}

/// The losses of the micro-batches of a step, which tell its images and what happened to them.
std::vector<float> losses(vit::image_task task, std::uint64_t seed, std::uint64_t step) {
    task.begin(seed, step, 48);
    std::vector<float> all;
    for (std::size_t b = 0; b < task.micro_batches(); ++b) {
        xtn::tape<float> t;
        all.push_back(task.loss(t, b).item());
    }
    return all;
}

BOOST_AUTO_TEST_CASE(batches_depend_on_seed_and_step_alone) {
    const auto images = source().generate(100, 1);
    const vit::image_task task(model_for(images), images, images, {.shift = 1, .flip = true, .crop = 0.8});
    vit::image_task used = task;
    for (std::uint64_t step = 0; step < 9; ++step) used.begin(3, step, 48);
    BOOST_TEST((losses(used, 3, 2) == losses(task, 3, 2)));
    BOOST_TEST((losses(task, 3, 2) != losses(task, 4, 2)));
    BOOST_TEST((losses(task, 3, 2) != losses(task, 3, 3)));
    const vit::image_task plain(model_for(images), images, images);
    BOOST_TEST((losses(plain, 3, 2) != losses(task, 3, 2)));
}

BOOST_AUTO_TEST_CASE(an_epoch_sees_every_image_once) {
    // Images of one colour each; one image a batch, so that its loss tells which it is.
    std::vector<std::uint8_t> pixels, labels;
    for (std::uint8_t i = 0; i < 10; ++i) {
        pixels.insert(pixels.end(), 64, static_cast<std::uint8_t>(25 * i));
        labels.push_back(i % 4);
    }
    const xtn::image_set images({1, 8, 8}, 4, pixels, labels);
    vit::image_task task(model_for(images), images, images);
    for (const std::uint64_t epoch : {0u, 1u, 5u}) {
        std::set<float> seen;
        for (std::uint64_t step = 10 * epoch; step < 10 * epoch + 10; ++step) {
            task.begin(1, step, 1);
            xtn::tape<float> t;
            seen.insert(task.loss(t, 0).item());
        }
        BOOST_TEST(seen.size() == 10);
    }
}

BOOST_AUTO_TEST_CASE(a_batch_is_parted_evenly) {
    const auto images = source().generate(50, 1);
    vit::image_task task(model_for(images), images, images);
    for (const auto& [batch, parts] : {std::pair{256, 8}, {20, 1}, {33, 3}, {48, 2}, {37, 37}}) {
        task.begin(1, 0, static_cast<std::size_t>(batch));
        BOOST_TEST(task.micro_batches() == static_cast<std::size_t>(parts));
        BOOST_TEST(task.rows() == static_cast<std::size_t>(batch / parts * 16));
    }
    xtn::thread_pool pool(1);
    BOOST_TEST(xtn::evaluate(task, pool).predictions == 50);  // the last of its micro-batches is smaller
}

std::vector<float> values(const vit::image_task& task) {
    std::vector<float> all;
    for (const auto& p : task.parameters()) all.insert(all.end(), p.value.values().begin(), p.value.values().end());
    return all;
}

BOOST_AUTO_TEST_CASE(a_run_that_is_interrupted_ends_with_the_same_bits_on_any_number_of_threads) {
    const auto train = source().generate(1000, 1), validation = source().generate(500, 2);
    const std::filesystem::path checkpoint =
        std::filesystem::temp_directory_path() / ("xtn-images-" + std::to_string(::getpid()) + ".safetensors");
    std::vector<float> whole;
    for (const bool interrupted : {false, true}) {
        xtn::training_plan plan{.steps = 150, .batch = 64, .learning_rate = 1e-2, .warmup = 10};
        if (interrupted) {
            plan.checkpoint = checkpoint;
            plan.resume = true;
            plan.stop = 70;
        }
        for (; plan.stop != 0; plan.stop = plan.stop == 70 ? 150 : 0) {
            const vit::image_task task(model_for(train), train, validation, {.shift = 1});
            xtn::thread_pool pool(interrupted ? 3 : 1);
            xtn::train(task, plan, pool);
            if (plan.stop == 70) continue;
            if (interrupted) {
                BOOST_TEST((values(task) == whole));
                continue;
            }
            whole = values(task);
        }
    }
    const auto file = xtn::load_safetensors(checkpoint);
    BOOST_TEST((xtn::transformer_spec_from(file.metadata().at("transformer"), "test") == model_for(train).spec()));
    std::filesystem::remove(checkpoint);
}

BOOST_AUTO_TEST_CASE(it_learns) {
    const auto train = source().generate(1000, 1), validation = source().generate(500, 2);
    const vit::image_task task(model_for(train), train, validation);
    xtn::thread_pool pool(1);
    BOOST_TEST(xtn::evaluate(task, pool).accuracy < 0.45);
    xtn::train(task, {.steps = 400, .batch = 64, .learning_rate = 1e-2, .warmup = 10}, pool);
    BOOST_TEST(xtn::evaluate(task, pool).accuracy > 0.85);  // 0.99 at best
}

BOOST_AUTO_TEST_CASE(a_file_tells_the_whole_model) {
    const auto images = source().generate(40, 1);
    xtn::nn::transformer_spec spec = model_for(images).spec();
    std::get<xtn::nn::attention_spec>(spec.body.blocks[0].branches[0].mixer).keys = xtn::nn::key_source::input;
    const vit::model m(spec, [](const std::string& layer, std::size_t out, std::size_t in) -> xtn::any_operator<float> {
        if (layer.ends_with("W_q")) return xtn::cholesky<float>(out);
        return xtn::low_rank<float>(out, in, 2);
    });
    xtn::random_stream random(1);
    for (const auto& op : m.operators()) xtn::init_normal(op, 0.3, random);
    xtn::safetensors file("model");
    vit::image_task(m, images, images).describe(file);
    xtn::add_parameters(file, xtn::distinct(m.parameters()));
    const vit::model again = xtn::load_transformer<float>(file);
    BOOST_TEST((again.spec() == m.spec()));
    BOOST_TEST((losses({again, images, images}, 1, 0) == losses({m, images, images}, 1, 0)));
    file.metadata().erase("transformer");
    BOOST_CHECK_EXCEPTION(xtn::load_transformer<float>(file), xtn::io_error, [](const auto& e) {
        return std::string(e.what()).find("there is no transformer") != std::string::npos;
    });
}

BOOST_AUTO_TEST_SUITE_END()
