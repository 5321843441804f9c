// SPDX-License-Identifier: BSD-3-Clause
// Elementary functions of batches against the standard library in double precision, whatever the compiler may reorder.
#include <cmath>
#include <complex>
#include <cstddef>
#include <limits>
#include <random>
#include <tuple>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <xtn/backend/elementary.hpp>

BOOST_AUTO_TEST_SUITE(backend_elementary)

namespace {

namespace backend = xtn::backend;
using scalars = std::tuple<float, double>;

/// The worst error of f in units in the last place of `exact`, for numbers in [low, high].
template <class T, class F, class Exact>
double worst_error(double low, double high, F f, Exact exact) {
    constexpr std::size_t n = 4099;  // no multiple of a batch
    std::mt19937 generator(1);
    std::uniform_real_distribution<double> uniform(low, high);
    std::vector<T> x(n), y(n);
    for (T& v : x) v = static_cast<T>(uniform(generator));
    backend::sweep_elements<T>(n, [&](auto w) { w.store(y.data(), f(w.load(x.data()))); });
    double worst = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const double e = exact(static_cast<double>(x[i]));
        const double unit = std::abs(e) * static_cast<double>(std::numeric_limits<T>::epsilon());
        worst = std::max(worst, std::abs(static_cast<double>(y[i]) - e) / unit);
    }
    return worst;
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(functions_agree_with_the_standard_library, T, scalars) {
    const auto check = [](const char* name, double low, double high, auto f, auto exact) {
        const double error = worst_error<T>(low, high, f, exact);
        BOOST_TEST(error <= 4, name << " in [" << low << ", " << high << "]: " << error << " units");
    };
    check(
        "exp", -80, 0, [](auto v) { return backend::exp(v); }, [](double x) { return std::exp(x); });
    check(
        "exp", 0, 20, [](auto v) { return backend::exp(v); }, [](double x) { return std::exp(x); });
    check(
        "log", 1e-6, 0.4, [](auto v) { return backend::log(v); }, [](double x) { return std::log(x); });
    check(
        "log", 2, 1e6, [](auto v) { return backend::log(v); }, [](double x) { return std::log(x); });
    check(
        "log1p", 1e-6, 1, [](auto v) { return backend::log1p(v); }, [](double x) { return std::log1p(x); });
    check(
        "tanh", -10, 10, [](auto v) { return backend::tanh(v); }, [](double x) { return std::tanh(x); });
    check(
        "sqrt", 0, 100, [](auto v) { return backend::sqrt(v); }, [](double x) { return std::sqrt(x); });
    check(
        "sigmoid", -3, 20, [](auto v) { return backend::sigmoid(v); }, [](double x) { return 1 / (1 + std::exp(-x)); });
    check(
        "sin", 0.1, 3, [](auto v) { return backend::sin(v); }, [](double x) { return std::sin(x); });
    check(
        "cos", -1.5, 1.5, [](auto v) { return backend::cos(v); }, [](double x) { return std::cos(x); });
    check(
        "pow", 0.01, 10, [](auto v) { return backend::pow(v, decltype(v)(T(2.5))); },
        [](double x) { return std::pow(x, 2.5); });
}

BOOST_AUTO_TEST_CASE(complex_numbers_are_swept_one_by_one) {
    using complex = std::complex<double>;
    const std::vector<complex> x{{1, 2}, {-0.5, 0.25}, {0, -3}};
    std::vector<complex> y(x.size());
    backend::sweep_elements<complex>(x.size(), [&](auto w) { w.store(y.data(), backend::exp(w.load(x.data()))); });
    for (std::size_t i = 0; i < x.size(); ++i) BOOST_TEST(std::abs(y[i] - std::exp(x[i])) < 1e-15);
}

BOOST_AUTO_TEST_SUITE_END()
