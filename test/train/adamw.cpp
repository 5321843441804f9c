// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <xtn/backend/random.hpp>
#include <xtn/train/adamw.hpp>
#include <xtn/train/clip.hpp>

BOOST_AUTO_TEST_SUITE(adamw)

/// One parameter, by the book: every line of the algorithm on its own, in long double.
struct oracle {
    long double p = 0, m = 0, v = 0;

    void step(long double g, long double lr, long double decay, const xtn::adamw_options& o, int t) {
        const long double beta1 = o.beta1, beta2 = o.beta2;
        p = p - lr * decay * p;
        m = beta1 * m + (1 - beta1) * g;
        v = beta2 * v + (1 - beta2) * g * g;
        const long double m_hat = m / (1 - std::pow(beta1, static_cast<long double>(t)));
        const long double v_hat = v / (1 - std::pow(beta2, static_cast<long double>(t)));
        p = p - lr * m_hat / (std::sqrt(v_hat) + static_cast<long double>(o.eps));
    }
};

constexpr std::size_t size = 203;  // no multiple of any batch
constexpr int steps = 200;

std::vector<xtn::parameter_group> groups() {
    return {{0, 64, 1.0, 0.1}, {64, 37, 0.5, 0.0}, {111, 92, 2.0, 0.3}};  // 101 ... 110 are frozen
}

double learning_rate(int step) { return 3e-3 * (1 + step % 7); }

/// max|difference| / max|reference| after 200 steps with random gradients, groups and clipping.
template <class T>
double error_against_oracle() {
    const xtn::adamw_options options{0.9, 0.95, 1e-8};
    xtn::adamw<T> optimiser(size, options, groups());
    std::vector<T> values(size), gradients(size);
    xtn::random_stream(1).fill_normal(std::span(values), 1);
    const std::vector<T> start = values;
    std::vector<oracle> reference(size);
    for (std::size_t i = 0; i < size; ++i) reference[i].p = static_cast<long double>(values[i]);

    for (int step = 0; step < steps; ++step) {
        xtn::random_stream(2, static_cast<std::uint64_t>(step))
            .fill_normal(std::span(gradients), step % 3 == 0 ? 5 : 0.01);
        const double clip = xtn::clip_factor(xtn::global_norm(std::span(gradients)), 1.0);
        optimiser.step(values, gradients, learning_rate(step), clip);
        for (const auto& group : groups())
            for (std::size_t i = group.offset; i < group.offset + group.size; ++i)
                reference[i].step(static_cast<long double>(clip) * static_cast<long double>(gradients[i]),
                                  learning_rate(step) * group.lr_scale, group.weight_decay, options, step + 1);
    }
    BOOST_TEST(optimiser.steps() == static_cast<std::uint64_t>(steps));

    double difference = 0, largest = 0, moved = 0;
    for (std::size_t i = 0; i < size; ++i) {
        difference =
            std::max(difference, static_cast<double>(std::abs(static_cast<long double>(values[i]) - reference[i].p)));
        largest = std::max(largest, static_cast<double>(std::abs(reference[i].p)));
        moved = std::max(moved, static_cast<double>(std::abs(values[i] - start[i])));
    }
    for (std::size_t i = 101; i < 111; ++i) BOOST_TEST(values[i] == start[i]);
    BOOST_TEST(moved > 0.1);
    return difference / largest;
}

BOOST_AUTO_TEST_CASE(agrees_with_the_book) {
    BOOST_TEST(error_against_oracle<double>() < 1e-13);
    BOOST_TEST(error_against_oracle<float>() < 2e-5);
}

// The first step moves every parameter by lr, whatever the gradient's size, and shrinks it by lr wd.
BOOST_AUTO_TEST_CASE(first_step_by_hand) {
    std::vector<double> p{1, -2, 3};
    const std::vector<double> g{1e-3, -5, 400};
    xtn::adamw<double> optimiser(3, {0.9, 0.999, 0.0}, 0.5);
    optimiser.step(p, g, 0.01);
    const auto close = boost::test_tools::tolerance(1e-14);
    BOOST_TEST(p[0] == 1 * 0.995 - 0.01, close);
    BOOST_TEST(p[1] == -2 * 0.995 + 0.01, close);
    BOOST_TEST(p[2] == 3 * 0.995 - 0.01, close);
}

// A parameter's history does not depend on where in the buffer it stands (SIMD batch or remainder, aligned or not).
BOOST_AUTO_TEST_CASE(place_in_the_buffer_does_not_matter) {
    constexpr std::size_t n = 67;
    std::vector<float> p(n + 1, 0.5F), g(n + 1);
    const std::span<float> values = std::span(p).subspan(1), gradients = std::span(g).subspan(1);
    xtn::adamw<float> optimiser(n);
    for (int step = 0; step < 20; ++step) {
        std::fill(g.begin(), g.end(), 0.1F * static_cast<float>(step % 5) - 0.17F);
        optimiser.step(values, gradients, 0.01);
    }
    for (const float x : values) BOOST_TEST(x == values[0], boost::test_tools::tolerance(1e-6F));
}

BOOST_AUTO_TEST_CASE(continues_from_its_saved_state_bit_for_bit) {
    const auto run = [](xtn::adamw<float>& optimiser, std::vector<float>& p, int from, int to) {
        std::vector<float> g(p.size());
        for (int step = from; step < to; ++step) {
            xtn::random_stream(8, static_cast<std::uint64_t>(step)).fill_normal(std::span(g), 1);
            optimiser.step(p, g, learning_rate(step));
        }
    };
    std::vector<float> straight(size, 1.0F);
    xtn::adamw<float> optimiser(size, {}, groups());
    run(optimiser, straight, 0, 20);

    std::vector<float> resumed(size, 1.0F);
    xtn::adamw<float> before(size, {}, groups()), after(size, {}, groups());
    run(before, resumed, 0, 9);
    after.restore(before.steps(), before.first_moment(), before.second_moment());
    run(after, resumed, 9, 20);
    BOOST_TEST(resumed == straight, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(mistakes_are_named) {
    using list = std::vector<xtn::parameter_group>;
    const auto make = [](list g) { return xtn::adamw<float>(10, {}, std::move(g)); };
    BOOST_CHECK_NO_THROW(make({{4, 6}, {0, 4}}));
    BOOST_CHECK_NO_THROW(make({}));
    BOOST_CHECK_THROW(make({{0, 5}, {4, 2}}), xtn::shape_error);
    BOOST_CHECK_THROW(make({{8, 3}}), xtn::shape_error);
    BOOST_CHECK_THROW(make({{11, 0}}), xtn::shape_error);
    BOOST_CHECK_THROW(make({{5, static_cast<std::size_t>(-3)}}), xtn::shape_error);
    BOOST_CHECK_THROW(xtn::adamw<float>(10, {1.0, 0.9, 1e-8}), xtn::error);
    BOOST_CHECK_THROW(xtn::adamw<float>(10, {0.9, -0.1, 1e-8}), xtn::error);

    xtn::adamw<float> optimiser(10);
    std::vector<float> ten(10), nine(9);
    BOOST_CHECK_THROW(optimiser.step(ten, nine, 0.1), xtn::shape_error);
    BOOST_CHECK_THROW(optimiser.step(nine, ten, 0.1), xtn::shape_error);
    BOOST_CHECK_THROW(optimiser.restore(3, ten, nine), xtn::shape_error);
    BOOST_TEST(optimiser.steps() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
