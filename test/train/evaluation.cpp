// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstddef>
#include <vector>

#include "points_task.hpp"

BOOST_AUTO_TEST_SUITE(train_evaluation)

namespace {

BOOST_AUTO_TEST_CASE(scores_are_means_over_predictions) {
    const test::points_task task;
    double loss = 0;
    std::size_t correct = 0, smallest = 16;
    for (std::size_t b = 0; b < task.validation_batches(); ++b) {
        xtn::tape<double> t;
        const xtn::micro_score s = task.validate(t, b);
        loss += s.loss * static_cast<double>(s.predictions) / 40;
        correct += s.correct;
        smallest = std::min(smallest, s.predictions);
    }
    BOOST_TEST(smallest == 8);
    for (const std::size_t threads : {1u, 3u}) {
        xtn::thread_pool pool(threads);
        const xtn::evaluation e = xtn::evaluate(task, pool);
        BOOST_TEST(std::abs(e.loss - loss) < 1e-13);
        BOOST_TEST(e.accuracy == static_cast<double>(correct) / 40);
        BOOST_TEST(e.predictions == 40);
    }
}

/// A task without examples.
struct nothing_to_score {
    using value_type = double;
    std::vector<xtn::any_operator<double>> operators() const { return {}; }
    std::size_t rows() const { return 1; }
    std::size_t validation_batches() const { return 0; }
    xtn::micro_score validate(xtn::tape<double>&, std::size_t) const { return {}; }
};

BOOST_AUTO_TEST_CASE(nothing_is_not_scored) {
    xtn::thread_pool pool(1);
    BOOST_CHECK_THROW(xtn::evaluate(nothing_to_score(), pool), xtn::shape_error);
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
