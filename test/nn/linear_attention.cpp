// SPDX-License-Identifier: BSD-3-Clause
// Linear attention: every evaluator (recurrence, chunks, quadratic form) against the recurrence in plain loops; gradients of
// everything, the first state and the gates included; states that go on; nothing overflows.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include <xtn/backend/random.hpp>
#include <xtn/nn/linear_attention.hpp>
#include <xtn/xtn.hpp>

BOOST_AUTO_TEST_SUITE(linear_attention)

namespace {

using xtn::nn::linear_attention_options;

template <class T, std::size_t N>
xt::xtensor<T, N> random_tensor(const std::array<std::size_t, N>& shape, std::uint64_t seed, double low, double high) {
    xt::xtensor<T, N> t(shape);
    xtn::random_stream(seed).fill_uniform(std::span<T>(t.data(), t.size()), low, high);
    return t;
}

struct sizes {
    std::size_t batch, time, heads, key_dim, value_dim;
    std::size_t state(bool normalised) const { return key_dim * (value_dim + normalised); }
};

template <class T>
struct inputs {
    xt::xtensor<T, 2> q, k, v, gates;
    xt::xtensor<T, 3> state;

    inputs(const sizes& s, bool normalised)
        : q(random_tensor<T, 2>({s.batch * s.time, s.heads * s.key_dim}, 1, 0.1, 1)),
          k(random_tensor<T, 2>({s.batch * s.time, s.heads * s.key_dim}, 2, 0.1, 1)),
          v(random_tensor<T, 2>({s.batch * s.time, s.heads * s.value_dim}, 3, -1, 1)),
          gates(random_tensor<T, 2>({s.batch * s.time, s.heads}, 4, -0.5, 0)),
          state(random_tensor<T, 3>({s.batch, s.heads, s.state(normalised)}, 5, 0.1, 1)) {}
};

/// The definition, in double.
template <class T>
struct naive {
    xt::xtensor<double, 2> out;
    xt::xtensor<double, 3> state;

    naive(const sizes& s, const inputs<T>& x, const linear_attention_options& how, bool gated)
        : out(xt::zeros<double>({s.batch * s.time, s.heads * s.value_dim})), state(x.state) {
        for (std::size_t b = 0; b < s.batch; ++b)
            for (std::size_t h = 0; h < s.heads; ++h)
                for (std::size_t t = 0, row = b * s.time; t < s.time; ++t, ++row) {
                    double g = how.decay.empty() ? 1 : how.decay[h];
                    if (gated) g *= std::exp(static_cast<double>(x.gates(row, h)));
                    const auto z = [&](std::size_t i) -> double& { return state(b, h, s.key_dim * s.value_dim + i); };
                    double divisor = 0;
                    for (std::size_t i = 0; i < s.key_dim; ++i) {
                        const double k = x.k(row, h * s.key_dim + i), q = x.q(row, h * s.key_dim + i);
                        if (how.normalised) divisor += q * (z(i) = g * z(i) + k);
                        for (std::size_t j = 0; j < s.value_dim; ++j) {
                            double& entry = state(b, h, i * s.value_dim + j);
                            entry = g * entry + k * static_cast<double>(x.v(row, h * s.value_dim + j));
                            out(row, h * s.value_dim + j) += q * entry;
                        }
                    }
                    if (how.normalised)
                        for (std::size_t j = 0; j < s.value_dim; ++j) out(row, h * s.value_dim + j) /= divisor;
                }
    }
};

template <class A, class B>
double difference(const A& a, const B& b) {
    return xt::amax(xt::abs(xt::cast<double>(a) - b))() / xt::amax(xt::abs(b))();
}

template <class T>
void check_values(double tolerance) {
    for (const sizes& s : {sizes{2, 37, 3, 5, 7}, sizes{1, 1, 1, 1, 1}, sizes{3, 64, 2, 8, 8}, sizes{1, 130, 1, 4, 3}})
        for (const bool normalised : {true, false})
            for (const int kind : {0, 1, 2, 3})
                for (const std::size_t chunk : {std::size_t{1}, std::size_t{8}, std::size_t{64}, s.time}) {
                    linear_attention_options how{.heads = s.heads, .normalised = normalised, .chunk = chunk};
                    if (kind % 2 == 1) how.decay = xtn::nn::retention_decays(s.heads);
                    const inputs<T> x(s, normalised);
                    const naive<T> expected(s, x, how, kind >= 2);
                    xtn::tape<T> t;
                    std::optional<xtn::variable<T, 2>> gates;
                    if (kind >= 2) gates = t.leaf(x.gates);
                    const auto found = xtn::nn::linear_attention<T>(t.leaf(x.q), t.leaf(x.k), t.leaf(x.v), s.time, how,
                                                                    gates, t.leaf(x.state));
                    BOOST_TEST_CONTEXT("time " << s.time << ", chunk " << chunk << ", kind " << kind) {
                        BOOST_TEST(difference(found.out.value(), expected.out) < tolerance);
                        BOOST_TEST(difference(found.state.value(), expected.state) < tolerance);
                    }
                }
}

BOOST_AUTO_TEST_CASE(every_evaluator_is_the_recurrence) {
    check_values<double>(1e-12);
    check_values<float>(1e-5);
}

BOOST_AUTO_TEST_CASE(gradients_of_everything) {
    const sizes s{2, 7, 2, 3, 2};
    for (const bool normalised : {true, false})
        for (const std::size_t chunk : {std::size_t{1}, std::size_t{3}, std::size_t{64}})
            for (const bool gated : {true, false}) {
                const inputs<double> x(s, normalised);
                linear_attention_options how{.heads = s.heads, .normalised = normalised, .chunk = chunk};
                if (!gated) how.decay = xtn::nn::retention_decays(s.heads);
                const auto check = [&](auto pick) {
                    const auto rule = [&](const auto& q, const auto& k, const auto& v, const auto& state,
                                          const auto& g) {
                        return pick(xtn::nn::linear_attention<double>(q, k, v, s.time, how, g, state));
                    };
                    const auto errors =
                        gated ? xtn::check_gradient([&](auto&, auto q, auto k, auto v, auto state,
                                                        auto g) { return rule(q, k, v, state, std::optional(g)); },
                                                    std::tuple(x.q, x.k, x.v, x.state, x.gates))
                              : xtn::check_gradient([&](auto&, auto q, auto k, auto v,
                                                        auto state) { return rule(q, k, v, state, std::nullopt); },
                                                    std::tuple(x.q, x.k, x.v, x.state));
                    BOOST_TEST(errors.worst() < 1e-7, "chunk " << chunk << ", normalised " << normalised);
                };
                check([](const auto& r) { return r.out; });
                check([](const auto& r) { return r.state; });
                check([](const auto& r) {  // both, through one statement behind them
                    return xtn::einsum<"rc,bhs->">(r.out, r.state);
                });
            }
}

BOOST_AUTO_TEST_CASE(evaluators_have_one_gradient) {
    const sizes s{2, 150, 2, 6, 5};
    const inputs<double> x(s, true);
    std::vector<std::vector<xt::xtensor<double, 2>>> found;
    for (const std::size_t chunk : {std::size_t{1}, std::size_t{64}, s.time}) {
        xtn::tape<double> t;
        const auto q = t.leaf(x.q), k = t.leaf(x.k), v = t.leaf(x.v), g = t.leaf(x.gates);
        const auto r = xtn::nn::linear_attention<double>(q, k, v, s.time, {.heads = s.heads, .chunk = chunk}, g);
        t.backward(xtn::einsum<"rc,rc->">(r.out, r.out));
        found.push_back({q.gradient(), k.gradient(), v.gradient(), g.gradient()});
    }
    for (std::size_t c = 1; c < found.size(); ++c)
        for (std::size_t i = 0; i < 4; ++i) BOOST_TEST(difference(found[c][i], found[0][i]) < 1e-10);
}

BOOST_AUTO_TEST_CASE(a_sequence_goes_on_from_its_state) {
    const sizes s{1, 90, 2, 4, 3};
    const inputs<double> x(s, true);
    const linear_attention_options how{.heads = s.heads, .decay = xtn::nn::retention_decays(s.heads)};
    xtn::tape<double> t;
    const auto whole = xtn::nn::linear_attention<double>(t.leaf(x.q), t.leaf(x.k), t.leaf(x.v), s.time, how);
    const auto rows = [](const auto& y, std::size_t from, std::size_t to) {
        xt::xtensor<double, 2> some({to - from, y.shape()[1]});
        std::copy(y.data() + from * y.shape()[1], y.data() + to * y.shape()[1], some.data());
        return some;
    };
    const auto part = [&](const auto& y, std::size_t from, std::size_t to) { return t.leaf(rows(y, from, to)); };
    const auto one = xtn::nn::linear_attention<double>(part(x.q, 0, 40), part(x.k, 0, 40), part(x.v, 0, 40), 40, how);
    const auto two = xtn::nn::linear_attention<double>(part(x.q, 40, 90), part(x.k, 40, 90), part(x.v, 40, 90), 50, how,
                                                       std::nullopt, one.state);
    BOOST_TEST(difference(two.state.value(), whole.state.value()) < 1e-12);
    BOOST_TEST(difference(two.out.value(), rows(whole.out, 40, 90)) < 1e-12);
}

BOOST_AUTO_TEST_CASE(long_sequences_and_fast_decay_stay_finite) {
    const sizes s{1, 3000, 1, 2, 2};
    const inputs<float> x(s, true);
    xtn::tape<float> t;
    const auto q = t.leaf(x.q), k = t.leaf(x.k), v = t.leaf(x.v);
    const auto r = xtn::nn::linear_attention<float>(q, k, v, s.time, {.heads = 1, .decay = {1e-6}});
    t.backward(xtn::einsum<"rc,rc->">(r.out, r.out));
    for (const auto* y : {&q, &k, &v}) BOOST_TEST(xtn::backend::all_finite(y->size(), y->gradient().data()));
}

BOOST_AUTO_TEST_CASE(extents_that_do_not_fit) {
    xtn::tape<double> t;
    const auto x = t.leaf(xt::xtensor<double, 2>(xt::ones<double>({6, 4})));
    const auto refused = [&](std::size_t time, linear_attention_options how) {
        BOOST_CHECK_THROW(xtn::nn::linear_attention<double>(x, x, x, time, how), xtn::shape_error);
    };
    refused(4, {.heads = 2});
    refused(3, {.heads = 3});
    refused(3, {.heads = 2, .decay = {0.5}});
    refused(3, {.heads = 2, .chunk = 0});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
