// SPDX-License-Identifier: BSD-3-Clause
#include <cstdint>

#include <boost/test/unit_test.hpp>

#include <xtn/io/safetensors.hpp>
#include <xtn/train/schedule.hpp>

#include "xtn_paths.hpp"

BOOST_AUTO_TEST_SUITE(schedule)

// The learning rates of the reference run: 12 steps, warm-up of 4, peak 0.003.
BOOST_AUTO_TEST_CASE(cosine_is_the_references) {
    const auto file = xtn::load_safetensors(XTN_TEST_DATA "/adamw.safetensors");
    const auto rows = file.read<double>("lr_loss_gradnorm");  // (step, {lr, loss, gradient norm})
    const xtn::cosine_schedule lr(0.003, 4, 12);
    BOOST_REQUIRE(rows.size() == 12U * 3U);
    for (std::uint64_t step = 0; step < 12; ++step)
        BOOST_TEST(lr(step) == rows[3 * step], boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(ends_and_corners) {
    const xtn::cosine_schedule lr(2.0, 10, 110, 0.25);
    const auto close = boost::test_tools::tolerance(1e-14);
    BOOST_TEST(lr(0) == 0.2, close);
    BOOST_TEST(lr(9) == 2.0, close);
    BOOST_TEST(lr(10) == 2.0, close);
    BOOST_TEST(lr(60) == 2.0 * (0.25 + 0.75 / 2), close);
    BOOST_TEST(lr(110) == 0.5, close);
    BOOST_TEST(lr(1000000) == 0.5, close);
    for (std::uint64_t step = 10; step < 110; ++step) BOOST_TEST(lr(step + 1) < lr(step));

    BOOST_TEST(xtn::cosine_schedule(1.0, 0, 10)(0) == 1.0);
    BOOST_TEST(xtn::cosine_schedule(1.0, 5, 5)(4) == 1.0);
    BOOST_TEST(xtn::cosine_schedule(1.0, 5, 5)(5) == 0.0);
    BOOST_TEST(xtn::constant_schedule(0.1)(0) == 0.1);
    BOOST_TEST(xtn::constant_schedule(0.1)(12345) == 0.1);
    BOOST_CHECK_THROW(xtn::cosine_schedule(1.0, 6, 5), xtn::error);
}

BOOST_AUTO_TEST_SUITE_END()
