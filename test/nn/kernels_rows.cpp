// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <xtn/backend/simd.hpp>
#include <xtn/core/error.hpp>
#include <xtn/nn/kernels/cross_entropy.hpp>
#include <xtn/nn/kernels/layer_norm.hpp>
#include <xtn/nn/kernels/rms_norm.hpp>
#include <xtn/nn/kernels/softmax.hpp>

#include "kernels_common.hpp"

BOOST_AUTO_TEST_SUITE(kernels_rows)

namespace {

using namespace xtn_test;
namespace kernels = xtn::nn::kernels;
using kernels::update;

constexpr std::size_t rows = 5;
constexpr double eps = 1e-5;

/// softmax(scale x) of rows with leading dimension ld, in double; elements between the rows are kept.
template <class T>
std::vector<double> softmax_by_definition(const std::vector<T>& x, std::size_t cols, std::size_t ld, double scale) {
    std::vector<double> p(x.begin(), x.end());
    for (std::size_t r = 0; r < rows; ++r) {
        double top = -1e300, sum = 0;
        for (std::size_t j = 0; j < cols; ++j) top = std::max(top, scale * p[r * ld + j]);
        for (std::size_t j = 0; j < cols; ++j) sum += std::exp(scale * p[r * ld + j] - top);
        for (std::size_t j = 0; j < cols; ++j) p[r * ld + j] = std::exp(scale * p[r * ld + j] - top) / sum;
    }
    return p;
}

/// gamma (x - mean) / sqrt(variance + eps) + beta, or with `centred` false gamma x / sqrt(mean x^2 + eps) + beta.
template <class T>
std::vector<double> norm_by_definition(bool centred, std::size_t cols, const std::vector<T>& x,
                                       const std::vector<T>& gamma, const std::vector<T>& beta) {
    std::vector<double> y(x.begin(), x.end());
    for (std::size_t r = 0; r < rows; ++r) {
        double mean = 0, square = 0;
        for (std::size_t j = 0; j < cols && centred; ++j) mean += y[r * cols + j] / static_cast<double>(cols);
        for (std::size_t j = 0; j < cols; ++j)
            square += (y[r * cols + j] - mean) * (y[r * cols + j] - mean) / static_cast<double>(cols);
        for (std::size_t j = 0; j < cols; ++j)
            y[r * cols + j] = (y[r * cols + j] - mean) / std::sqrt(square + eps) * static_cast<double>(gamma[j]) +
                              static_cast<double>(beta[j]);
    }
    return y;
}

/// Sum of the losses of all rows, and how many rows the target wins.
template <class T, class Index>
kernels::cross_entropy_result cross_entropy_by_definition(std::size_t classes, const std::vector<T>& x,
                                                          const std::vector<Index>& targets) {
    kernels::cross_entropy_result result;
    for (std::size_t r = 0; r < targets.size(); ++r) {
        const auto row = x.begin() + static_cast<std::ptrdiff_t>(r * classes);
        const auto end = row + static_cast<std::ptrdiff_t>(classes);
        const auto best = std::max_element(row, end);
        double sum = 0;
        for (auto i = row; i != end; ++i) sum += std::exp(static_cast<double>(*i) - static_cast<double>(*best));
        result.loss_sum += std::log(sum) + static_cast<double>(*best) - static_cast<double>(row[targets[r]]);
        result.correct += best - row == targets[r] ? 1u : 0u;
    }
    return result;
}

std::vector<std::int32_t> targets_below(std::size_t classes, std::size_t n) {
    std::vector<std::int32_t> targets(n);
    for (std::size_t r = 0; r < n; ++r) targets[r] = static_cast<std::int32_t>((r * 7 + 2) % classes);
    return targets;
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(softmax_and_its_pullback, T, scalars) {
    for (const std::size_t cols : sizes)
        for (const std::size_t gap : {0u, 5u}) {
            const std::size_t ld = cols + gap;
            const T scale = T(0.7);
            const auto x = uniform<T>(rows * ld, 1, 4.0);
            std::vector<T> p(x);
            kernels::softmax(rows, cols, scale, p.data(), ld);
            const auto expected = softmax_by_definition(x, cols, ld, static_cast<double>(scale));
            check_close(p, expected);

            const auto dp = uniform<T>(rows * ld, 2);
            std::vector<T> dx(dp);
            kernels::softmax_backward(rows, cols, scale, p.data(), dp.data(), dx.data(), ld);
            std::vector<double> wide(dp.begin(), dp.end()), expected_dx(wide);
            for (std::size_t r = 0; r < rows; ++r) {
                double dot = 0;
                for (std::size_t j = 0; j < cols; ++j) dot += expected[r * ld + j] * wide[r * ld + j];
                for (std::size_t j = 0; j < cols; ++j)
                    expected_dx[r * ld + j] =
                        static_cast<double>(scale) * expected[r * ld + j] * (wide[r * ld + j] - dot);
            }
            check_close(dx, expected_dx);
            std::vector<T> in_place(dp);
            kernels::softmax_backward(rows, cols, scale, p.data(), in_place.data(), in_place.data(), ld);
            check_close(in_place, dx);
        }
}

BOOST_AUTO_TEST_CASE(softmax_pullback_by_differences) {
    for (const std::size_t cols : sizes) {
        auto x = uniform<double>(rows * cols, 1, 2.0);
        const auto dp = uniform<double>(rows * cols, 2);
        const auto numerical =
            numerical_gradient(x, [&] { return inner(dp, softmax_by_definition(x, cols, cols, 0.7)); });
        std::vector<double> p(x), dx(x.size());
        kernels::softmax(rows, cols, 0.7, p.data(), cols);
        kernels::softmax_backward(rows, cols, 0.7, p.data(), dp.data(), dx.data(), cols);
        if (cols > 1)
            check_gradient(dx, numerical);
        else
            for (const double d : dx) BOOST_TEST(std::abs(d) < 1e-15);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(softmax_of_a_wide_range_is_one_hot, T, scalars) {
    std::vector<T> x(37, T(-30000));
    x[5] = T(30000);
    kernels::softmax(1, x.size(), T(1), x.data(), x.size());
    for (std::size_t i = 0; i < x.size(); ++i) BOOST_TEST(x[i] == (i == 5 ? T(1) : T(0)));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(softmax_again_from_its_norm, T, scalars) {
    for (const std::size_t n : sizes) {
        const T scale = T(0.3);
        const auto x = uniform<T>(n, 1, 10.0);
        std::vector<T> p(x), again(x);
        const auto norm = kernels::softmax_row(n, scale, p.data());
        kernels::softmax_row_again(n, scale, scale * norm.maximum + std::log(norm.sum), again.data());
        check_close(again, p);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(layer_norm_by_its_definition, T, scalars) {
    for (const std::size_t cols : sizes) {
        auto x = uniform<T>(rows * cols, 1, 3.0);
        for (T& v : x) v += T(2);
        const auto gamma = uniform<T>(cols, 2), beta = uniform<T>(cols, 3);
        std::vector<T> y(x.size()), mean(rows), rstd(rows);
        kernels::layer_norm(rows, cols, x.data(), gamma.data(), beta.data(), T(eps), y.data(), mean.data(),
                            rstd.data());
        check_close(y, norm_by_definition(true, cols, x, gamma, beta));
        std::vector<double> expected_mean(rows);
        for (std::size_t i = 0; i < x.size(); ++i)
            expected_mean[i / cols] += static_cast<double>(x[i]) / static_cast<double>(cols);
        check_close(mean, expected_mean);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(rms_norm_by_its_definition, T, scalars) {
    for (const std::size_t cols : sizes) {
        const auto x = uniform<T>(rows * cols, 1, 3.0), gamma = uniform<T>(cols, 2);
        std::vector<T> y(x.size()), rstd(rows);
        kernels::rms_norm(rows, cols, cols, x.data(), gamma.data(), T(eps), y.data(), rstd.data());
        check_close(y, norm_by_definition(false, cols, x, gamma, std::vector<T>(cols)));
    }
}

/// The RMS of a narrow row divided by a larger width is that of the row with zeros beside it, and so is its pullback.
BOOST_AUTO_TEST_CASE(rms_norm_of_a_wider_row_of_zeros) {
    constexpr std::size_t cols = 7, wide = 12;
    const auto x = uniform<double>(rows * cols, 1, 3.0), gamma = uniform<double>(cols, 2),
               dy = uniform<double>(rows * cols, 3);
    const auto padded = [](const std::vector<double>& narrow) {
        std::vector<double> p(narrow.size() / cols * wide);
        for (std::size_t i = 0; i < narrow.size(); ++i) p[i / cols * wide + i % cols] = narrow[i];
        return p;
    };
    const auto run = [](std::size_t columns, const std::vector<double>& u, const std::vector<double>& g,
                        const std::vector<double>& d) {
        std::vector<double> y(u.size()), rstd(rows), dx(u.size()), dgamma(columns);
        kernels::rms_norm(rows, columns, wide, u.data(), g.data(), eps, y.data(), rstd.data());
        kernels::rms_norm_backward(rows, columns, wide, u.data(), g.data(), rstd.data(), d.data(), dx.data(),
                                   update::replace, dgamma.data());
        return std::array{y, dx, dgamma};
    };
    const auto narrow = run(cols, x, gamma, dy), whole = run(wide, padded(x), padded(gamma), padded(dy));
    for (std::size_t k = 0; k < narrow.size(); ++k) check_close(padded(narrow[k]), whole[k]);
}

BOOST_AUTO_TEST_CASE(norm_pullbacks_by_differences) {
    for (const bool centred : {true, false})
        for (const std::size_t cols : sizes) {
            auto x = uniform<double>(rows * cols, 1, 2.0), gamma = uniform<double>(cols, 2),
                 beta = uniform<double>(cols, 3);
            const auto dy = uniform<double>(rows * cols, 4), before = uniform<double>(rows * cols, 5);
            const auto loss = [&] { return inner(dy, norm_by_definition(centred, cols, x, gamma, beta)); };
            const auto numerical_x = numerical_gradient(x, loss), numerical_gamma = numerical_gradient(gamma, loss);
            const auto numerical_beta = numerical_gradient(beta, loss);

            std::vector<double> y(x.size()), mean(rows), rstd(rows), dx(x.size()), sum(before), in_place(dy);
            const auto gamma_before = uniform<double>(cols, 6), beta_before = uniform<double>(cols, 7);
            std::vector<double> dgamma(cols), dbeta(cols), gamma_sum(gamma_before), beta_sum(beta_before);
            const auto pullback = [&](const std::vector<double>& d, std::vector<double>& to, update mode,
                                      std::vector<double>& to_gamma, std::vector<double>& to_beta) {
                if (centred)
                    kernels::layer_norm_backward(rows, cols, x.data(), gamma.data(), mean.data(), rstd.data(), d.data(),
                                                 to.data(), mode, to_gamma.data(), to_beta.data());
                else
                    kernels::rms_norm_backward(rows, cols, cols, x.data(), gamma.data(), rstd.data(), d.data(),
                                               to.data(), mode, to_gamma.data());
            };
            if (centred)
                kernels::layer_norm(rows, cols, x.data(), gamma.data(), beta.data(), eps, y.data(), mean.data(),
                                    rstd.data());
            else
                kernels::rms_norm(rows, cols, cols, x.data(), gamma.data(), eps, y.data(), rstd.data());
            pullback(dy, dx, update::replace, dgamma, dbeta);
            pullback(dy, sum, update::add, gamma_sum, beta_sum);
            // One column leaves nothing of x in a centred norm: the gradient is 0, and only rounding remains.
            if (cols > 1)
                check_gradient(dx, numerical_x);
            else
                for (std::size_t i = 0; i < dx.size(); ++i) BOOST_TEST(std::abs(dx[i] - numerical_x[i]) < 1e-4);
            if (cols > 1 || !centred) check_gradient(dgamma, numerical_gamma);
            if (centred) check_gradient(dbeta, numerical_beta);
            check_close(sum, plus(before, dx));
            check_close(gamma_sum, plus(gamma_before, dgamma));
            check_close(beta_sum, plus(beta_before, dbeta));
            pullback(in_place, in_place, update::replace, dgamma, dbeta);
            check_close(in_place, dx);
        }
}

BOOST_AUTO_TEST_CASE(norm_pullbacks_in_single_precision) {
    for (const std::size_t cols : {std::size_t{7}, std::size_t{130}}) {
        const auto x = uniform<double>(rows * cols, 1, 2.0), gamma = uniform<double>(cols, 2),
                   dy = uniform<double>(x.size(), 4);
        const auto run = [&]<class T>(T) {
            const std::vector<T> u(x.begin(), x.end()), g(gamma.begin(), gamma.end()), d(dy.begin(), dy.end());
            std::vector<T> y(u.size()), mean(rows), rstd(rows), dx(u.size()), dgamma(cols), dbeta(cols);
            kernels::layer_norm(rows, cols, u.data(), g.data(), g.data(), T(eps), y.data(), mean.data(), rstd.data());
            kernels::layer_norm_backward(rows, cols, u.data(), g.data(), mean.data(), rstd.data(), d.data(), dx.data(),
                                         update::replace, dgamma.data(), dbeta.data());
            kernels::rms_norm(rows, cols, cols, u.data(), g.data(), T(eps), y.data(), rstd.data());
            kernels::rms_norm_backward(rows, cols, cols, u.data(), g.data(), rstd.data(), d.data(), dx.data(),
                                       update::add, dgamma.data());
            dx.insert(dx.end(), dgamma.begin(), dgamma.end());
            dx.insert(dx.end(), dbeta.begin(), dbeta.end());
            return dx;
        };
        check_close(run(0.0f), run(0.0));
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(cross_entropy_by_its_definition, T, scalars) {
    for (const std::size_t classes : sizes)
        for (const std::size_t n : sizes) {
            auto x = uniform<T>(n * classes, 1, 5.0);
            const auto targets = targets_below(classes, n);
            for (std::size_t r = 0; r < n; r += 2) x[r * classes + static_cast<std::size_t>(targets[r])] = T(6);
            std::vector<T> norm(n);
            const auto result = kernels::cross_entropy(n, classes, x.data(), targets.data(), norm.data());
            const auto expected = cross_entropy_by_definition(classes, x, targets);
            check_close(std::vector<T>{static_cast<T>(result.loss_sum), T(1)},
                        std::vector<double>{expected.loss_sum, 1});
            BOOST_TEST(result.correct == expected.correct);
        }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(of_equal_logits_the_first_is_the_prediction, T, scalars) {
    const std::vector<T> x(4 * 6, T(0.5));
    const std::vector<std::uint8_t> targets{0, 1, 5, 0};
    std::vector<T> norm(4);
    BOOST_TEST(kernels::cross_entropy(4, 6, x.data(), targets.data(), norm.data()).correct == 2u);
}

BOOST_AUTO_TEST_CASE(cross_entropy_pullback_by_differences) {
    for (const std::size_t classes : sizes) {
        auto x = uniform<double>(rows * classes, 1, 3.0);
        const auto targets = targets_below(classes, rows);
        const double factor = 0.2;
        const auto numerical =
            numerical_gradient(x, [&] { return factor * cross_entropy_by_definition(classes, x, targets).loss_sum; });
        std::vector<double> norm(rows), dx(x.size());
        kernels::cross_entropy(rows, classes, x.data(), targets.data(), norm.data());
        kernels::cross_entropy_backward(rows, classes, x.data(), targets.data(), norm.data(), factor, dx.data());
        if (classes > 1)
            check_gradient(dx, numerical);
        else
            for (const double d : dx) BOOST_TEST(std::abs(d) < 1e-15);
        const std::vector<float> xf(x.begin(), x.end());
        std::vector<float> norm_f(rows), df(xf);
        kernels::cross_entropy(rows, classes, xf.data(), targets.data(), norm_f.data());
        kernels::cross_entropy_backward(rows, classes, df.data(), targets.data(), norm_f.data(), 0.2f, df.data());
        if (classes > 1) check_close(df, dx);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(cross_entropy_of_large_logits_stays_finite, T, scalars) {
    const std::vector<T> x{T(20000), T(-20000), T(0), T(20000), T(-20000), T(0)};
    const std::vector<int> targets{0, 1};
    std::vector<T> norm(2), dx(6);
    BOOST_TEST(kernels::cross_entropy(2, 3, x.data(), targets.data(), norm.data()).loss_sum == 40000.0);
    kernels::cross_entropy_backward(2, 3, x.data(), targets.data(), norm.data(), T(1), dx.data());
    BOOST_TEST(dx == (std::vector<T>{0, 0, 0, 1, -1, 0}));
}

BOOST_AUTO_TEST_CASE(one_bad_logit_makes_the_loss_a_nan) {
    for (const std::uint32_t bits : {0x7fc00000u, 0xffc00000u, 0x7f800000u})
        for (std::size_t at = 0; at < 2 * 65; at += 13) {
            auto x = uniform<float>(2 * 65, 1);
            x[at] = std::bit_cast<float>(bits);
            const std::vector<int> targets{3, 64};
            std::vector<float> norm(2);
            const double loss = kernels::cross_entropy(2, 65, x.data(), targets.data(), norm.data()).loss_sum;
            BOOST_TEST(!xtn::backend::all_finite(1, &loss));
        }
}

template <class T>
T minus_infinity() {
    if constexpr (sizeof(T) == 4)
        return std::bit_cast<T>(std::uint32_t{0xff800000});
    else
        return std::bit_cast<T>(std::uint64_t{0xfff0000000000000});
}

/// Classes of logit -infinity are not there: the loss and the gradient of the others are those of fewer classes.
BOOST_AUTO_TEST_CASE_TEMPLATE(a_masked_class_takes_no_part, T, scalars) {
    for (const std::size_t classes : {2U, 5U, 8U, 65U}) {
        const std::size_t left = (classes + 1) / 2, n = 2;
        const auto few = uniform<T>(n * left, 1);
        std::vector<T> x(n * classes, minus_infinity<T>()), norm(n), few_norm(n), dx(x.size()), few_dx(few.size());
        for (std::size_t i = 0; i < few.size(); ++i) x[i / left * classes + i % left * 2] = few[i];
        const std::vector<std::size_t> few_targets{0, left - 1}, targets{0, 2 * (left - 1)};
        const auto result = kernels::cross_entropy(n, classes, x.data(), targets.data(), norm.data());
        const auto expected = kernels::cross_entropy(n, left, few.data(), few_targets.data(), few_norm.data());
        BOOST_TEST(std::abs(result.loss_sum - expected.loss_sum) <= 1e-6 * expected.loss_sum);
        BOOST_TEST(result.correct == expected.correct);
        kernels::cross_entropy_backward(n, classes, x.data(), targets.data(), norm.data(), T(1), dx.data());
        kernels::cross_entropy_backward(n, left, few.data(), few_targets.data(), few_norm.data(), T(1), few_dx.data());
        for (std::size_t i = 0; i < few.size(); ++i)
            BOOST_TEST(std::abs(dx[i / left * classes + i % left * 2] - few_dx[i]) < T(1e-6));
        for (std::size_t i = 0; i < x.size(); ++i)
            if (i % classes % 2 == 1) BOOST_TEST(dx[i] == T(0));
    }
    // What is left must be a class, and the target one of them.
    std::vector<T> x(3, minus_infinity<T>()), norm(1);
    const std::vector<int> targets{1};
    const auto loss = [&] { return kernels::cross_entropy(1, 3, x.data(), targets.data(), norm.data()).loss_sum; };
    double value = loss();
    BOOST_TEST(!xtn::backend::all_finite(1, &value));
    x[0] = 2;
    value = loss();
    BOOST_TEST((std::bit_cast<std::uint64_t>(value) == 0x7ff0000000000000u));
}

BOOST_AUTO_TEST_CASE(a_target_outside_the_classes_is_named) {
    const std::vector<float> x(3 * 5);
    std::vector<float> norm(3), dx(15, 7.0f);
    for (const std::int64_t wrong : {std::int64_t{5}, std::int64_t{-1}, std::int64_t{1} << 40}) {
        const std::vector<std::int64_t> targets{0, wrong, 4};
        const auto names_it = [wrong](const xtn::shape_error& e) {
            const std::string message = e.what();
            return message.find("target " + std::to_string(wrong) + " at position 1") != std::string::npos;
        };
        BOOST_CHECK_EXCEPTION(kernels::cross_entropy(3, 5, x.data(), targets.data(), norm.data()), xtn::shape_error,
                              names_it);
        BOOST_CHECK_EXCEPTION(
            kernels::cross_entropy_backward(3, 5, x.data(), targets.data(), norm.data(), 1.0f, dx.data()),
            xtn::shape_error, names_it);
        BOOST_TEST(dx == std::vector<float>(15, 7.0f));
    }
}

BOOST_AUTO_TEST_SUITE_END()
