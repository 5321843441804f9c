// SPDX-License-Identifier: BSD-3-Clause
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <xtn/core/error.hpp>
#include <xtn/nn/kernels/bias.hpp>
#include <xtn/nn/kernels/embedding.hpp>
#include <xtn/nn/kernels/positions.hpp>

#include "kernels_common.hpp"

BOOST_AUTO_TEST_SUITE(kernels_pointwise)

namespace {

using namespace xtn_test;
namespace kernels = xtn::nn::kernels;

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(bias_and_residual, T, scalars) {
    for (const std::size_t rows : sizes)
        for (const std::size_t cols : sizes) {
            const auto x = uniform<T>(rows * cols, 1), other = uniform<T>(rows * cols, 2);
            const auto bias = uniform<T>(cols, 3), before = uniform<T>(cols, 4);
            std::vector<T> shifted(x), sum(x.size()), dbias(before);
            kernels::add_bias(rows, cols, bias.data(), shifted.data());
            kernels::add(x.size(), x.data(), other.data(), sum.data());
            kernels::add_bias_gradient(rows, cols, x.data(), dbias.data());
            BOOST_TEST(sum == plus(x, other));
            std::vector<double> expected_shift(x.size());
            std::vector<double> expected_gradient(before.begin(), before.end());
            for (std::size_t i = 0; i < x.size(); ++i) {
                expected_shift[i] = static_cast<double>(x[i]) + static_cast<double>(bias[i % cols]);
                expected_gradient[i % cols] += static_cast<double>(x[i]);
            }
            check_close(shifted, expected_shift);
            check_close(dbias, expected_gradient);
        }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(embedding_gathers_and_scatters, T, scalars) {
    constexpr std::size_t vocabulary = 11;
    std::vector<std::uint8_t> tokens(15);
    for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = static_cast<std::uint8_t>((i * i + 3) % vocabulary);
    for (const std::size_t dim : sizes) {
        const auto table = uniform<T>(vocabulary * dim, 1);
        const auto dy = uniform<T>(tokens.size() * dim, 3), before = uniform<T>(table.size(), 4);
        std::vector<T> y(dy.size()), dtable(before), expected(y.size()), scattered(before);
        for (std::size_t i = 0; i < tokens.size(); ++i)
            for (std::size_t j = 0; j < dim; ++j) {
                expected[i * dim + j] = table[tokens[i] * dim + j];
                scattered[tokens[i] * dim + j] += dy[i * dim + j];
            }
        kernels::embedding(tokens.size(), dim, vocabulary, tokens.data(), table.data(), y.data());
        BOOST_TEST(y == expected);
        kernels::embedding_backward(tokens.size(), dim, vocabulary, tokens.data(), dy.data(), dtable.data());
        check_close(dtable, scattered);
    }
}

BOOST_AUTO_TEST_CASE(a_token_outside_the_table_is_named_and_nothing_is_written) {
    const std::vector<float> table(3 * 2, 1.0f);
    for (const int wrong : {3, -1, 1 << 30}) {
        const std::vector<std::int32_t> tokens{0, 2, wrong, 1};
        std::vector<float> y(8, 7.0f), dtable(6, 7.0f);
        const auto names_it = [wrong](const xtn::shape_error& e) {
            const std::string message = e.what();
            return message.find("token " + std::to_string(wrong)) != std::string::npos &&
                   message.find("position 2") != std::string::npos;
        };
        BOOST_CHECK_EXCEPTION(kernels::embedding(4, 2, 3, tokens.data(), table.data(), y.data()), xtn::shape_error,
                              names_it);
        BOOST_CHECK_EXCEPTION(kernels::embedding_backward(4, 2, 3, tokens.data(), y.data(), dtable.data()),
                              xtn::shape_error, names_it);
        BOOST_TEST(y == std::vector<float>(8, 7.0f));
        BOOST_TEST(dtable == std::vector<float>(6, 7.0f));
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(positions_by_their_formula, T, scalars) {
    for (const std::size_t dim : {std::size_t{1}, std::size_t{3}, std::size_t{128}}) {
        constexpr std::size_t time = 65;
        std::vector<T> table(time * dim);
        std::vector<double> expected(table.size());
        for (std::size_t t = 0; t < time; ++t)
            for (std::size_t j = 0; j < dim; ++j) {
                const double angle = static_cast<double>(t) / std::exp(static_cast<double>(j / 2 * 2) /
                                                                       static_cast<double>(dim) * std::log(1e4));
                expected[t * dim + j] = j % 2 == 0 ? std::sin(angle) : std::cos(angle);
            }
        kernels::sinusoidal_positions(time, dim, table.data());
        check_close(table, expected);
    }
}

BOOST_AUTO_TEST_SUITE_END()
