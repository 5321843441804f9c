// SPDX-License-Identifier: BSD-3-Clause
// The sums inside the kernels over so many rows or columns that a running total would lose digits.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <xtn/nn/kernels/bias.hpp>
#include <xtn/nn/kernels/cross_entropy.hpp>
#include <xtn/nn/kernels/embedding.hpp>
#include <xtn/nn/kernels/layer_norm.hpp>
#include <xtn/nn/kernels/rms_norm.hpp>
#include <xtn/nn/kernels/softmax.hpp>

#include "kernels_common.hpp"

BOOST_AUTO_TEST_SUITE(kernels_sums)

namespace {

using namespace xtn_test;
namespace kernels = xtn::nn::kernels;
using kernels::update;

constexpr std::size_t many = 1000000;

/// Whether x is the expected value to a few units in the last place.
template <class T>
bool close(T x, double expected) {
    return std::abs(static_cast<double>(x) - expected) <= 16 * std::numeric_limits<T>::epsilon() * std::abs(expected);
}

template <class T>
double tenth = static_cast<double>(T(0.1F));

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(bias_gradient_over_a_million_rows, T, scalars) {
    const std::vector<T> dy(3 * many, T(0.1F));
    std::vector<T> dbias(3, T(1));
    kernels::add_bias_gradient(many, 3, dy.data(), dbias.data());
    for (const T d : dbias) BOOST_TEST(close(d, 1 + many * tenth<T>));
}

// x = 1, -1 has mean 0 and variance 1, so h = x rstd.
BOOST_AUTO_TEST_CASE_TEMPLATE(norm_gradients_over_a_million_rows, T, scalars) {
    std::vector<T> x(2 * many, T(1)), dy(2 * many, T(0.1F)), dx(2 * many), dgamma(2), dbeta(2);
    for (std::size_t i = 1; i < x.size(); i += 2) x[i] = T(-1);
    const std::vector<T> gamma(2, T(1)), mean(many), rstd(many, T(0.5));
    kernels::layer_norm_backward(many, 2, x.data(), gamma.data(), mean.data(), rstd.data(), dy.data(), dx.data(),
                                 update::replace, dgamma.data(), dbeta.data());
    for (const T d : dbeta) BOOST_TEST(close(d, many * tenth<T>));
    BOOST_TEST(close(dgamma[0], many * tenth<T> / 2));
    BOOST_TEST(close(dgamma[1], -(many * tenth<T>) / 2));

    std::vector<T> again(2);
    kernels::rms_norm_backward(many, 2, 2, x.data(), gamma.data(), rstd.data(), dy.data(), dx.data(), update::replace,
                               again.data());
    BOOST_TEST(again == dgamma, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(norms_of_a_million_columns, T, scalars) {
    const std::vector<T> x(many, T(0.1F)), gamma(many, T(1)), beta(many, T(0));
    std::vector<T> y(many);
    T mean = 0, rstd = 0;
    kernels::layer_norm(1, many, x.data(), gamma.data(), beta.data(), T(1), y.data(), &mean, &rstd);
    BOOST_TEST(close(mean, tenth<T>));
    BOOST_TEST(close(rstd, 1));
    kernels::rms_norm(1, many, many, x.data(), gamma.data(), T(0), y.data(), &rstd);
    BOOST_TEST(close(rstd, 1 / tenth<T>));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(softmax_of_a_million_columns, T, scalars) {
    std::vector<T> x(many, T(-1));
    x[many / 2] = T(0);
    kernels::softmax_row(many, T(1), x.data());
    const double sum = 1 + static_cast<double>(many - 1) * std::exp(-1.0);
    BOOST_TEST(close(x[many / 2], 1 / sum));
    BOOST_TEST(close(x[0], std::exp(-1.0) / sum));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(cross_entropy_of_many_rows_and_classes, T, scalars) {
    const std::vector<std::int32_t> targets(many);
    const std::vector<T> logits(many);
    std::vector<T> norm(many);
    const double one_class_more =
        kernels::cross_entropy(many / 3, 3, logits.data(), targets.data(), norm.data()).loss_sum;
    BOOST_TEST(close(one_class_more, static_cast<double>(many / 3) * std::log(3.0)));
    std::vector<T> lower(many, T(-1));
    lower[0] = T(0);
    const double wide = kernels::cross_entropy(1, many, lower.data(), targets.data(), norm.data()).loss_sum;
    BOOST_TEST(close(static_cast<T>(wide), std::log(1 + static_cast<double>(many - 1) * std::exp(-1.0))));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(embedding_gradient_of_a_frequent_token, T, scalars) {
    std::vector<std::int32_t> tokens(many, 3);
    for (std::size_t i = 0; i < many; i += 1000) tokens[i] = 1;
    const std::vector<T> dy(2 * many, T(0.1F));
    std::vector<T> dtable(5 * 2, T(1));
    kernels::embedding_backward(many, 2, 5, tokens.data(), dy.data(), dtable.data());
    for (std::size_t i = 0; i < dtable.size(); ++i) {
        const double count = i / 2 == 3 ? many - many / 1000 : i / 2 == 1 ? many / 1000 : 0;
        BOOST_TEST(close(dtable[i], 1 + count * tenth<T>));
    }
}

BOOST_AUTO_TEST_SUITE_END()
