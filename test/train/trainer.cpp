// SPDX-License-Identifier: BSD-3-Clause
// The loop of training: it learns, goes on with the same bits, tells what happens, and stops where it must.
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <unistd.h>

#include "points_task.hpp"

BOOST_AUTO_TEST_SUITE(train_trainer)

namespace {

using test::points_task, test::values_of;

class scratch {
public:
    std::filesystem::path file =
        std::filesystem::temp_directory_path() / ("xtn-trainer-" + std::to_string(::getpid()) + ".safetensors");
    ~scratch() { std::filesystem::remove(file); }
};

constexpr std::size_t batch = 192;

xtn::training_plan plan(std::uint64_t steps) {
    return {
        .steps = steps, .batch = batch, .learning_rate = 1e-2, .warmup = 2, .evaluate_every = 7, .checkpoint_every = 3};
}

/// Parameters after training.
std::vector<double> trained(const xtn::training_plan& how, std::size_t threads) {
    const points_task task;
    xtn::thread_pool pool(threads);
    xtn::train(task, how, pool);
    return values_of(task);
}

BOOST_AUTO_TEST_CASE(a_task_is_learnt_with_the_same_bits_on_any_number_of_threads) {
    const points_task task;
    xtn::thread_pool pool(2);
    const xtn::evaluation before = xtn::evaluate(task, pool);
    const xtn::training_result r = xtn::train(task, plan(60), pool);
    BOOST_TEST(r.steps == 60);
    BOOST_TEST(r.seconds > 0);
    BOOST_TEST(r.validation.loss < 0.5 * before.loss);
    BOOST_TEST(r.validation.accuracy > 0.8);
    BOOST_TEST((values_of(task) == trained(plan(60), 1)));
    BOOST_TEST((values_of(task) == trained(plan(60), 5)));
}

/// The loop is gradient, clipping, schedule, AdamW and nothing else.
BOOST_AUTO_TEST_CASE(steps_are_those_of_a_loop_by_hand) {
    points_task task;
    xtn::thread_pool pool(1);
    xtn::training_plan how = plan(8);
    how.clip = 0.05;
    how.weight_decay = 0.3;
    how.rate_factors[task.parameters().back().name] = 3;
    const std::vector<double> found = trained(how, 2);
    xtn::parameter_store<double> store(task.parameters());
    xtn::data_parallel<double> parallel(store, task.operators(), pool);
    xtn::adamw<double> optimizer(store.size(), how.optimizer, xtn::parameter_groups(store, task.operators(), how));
    const xtn::cosine_schedule rate(how.learning_rate, how.warmup, how.steps);
    for (std::uint64_t step = 0; step < how.steps; ++step) {
        task.begin(how.seed, step, how.batch);
        parallel.gradient(batch / 16, 16, [&](auto& t, std::size_t b) { return task.loss(t, b); });
        const double norm = xtn::global_norm(std::span<const double>(parallel.gradients()));
        BOOST_TEST(norm > how.clip);
        optimizer.step(store.values(), parallel.gradients(), rate(step), xtn::clip_factor(norm, how.clip));
    }
    BOOST_TEST((values_of(task) == found));
}

struct listener : xtn::training_observer {
    std::string& said;
    explicit listener(std::string& s) : said(s) {}
    void begins(std::uint64_t step) { said += "from " + std::to_string(step); }
    void stepped(std::uint64_t step, double loss, double seconds) {
        BOOST_TEST(loss > 0);
        BOOST_TEST(seconds > 0);
        said += " " + std::to_string(step);
    }
    void evaluated(std::uint64_t, const xtn::evaluation& e) {
        BOOST_TEST(e.predictions == 40);
        said += " score";
    }
    void saves() { said += " save"; }
};

BOOST_AUTO_TEST_CASE(an_interrupted_run_goes_on_with_the_same_bits) {
    const scratch dir;
    const std::vector<double> whole = trained(plan(12), 1);
    xtn::training_plan how = plan(12);
    how.checkpoint = dir.file;
    how.resume = true;
    std::string said;
    xtn::thread_pool pool(2);
    for (const std::uint64_t stop : {5u, 5u, 8u, 100u}) {
        how.stop = stop;
        const points_task task;
        const xtn::training_result r = xtn::train(task, how, pool, listener(said));
        BOOST_TEST(r.validation.predictions == 40);
        BOOST_TEST((values_of(task) == whole) == (stop == 100));
        said += "\n";
    }
    BOOST_TEST(said ==
               "from 0 1 2 3 save 4 5 score save\n"
               "from 5\n"
               "from 5 6 save 7 score 8 score save\n"
               "from 8 9 save 10 11 12 score save\n");
    BOOST_TEST(xtn::load_safetensors(dir.file).metadata().at("task") == "points");
    how.stop = 8;
    BOOST_CHECK_EXCEPTION(xtn::train(points_task(), how, pool), xtn::io_error, [](const xtn::io_error& e) {
        return std::string(e.what()).ends_with("is at step 12, beyond the 8 steps asked for");
    });
    how.resume = false;  // from the beginning
    const points_task task;
    BOOST_TEST(xtn::train(task, how, pool).steps == 8);
}

BOOST_AUTO_TEST_CASE(what_is_not_finite_stops_the_run) {
    const points_task task(1e200);
    xtn::thread_pool pool(1);
    xtn::trainer run(task, plan(3), pool);
    const std::vector<double> before = values_of(task);
    BOOST_CHECK_EXCEPTION(run.step(), xtn::numeric_error, [](const xtn::numeric_error& e) {
        return std::string(e.what()).starts_with("training: after step 0 the ");
    });
    BOOST_TEST(run.steps() == 0);
    BOOST_TEST((values_of(task) == before));
    const scratch dir;
    run.save(dir.file);
    BOOST_CHECK_EXCEPTION(run.step(), xtn::numeric_error, [&](const xtn::numeric_error& e) {
        return std::string(e.what()).ends_with("The last good state is in " + dir.file.string());
    });
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
