// SPDX-License-Identifier: BSD-3-Clause
// Labelled images as values, as numbers, changed for training, and generated with a known Bayes error.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <xtn/io/augmentation.hpp>
#include <xtn/io/image_source.hpp>

#include "scratch.hpp"

BOOST_AUTO_TEST_SUITE(image_set)

namespace {

using bytes = std::vector<std::uint8_t>;

xtn::image_set two_images() { return {{1, 2, 3}, 4, {0, 10, 20, 30, 40, 50, 255, 254, 253, 252, 251, 250}, {3, 1}}; }

/// Image 0 of a set as it comes out, with numbers that are bytes again.
std::vector<float> written(const xtn::image_set& set, const xtn::image_transform& t) {
    std::vector<float> out(set.shape().size());
    const std::vector<double> zeros(set.shape().channels, 0.0), units(set.shape().channels, 1.0 / 255);
    xtn::write_image(set, 0, {zeros, units}, out, t);
    return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(sets_are_values) {
    const auto set = two_images();
    BOOST_TEST(set.size() == 2U);
    BOOST_TEST(set.image(1)[0] == 255);
    const std::vector<std::size_t> turned{1, 0, 1};
    const auto other = set.subset(turned);
    BOOST_TEST((std::ranges::equal(other.labels(), bytes{1, 3, 1})));
    BOOST_TEST(std::ranges::equal(other.image(1), set.image(0)));
    check_error<xtn::shape_error>([&] { set.subset(std::vector<std::size_t>{2}); }, {"image 2", "there are 2"});
    const std::array both{set, other};
    BOOST_TEST(xtn::joined(both).size() == 5U);
    BOOST_TEST((xtn::joined(both).subset(std::vector<std::size_t>{0, 1}) == set));
    check_error<xtn::shape_error>([] { xtn::joined({}); }, {"no sets"});
    const std::array different{set, xtn::image_set({1, 2, 3}, 5, bytes(6), {0})};
    check_error<xtn::shape_error>([&] { xtn::joined(different); }, {"another shape"});
    check_error<xtn::shape_error>([] { xtn::image_set({1, 2, 3}, 4, bytes(11), {3, 1}); }, {"take 12", "found 11"});
    check_error<xtn::shape_error>([] { xtn::image_set({1, 2, 3}, 4, bytes(18), {3, 1}); }, {"take 12", "found 18"});
    check_error<xtn::shape_error>([] { xtn::image_set({1, 2, 3}, 4, {}, {}); }, {"no images"});
    check_error<xtn::shape_error>([] { xtn::image_set({0, 2, 3}, 4, {}, {3, 1}); }, {"no images"});
    check_error<xtn::io_error>([] { xtn::image_set({1, 1, 1}, 4, bytes(2), {3, 4}); }, {"image 1", "is 4", "0 to 3"});
}

BOOST_AUTO_TEST_CASE(numbers_have_mean_0_and_deviation_1) {
    const xtn::image_source source({3, 8, 8}, 4, 30);
    const auto set = source.generate(50, 3);
    const auto n = xtn::normalisation::of(set);
    std::array<double, 3> sum{}, squares{};
    std::vector<float> out(set.shape().size());
    for (std::size_t i = 0; i < set.size(); ++i) {
        xtn::write_image(set, i, n, out);
        for (std::size_t k = 0; k < out.size(); ++k) {
            const double x = static_cast<double>(out[k]);
            sum[k / 64] += x / (64 * 50);
            squares[k / 64] += x * x / (64 * 50);
        }
    }
    for (std::size_t c = 0; c < 3; ++c) {
        BOOST_TEST(std::abs(sum[c]) < 1e-6);
        BOOST_TEST(std::abs(squares[c] - 1) < 1e-6);
    }
    const auto constant = xtn::normalisation::of(xtn::image_set({1, 1, 2}, 1, {51, 51}, {0}));
    BOOST_TEST(constant.mean[0] == 0.2);
    BOOST_TEST(constant.deviation[0] == 1);
    std::vector<float> five(5);
    check_error<xtn::shape_error>([&] { xtn::write_image(set, 0, n, five); }, {"192 numbers", "room for 5"});
    check_error<xtn::shape_error>([&] { xtn::write_image(set, 50, n, out); }, {"image 50 of 50"});
    check_error<xtn::shape_error>([&] { xtn::write_image(set, 0, constant, out); }, {"normalisation of 1"});
}

BOOST_AUTO_TEST_CASE(what_happens_to_an_image) {
    const auto set = two_images();
    using f = std::vector<float>;
    BOOST_TEST((written(set, {}) == f{0, 10, 20, 30, 40, 50}));
    BOOST_TEST((written(set, {.flipped = true}) == f{20, 10, 0, 50, 40, 30}));
    BOOST_TEST((written(set, {.down = 1}) == f{0, 0, 0, 0, 10, 20}));
    BOOST_TEST((written(set, {.down = -1, .right = -1}) == f{40, 50, 0, 0, 0, 0}));
    BOOST_TEST((written(set, {.right = 1, .flipped = true}) == f{10, 0, 0, 40, 30, 0}));
    BOOST_TEST((written(set, {.down = 2}) == f(6, 0)));
    // Half of both sides, from the lower right corner. The image is the plane 30 y + 10 x, which interpolation keeps.
    const f half = written(set, {.share = 0.5, .top = 1, .left = 1});
    for (std::size_t k = 0; k < 6; ++k) {
        const double y = std::clamp(1 * 0.5 * 2 + (static_cast<double>(k / 3) + 0.5) * 0.5 - 0.5, 0.0, 1.0),
                     x = std::clamp(1 * 0.5 * 3 + (static_cast<double>(k % 3) + 0.5) * 0.5 - 0.5, 0.0, 2.0);
        BOOST_TEST(std::abs(static_cast<double>(half[k]) - (30 * y + 10 * x)) < 1e-5);
    }
}

BOOST_AUTO_TEST_CASE(drawings_depend_on_seed_and_step_alone) {
    const xtn::augmentation all{.shift = 2, .flip = true, .crop = 0.8};
    const auto same = [](const std::vector<xtn::image_transform>& a, const std::vector<xtn::image_transform>& b) {
        return std::ranges::equal(a, b, [](const auto& s, const auto& t) {
            return s.down == t.down && s.right == t.right && s.flipped == t.flipped && s.share == t.share &&
                   s.top == t.top && s.left == t.left;
        });
    };
    const auto drawn = xtn::draw_transforms(all, 1000, 1, 7);
    BOOST_TEST(same(drawn, xtn::draw_transforms(all, 1000, 1, 7)));
    BOOST_TEST(!same(drawn, xtn::draw_transforms(all, 1000, 1, 8)));
    BOOST_TEST(!same(drawn, xtn::draw_transforms(all, 1000, 2, 7)));
    const auto fewer = xtn::draw_transforms(all, 10, 1, 7);
    BOOST_TEST(same(fewer, {drawn.begin(), drawn.begin() + 10}));

    std::array<int, 5> down{}, right{};
    int flips = 0;
    double least = 1;
    for (const auto& t : drawn) {
        ++down.at(static_cast<std::size_t>(t.down + 2));
        ++right.at(static_cast<std::size_t>(t.right + 2));
        flips += t.flipped;
        least = std::min(least, t.share);
        BOOST_TEST(t.share <= 1);
    }
    for (const int n : down) BOOST_TEST(std::abs(n - 200) < 60);
    for (const int n : right) BOOST_TEST(std::abs(n - 200) < 60);
    BOOST_TEST(std::abs(flips - 500) < 80);
    BOOST_TEST(least >= 0.8);
    BOOST_TEST(least < 0.81);

    // One kind of change does not alter the numbers of another.
    const auto shifts = xtn::draw_transforms({.shift = 2}, 1000, 1, 7);
    for (std::size_t i = 0; i < 1000; ++i) {
        BOOST_TEST(shifts[i].down == drawn[i].down);
        BOOST_TEST(!shifts[i].flipped);
        BOOST_TEST(shifts[i].share == 1);
    }
    for (const double crop : {0.0, -1.0, 1.5, std::nan("")})
        BOOST_CHECK_THROW(xtn::draw_transforms({.crop = crop}, 1, 1, 1), xtn::shape_error);
}

BOOST_AUTO_TEST_CASE(the_bayes_error_is_that_of_the_nearest_template) {
    // Two classes: Q(d / sqrt 2).
    for (const double d : {0.5, 3.0, 9.0})
        BOOST_TEST(xtn::image_source({1, 4, 4}, 2, d).bayes_error() == 0.5 * std::erfc(d / 2),
                   boost::test_tools::tolerance(1e-9));
    BOOST_TEST(xtn::image_source({1, 4, 4}, 10, 0).bayes_error() == 0.9, boost::test_tools::tolerance(1e-12));

    constexpr std::size_t count = 10000;
    const xtn::image_source source({1, 14, 14}, 10, 3);
    const auto set = source.generate(count, 5);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < count; ++i) {
        std::array<double, 10> likeness{};  // all templates have one length: the nearest is the most alike
        for (std::size_t k = 0; k < 10; ++k)
            for (std::size_t p = 0; p < 196; ++p) likeness[k] += source.mean_of(k)[p] * set.image(i)[p];
        wrong += set.labels()[i] != std::ranges::max_element(likeness) - likeness.begin();
    }
    const double p = source.bayes_error(), deviation = std::sqrt(p * (1 - p) / count);
    BOOST_TEST(std::abs(static_cast<double>(wrong) / count - p) < 4 * deviation);
}

BOOST_AUTO_TEST_CASE(templates_are_orthogonal) {
    const xtn::image_source source({3, 8, 6}, 10, 4);
    for (std::size_t a = 0; a < 10; ++a)
        for (std::size_t b = 0; b < 10; ++b) {
            double product = 0;
            for (std::size_t p = 0; p < source.shape().size(); ++p)
                product += source.mean_of(a)[p] * source.mean_of(b)[p];
            BOOST_TEST(std::abs(product - (a == b ? 16 : 0)) < 1e-12);
        }
    BOOST_TEST((source.generate(20, 1) == source.generate(20, 1)));
    BOOST_TEST(!(source.generate(20, 1) == source.generate(20, 2)));
    for (const std::size_t classes : {0U, 1U, 16U, 300U})
        BOOST_CHECK_THROW(xtn::image_source({1, 4, 4}, classes), xtn::shape_error);
}

BOOST_AUTO_TEST_SUITE_END()
