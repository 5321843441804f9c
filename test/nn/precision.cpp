// SPDX-License-Identifier: BSD-3-Clause
// Attention on tapes that multiply in bfloat16: against plain loops over rounded factors, and near what it is in full.
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <xtn/ad/elementwise/operators.hpp>
#include <xtn/backend/random.hpp>
#include <xtn/core/bfloat16.hpp>
#include <xtn/nn/attention.hpp>
#include <xtn/nn/linear_attention.hpp>

BOOST_AUTO_TEST_SUITE(nn_precision)

namespace {

constexpr std::size_t batch = 2, heads = 2, dim = 24, value_dim = 16, positions = 70;  // more than a block of queries

using matrix = xt::xtensor<float, 2>;

matrix normal(std::size_t columns, std::uint64_t seed) {
    matrix x(std::array{batch * positions, columns});
    xtn::random_stream random(seed);
    random.fill_normal(std::span<float>(x.data(), x.size()), 1.0);
    return x;
}

struct given {
    matrix q = normal(heads * dim, 1), k = normal(heads * dim, 2), v = normal(heads * value_dim, 3),
           dy = normal(heads * value_dim, 4);
};

/// The value, and the gradients of q, k and v.
template <class Attention>
std::vector<matrix> run(xtn::precision p, const Attention& attention) {
    const given x;
    xtn::tape<float> t(p);
    const auto q = t.leaf(x.q), k = t.leaf(x.k), v = t.leaf(x.v);
    const xtn::variable<float, 2> y = attention(q, k, v);
    t.seed(y, x.dy.data());
    t.backward();
    return {y.value(), q.gradient(), k.gradient(), v.gradient()};
}

double relative_distance(const matrix& a, const matrix& b) {
    double difference = 0, size = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        difference += std::pow(a.flat(i) - b.flat(i), 2);
        size += std::pow(b.flat(i), 2);
    }
    return std::sqrt(difference / size);
}

double rounded(double x) { return xtn::bfloat16::nearest(static_cast<float>(x)).value(); }

/// Softmax attention in plain loops over rounded factors.
matrix in_loops() {
    const given x;
    matrix y(x.v.shape());
    for (std::size_t b = 0; b < batch; ++b)
        for (std::size_t h = 0; h < heads; ++h)
            for (std::size_t i = 0; i < positions; ++i) {
                std::vector<double> p(i + 1);
                double sum = 0;
                for (std::size_t j = 0; j <= i; ++j) {
                    double score = 0;
                    for (std::size_t c = 0; c < dim; ++c)
                        score +=
                            rounded(x.q(b * positions + i, h * dim + c)) * rounded(x.k(b * positions + j, h * dim + c));
                    sum += p[j] = std::exp(score / std::sqrt(double{dim}));
                }
                for (std::size_t c = 0; c < value_dim; ++c) {
                    double value = 0;
                    for (std::size_t j = 0; j <= i; ++j)
                        value += rounded(p[j] / sum) * rounded(x.v(b * positions + j, h * value_dim + c));
                    y(b * positions + i, h * value_dim + c) = static_cast<float>(value);
                }
            }
    return y;
}

}  // namespace

BOOST_AUTO_TEST_CASE(softmax_attention_rounds_what_it_multiplies_and_nothing_else) {
    const auto attention = [](const auto& q, const auto& k, const auto& v) {
        return xtn::nn::softmax_attention{.heads = heads}(q, k, v, positions);
    };
    const auto full = run(xtn::precision::full, attention), half = run(xtn::precision::bfloat16, attention);
    // Probabilities that come out a little different round the other way now and then.
    BOOST_TEST(relative_distance(half[0], in_loops()) < 0x1p-13);
    for (std::size_t i = 0; i < full.size(); ++i) {
        // A few factors, each off by 2^-9 at most and by less on average.
        BOOST_TEST(relative_distance(half[i], full[i]) < 4 * 0x1p-9);
        BOOST_TEST(relative_distance(half[i], full[i]) > 0x1p-12);
    }
}

BOOST_DATA_TEST_CASE(linear_attention_is_near_what_it_is_in_full, boost::unit_test::data::make({false, true}),
                     normalised) {
    const auto attention = [&](const auto& q, const auto& k, const auto& v) {
        // Squares, for features are positive where their sum divides.
        return xtn::nn::linear_attention<float>(
                   q * q, k * k, v, positions,
                   {.heads = heads, .normalised = normalised, .decay = {0.9, 0.99}, .chunk = 32})
            .out;
    };
    const auto full = run(xtn::precision::full, attention), half = run(xtn::precision::bfloat16, attention);
    for (std::size_t i = 0; i < full.size(); ++i) {
        BOOST_TEST(relative_distance(half[i], full[i]) < 6 * 0x1p-9);
        BOOST_TEST(relative_distance(half[i], full[i]) > 0x1p-12);
    }
}

BOOST_AUTO_TEST_CASE(long_sequences_make_the_probabilities_again_from_rounded_factors) {
    const auto of = [](std::size_t time, xtn::precision p) {
        xtn::tape<float> t(p);
        matrix x(std::array<std::size_t, 2>{time, 8});
        xtn::random_stream random(7);
        random.fill_normal(std::span<float>(x.data(), x.size()), 1.0);
        const auto q = t.leaf(x);
        const auto y = xtn::nn::softmax_attention{.heads = 1, .window = 40}(q, q, q, time);
        t.seed(y, x.data());
        t.backward();
        return std::pair{matrix(y.value()), matrix(q.gradient())};
    };
    const auto [y, dq] = of(1100, xtn::precision::full);
    const auto [ry, rdq] = of(1100, xtn::precision::bfloat16);
    BOOST_TEST(relative_distance(ry, y) < 4 * 0x1p-9);
    BOOST_TEST(relative_distance(rdq, dq) < 4 * 0x1p-9);
}

BOOST_AUTO_TEST_SUITE_END()
