// SPDX-License-Identifier: BSD-3-Clause
// Element-wise expressions: values against plain loops, broadcasting, what is fused and what is made, and what is refused.
// Gradients of every function are in gradients.cpp.
#include <boost/test/unit_test.hpp>

#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include <xtn/backend/random.hpp>
#include <xtn/xtn.hpp>

BOOST_AUTO_TEST_SUITE(ad_elementwise)

namespace {

using scalars = std::tuple<float, double>;
using sizes = std::vector<std::size_t>;
template <class T, std::size_t N>
using tensor = xt::xtensor<T, N>;

template <class T, std::size_t N>
tensor<T, N> random_tensor(const std::array<std::size_t, N>& shape, std::uint64_t seed) {
    tensor<T, N> t(shape);
    xtn::random_stream random(seed);
    random.fill_normal(std::span<T>(t.data(), t.size()), 1.0);
    return t;
}

/// Whether f throws Error with these words.
template <class Error, class F>
void refuses(const std::string& words, F f) {
    BOOST_CHECK_EXCEPTION(f(), Error, [&](const Error& e) {
        BOOST_TEST_MESSAGE(e.what());
        return std::string(e.what()).find(words) != std::string::npos;
    });
}

/// cube of the head of functions.hpp.
struct cube {
    template <class V>
    V operator()(const V& x) const {
        return x * x * x;
    }
    template <class V>
    std::array<V, 1> pull(const V& dy, const V& /*y*/, const V& x) const {
        return {dy * V(3) * x * x};
    }
};

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(values_are_those_of_plain_loops, T, scalars) {
    // Lengths below, at and beyond a batch, and beyond several.
    for (const std::size_t columns : sizes{1, 2, 3, 8, 17, 130})
        for (const std::size_t rows : sizes{1, 3, 5}) {
            const auto x = random_tensor<T, 2>({rows, columns}, 1), y = random_tensor<T, 2>({rows, columns}, 2);
            const auto b = random_tensor<T, 1>({columns}, 3);
            const auto c = random_tensor<T, 2>({rows, 1}, 4);
            xtn::tape<T> t;
            const auto vx = t.leaf(x), vy = t.leaf(y), vc = t.leaf(c);
            const auto vb = t.leaf(b);
            const xtn::variable<T, 2> z = tanh(vx + vb) * vc + exp(0.5 * vy) / (square(vc) + 1) - vb * 2;
            double worst = 0;
            for (std::size_t i = 0; i < rows; ++i)
                for (std::size_t j = 0; j < columns; ++j) {
                    const auto at = [](T v) { return static_cast<double>(v); };
                    const double expected = std::tanh(at(x(i, j)) + at(b(j))) * at(c(i, 0)) +
                                            std::exp(0.5 * at(y(i, j))) / (at(c(i, 0)) * at(c(i, 0)) + 1) -
                                            2 * at(b(j));
                    worst = std::max(worst, std::abs(at(z.value()(i, j)) - expected));
                }
            BOOST_TEST(worst < 40 * std::numeric_limits<T>::epsilon(), rows << " x " << columns << ": " << worst);
        }
}

BOOST_AUTO_TEST_CASE(shapes_are_broadcast_as_in_numpy) {
    xtn::tape<double> t;
    const auto shape_of = [&](auto shape, auto other) {
        return (t.leaf(random_tensor<double>(shape, 1)) + t.leaf(random_tensor<double>(other, 2))).shape();
    };
    using one = std::array<std::size_t, 1>;
    using two = std::array<std::size_t, 2>;
    using three = std::array<std::size_t, 3>;
    BOOST_TEST((shape_of(two{2, 3}, one{3}) == two{2, 3}));
    BOOST_TEST((shape_of(one{3}, two{2, 1}) == two{2, 3}));
    BOOST_TEST((shape_of(three{2, 1, 4}, two{3, 1}) == three{2, 3, 4}));
    BOOST_TEST((shape_of(one{1}, one{0}) == one{0}));
    BOOST_TEST((shape_of(std::array<std::size_t, 0>{}, one{3}) == one{3}));

    const auto x = random_tensor<double, 3>({2, 1, 4}, 1);
    const auto y = random_tensor<double, 2>({3, 1}, 2);
    const xtn::variable<double, 3> z = t.leaf(x) * t.leaf(y);
    for (std::size_t i = 0; i < 2; ++i)
        for (std::size_t j = 0; j < 3; ++j)
            for (std::size_t k = 0; k < 4; ++k) BOOST_TEST(z.value()(i, j, k) == x(i, 0, k) * y(j, 0));

    refuses<xtn::shape_error>("+: the shapes (2, 3) and (2) differ; from the last axis on", [&] {
        shape_of(two{2, 3}, one{2});
    });
    refuses<xtn::shape_error>("maximum: the shapes", [&] {
        maximum(t.leaf(random_tensor<double, 2>({2, 3}, 1)), t.leaf(random_tensor<double, 2>({3, 3}, 1)));
    });
}

BOOST_AUTO_TEST_CASE(what_has_a_name_is_made_once_and_what_has_none_is_fused) {
    const auto value = random_tensor<double, 2>({3, 5}, 1);
    xtn::tape<double> t;
    const auto x = t.leaf(value);
    const std::size_t before = (x + x).node() + 1;

    const xtn::variable<double, 2> fused = sigmoid(x * 2.0 + 1.0) * x - x;
    BOOST_TEST(fused.node() == before);  // one statement
    const auto named = x * 2.0;
    const xtn::variable<double, 2> twice = named * named;
    BOOST_TEST(named.node() == before + 1);
    BOOST_TEST(twice.node() == before + 2);
    const auto copy = named;  // the same variable
    BOOST_TEST(copy.node() == named.node());

    t.seed(twice, value.data());
    t.backward();
    for (std::size_t i = 0; i < value.size(); ++i)
        BOOST_TEST(named.gradient().data()[i] == 2 * (2 * value.data()[i]) * value.data()[i]);
}

BOOST_AUTO_TEST_CASE(an_expression_is_a_variable_wherever_one_is_wanted) {
    const auto value = random_tensor<double, 2>({3, 4}, 1);
    xtn::tape<double> t;
    const auto x = t.leaf(value);
    BOOST_TEST((x + 1.0).value()(2, 3) == value(2, 3) + 1);
    BOOST_TEST((x + 1.0).size() == 12);
    BOOST_TEST(xtn::nn::softmax(x + 1.0).shape()[1] == 4);
    BOOST_TEST((xtn::einsum<"ij,ij->">(x + 1.0, -x).item()) == xt::sum((value + 1) * -value)(),
               boost::test_tools::tolerance(1e-12));
    BOOST_TEST(
        xtn::linear_combination(1, x + 1.0, 2, x * x).value()(0, 0) == value(0, 0) + 1 + 2 * value(0, 0) * value(0, 0),
        boost::test_tools::tolerance(1e-12));
    const auto made = [&] { return tanh(x) * 2.0; }();
    BOOST_TEST(made.value()(1, 1) == 2 * std::tanh(value(1, 1)), boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(residuals_are_kept_within_the_limit_and_made_again_beyond_it) {
    const auto value = random_tensor<double, 2>({3, 5}, 1);
    const auto gradient = [&](std::size_t limit, std::size_t bytes) {
        xtn::tape<double> t;
        t.limit_residuals(limit);
        const auto x = t.leaf(value);
        const xtn::variable<double, 0> y = xtn::sum(exp(x) * xtn::nn::gelu(x * x));
        BOOST_TEST(t.residual_bytes() == 0);  // a sum keeps nothing
        const xtn::variable<double, 2> z = exp(x) * xtn::nn::gelu(x * x);
        BOOST_TEST(t.residual_bytes() == bytes);
        t.seed(z, value.data());
        t.backward(y);
        return tensor<double, 2>(x.gradient());
    };
    const auto kept = gradient(std::numeric_limits<std::size_t>::max(), 3 * 15 * sizeof(double));
    BOOST_TEST(xt::amax(xt::abs(gradient(100, 0) - kept))() < 1e-14);
}

BOOST_AUTO_TEST_CASE(nothing_is_kept_without_a_gradient) {
    const auto value = random_tensor<double, 2>({3, 5}, 1);
    xtn::tape<double> t;
    const auto x = t.constant(value);
    BOOST_TEST(!(xtn::nn::gelu(x) * x).needs_gradient());
    const auto y = t.leaf(value);
    const xtn::no_gradient<double> off(t);
    BOOST_TEST(!(xtn::nn::gelu(y) * x).needs_gradient());
    BOOST_TEST(t.residual_bytes() == 0);
}

BOOST_AUTO_TEST_CASE(a_function_of_ones_own) {
    const auto value = random_tensor<double, 2>({2, 7}, 1);
    const auto errors =
        xtn::check_gradient([](auto&, auto x) { return xtn::elementwise(cube{}, x + 1.0) * x; }, std::tuple(value));
    BOOST_TEST(errors.worst() < 1e-8);
}

BOOST_AUTO_TEST_CASE(a_variable_in_several_shapes_gets_all_its_cotangents) {
    const auto value = random_tensor<double, 1>({4}, 1);
    const auto errors = xtn::check_gradient(
        [](auto&, auto v) {
            const auto column = v.reshape(std::array<std::size_t, 2>{4, 1});
            return column * v + v * 2.0 + column;
        },
        std::tuple(value));
    BOOST_TEST(errors.worst() < 1e-8);
}

BOOST_AUTO_TEST_CASE(a_bias_gradient_over_a_million_rows_is_exact) {
    constexpr std::size_t rows = 1'000'000;
    xtn::tape<float> t;
    const auto bias = t.leaf(tensor<float, 1>{0.5f, 1.0f});
    const std::vector<float> ones(2 * rows, 0.1f);
    const auto x = t.constant(ones.data(), std::array<std::size_t, 2>{rows, 2});
    t.backward(xtn::mean(square(x + bias)));
    BOOST_TEST(bias.gradient()(0) == 0.6f, boost::test_tools::tolerance(1e-6f));
    BOOST_TEST(bias.gradient()(1) == 1.1f, boost::test_tools::tolerance(1e-6f));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(reductions_are_those_of_plain_loops, T, scalars) {
    for (const std::size_t columns : sizes{1, 3, 8, 130}) {
        const std::size_t rows = 5;
        const auto x = random_tensor<T, 2>({rows, columns}, 1);
        xtn::tape<T> t;
        const auto v = t.leaf(x);
        const auto sums = xtn::sum<"bo->b1">(v * 2);
        const auto means = xtn::mean<"bo->o">(v);
        const auto greatest = xtn::max<"bo->b">(v);
        const auto of_columns = xtn::max<"bo->1o">(v);
        const auto logs = xtn::log_sum_exp<"bo->b">(100 * v);
        BOOST_TEST((sums.shape() == std::array<std::size_t, 2>{rows, 1}));
        BOOST_TEST((of_columns.shape() == std::array<std::size_t, 2>{1, columns}));
        const auto close = boost::test_tools::tolerance(static_cast<T>(100 * std::numeric_limits<T>::epsilon()));
        T all = x(0, 0);
        for (std::size_t i = 0; i < rows; ++i) {
            T sum = 0, most = x(i, 0), powers = 0;
            for (std::size_t j = 0; j < columns; ++j) sum += 2 * x(i, j), most = std::max(most, x(i, j));
            for (std::size_t j = 0; j < columns; ++j) powers += std::exp(100 * (x(i, j) - most));
            BOOST_TEST(sums.value()(i, 0) == sum, close);
            BOOST_TEST(greatest.value()(i) == most);
            BOOST_TEST(logs.value()(i) == 100 * most + std::log(powers), close);
            all = std::max(all, most);
        }
        for (std::size_t j = 0; j < columns; ++j) {
            T sum = 0, most = x(0, j);
            for (std::size_t i = 0; i < rows; ++i) sum += x(i, j), most = std::max(most, x(i, j));
            BOOST_TEST(means.value()(j) == sum / rows, close);
            BOOST_TEST(of_columns.value()(0, j) == most);
        }
        BOOST_TEST(xtn::max(v).item() == all);
    }
}

BOOST_AUTO_TEST_CASE(reductions_of_nothing_of_equals_and_of_infinities) {
    xtn::tape<double> t;
    const auto none = t.leaf(tensor<double, 2>(std::array<std::size_t, 2>{3, 0}));
    BOOST_TEST(xtn::sum<"bo->b">(none).value()(1) == 0);
    refuses<xtn::shape_error>("no elements to choose from", [&] { xtn::max<"bo->b">(none); });
    refuses<xtn::shape_error>("no elements to add", [&] { xtn::log_sum_exp(none); });

    const auto equal = t.leaf(tensor<double, 1>{2., 1., 2.});
    t.backward(xtn::max(equal));
    BOOST_TEST(equal.gradient()(0) == 0.5);
    BOOST_TEST(equal.gradient()(1) == 0);

    t.clear();
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const auto masked = t.leaf(tensor<double, 2>{{-infinity, -infinity}, {-infinity, 1.}});
    const auto total = xtn::log_sum_exp<"bo->b">(masked);
    BOOST_TEST(total.value()(0) == -infinity);
    BOOST_TEST(total.value()(1) == 1);
    const std::array<double, 2> ones{1, 1};
    t.seed(total, ones.data());
    t.backward();
    BOOST_TEST((masked.gradient() == tensor<double, 2>{{0., 0.}, {0., 1.}}));
}

BOOST_AUTO_TEST_CASE(complex_expressions_are_those_of_plain_loops) {
    using complex = std::complex<double>;
    const tensor<complex, 2> x{{{1, 2}, {-0.5, 0.25}, {0.1, -3}}};
    xtn::tape<complex> t;
    const auto v = t.leaf(x);
    const xtn::variable<complex, 2> y = exp(v) * conj(v) / (v + complex(0, 4)) - 2 * v;
    for (std::size_t i = 0; i < 3; ++i) {
        const complex expected = std::exp(x(0, i)) * std::conj(x(0, i)) / (x(0, i) + complex(0, 4)) - 2.0 * x(0, i);
        BOOST_TEST(std::abs(y.value()(0, i) - expected) < 1e-14);
    }
}

BOOST_AUTO_TEST_SUITE_END()
