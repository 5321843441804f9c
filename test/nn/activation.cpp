// SPDX-License-Identifier: BSD-3-Clause
// Activations and their slopes against their definitions, at the ends of what they are used at too.
#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <xtn/nn/activation.hpp>

#include "kernels_common.hpp"

BOOST_AUTO_TEST_SUITE(nn_activation)

namespace {

using namespace xtn_test;
using xtn::nn::gelu_form;
namespace functions = xtn::nn::functions;

double gelu_by_definition(gelu_form form, double x) {
    if (form == gelu_form::erf) return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
    return 0.5 * x * (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x)));
}

/// Value and slope of f at n numbers, of which the first and the last are far out, against `value` and its central differences.
template <class T, class F, class Value>
void agrees(F f, Value value) {
    for (const std::size_t n : sizes) {
        auto x = uniform<T>(n, 1, 6.0);
        x[0] = T(-60);
        x[n / 2] = T(0);
        if (n > 1) x[n - 1] = T(60);
        std::vector<T> y(n), slope(n);
        xtn::backend::sweep<T>(n, [&](auto w) {
            const auto found = f.with_slope(w.load(x.data()));
            w.store(y.data(), found.value);
            w.store(slope.data(), found.slope);
        });
        std::vector<double> expected(n), difference(n);
        for (std::size_t i = 0; i < n; ++i) {
            constexpr double h = 1e-5;
            const auto at = static_cast<double>(x[i]);
            expected[i] = value(at);
            difference[i] = (value(at + h) - value(at - h)) / (2 * h);
        }
        check_close(y, expected);
        BOOST_TEST(xtn_test::difference(slope, difference) < 2e-5);
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(gelu_is_what_it_is_defined_to_be, T, scalars) {
    for (const auto form : {gelu_form::tanh, gelu_form::erf})
        agrees<T>(functions::gelu{form}, [=](double x) { return gelu_by_definition(form, x); });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(silu_is_what_it_is_defined_to_be, T, scalars) {
    agrees<T>(functions::silu{}, [](double x) { return x / (1 + std::exp(-x)); });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(log_sigmoid_is_what_it_is_defined_to_be, T, scalars) {
    agrees<T>(functions::log_sigmoid{}, [](double x) { return std::min(x, 0.0) - std::log1p(std::exp(-std::abs(x))); });
}

BOOST_AUTO_TEST_SUITE_END()
