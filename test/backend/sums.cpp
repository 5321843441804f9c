// SPDX-License-Identifier: BSD-3-Clause
// Sums of many terms: to a few units in the last place, whatever the axes and wherever they lie.
#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <xtn/backend/contract.hpp>
#include <xtn/backend/pairwise.hpp>
#include <xtn/backend/simd.hpp>

#include "../oracle.hpp"

BOOST_AUTO_TEST_SUITE(sums)

namespace {

using scalars = std::tuple<float, double, std::complex<float>, std::complex<double>>;
using xtn::loop;

/// One unit in the last place of 1.
template <class T>
constexpr double unit = std::numeric_limits<decltype(std::abs(T{}))>::epsilon();

/// Evaluates a network through the planner.
template <class T>
test::tensor<T> evaluate(const std::string& labels, const std::vector<test::tensor<T>>& operands) {
    const xtn::network net = xtn::make_network(labels);
    std::vector<const T*> data;
    std::vector<xtn::geometry> shapes;
    for (const auto& o : operands) {
        data.push_back(o.data());
        shapes.push_back(o.shape);
    }
    test::tensor<T> out;
    out.shape = xtn::output_geometry(net, xtn::infer_extents(net, shapes.data()));
    out.memory.resize(static_cast<std::size_t>(out.shape.volume()));
    xtn::plan_cache cache;
    xtn::backend::contract<T>(cache, net, data.data(), shapes.data(), {out.data(), out.shape}, false);
    return out;
}

/// The largest relative error of the elements of a network of equal numbers, in units in the last place.
template <class T>
double error_of(const std::string& labels, const std::vector<test::tensor<T>>& operands) {
    long double term = 1, volume = 1;
    const xtn::network net = xtn::make_network(labels);
    std::vector<xtn::geometry> shapes;
    for (const auto& o : operands) {
        term *= static_cast<long double>(std::real(o.memory[0]));
        shapes.push_back(o.shape);
    }
    const xtn::label_extents extent = xtn::infer_extents(net, shapes.data());
    for (std::size_t l = 0; l < net.labels; ++l) volume *= static_cast<long double>(extent[l]);
    const test::tensor<T> out = evaluate<T>(labels, operands);
    const long double expected = term * volume / static_cast<long double>(out.memory.size());
    double worst = 0;
    for (const T& x : out.memory)
        worst = std::max(worst, static_cast<double>(std::abs(static_cast<long double>(std::real(x)) - expected)));
    return worst / static_cast<double>(expected) / unit<T>;
}

template <class T>
test::tensor<T> filled(const std::vector<std::int64_t>& shape, test::order o, T value, std::uint64_t seed = 1) {
    test::random r(seed);
    test::tensor<T> t = test::make_tensor<T>(r, shape, o);
    for (T& x : t.memory) x = value;
    return t;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_million_tenths) {
    const auto tenths = filled<float>({1000000}, test::order::row_major, 0.1f);
    const auto close = boost::test_tools::tolerance(5e-7F);
    BOOST_TEST(evaluate<float>("i->", {tenths}).memory[0] == 100000.0F, close);
    BOOST_TEST(evaluate<float>("i,i->", {tenths, tenths}).memory[0] == 10000.0F, close);
    const auto rows = filled<float>({1000000, 3}, test::order::row_major, 0.1f);
    for (const float x : evaluate<float>("bo->o", {rows}).memory) BOOST_TEST(x == 100000.0F, close);
}

// Beyond 2^24 a float cannot count: a running total stays there.
BOOST_AUTO_TEST_CASE(forty_million_ones) {
    constexpr std::int64_t n = 40000000;
    const float one = 1;
    float sum = 0;
    xtn::backend::transfer<float>(std::vector<loop>{{n, 0, 0, 0}}, 1, &one, &sum, false);
    BOOST_TEST(sum == 4e7f);
    xtn::backend::transfer<float>(std::vector<loop>{{n, 0, 0, 0}}, 1, &one, &sum, true);
    BOOST_TEST(sum == 8e7f);
    xtn::backend::product<float>(std::vector<loop>{{n, 0, 0, 0}}, 1, &one, &one, &sum, false);
    BOOST_TEST(sum == 4e7f);
    const std::vector<float> ones(40, 1);
    std::vector<float> sums(40);
    xtn::backend::transfer<float>(std::vector<loop>{{40, 1, 0, 1}, {n / 2, 0, 0, 0}}, 1, ones.data(), sums.data(),
                                  false);
    for (const float x : sums) BOOST_TEST(x == 2e7f);
    xtn::backend::pairwise_sum<float> counted;
    for (std::int64_t i = 0; i < n; ++i) counted.add(1);
    BOOST_TEST(counted.total() == 4e7f);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(every_axis_of_every_layout, T, scalars) {
    const struct {
        const char* labels;
        std::vector<std::int64_t> shape;
    } cases[] = {
        {"i->", {300000}},          {"ij->", {3, 100000}},      {"ij->", {100000, 3}},     {"ij->i", {5, 60000}},
        {"ij->j", {60000, 5}},      {"ij->j", {3000, 100}},     {"ij->i", {100, 3000}},    {"ijk->j", {300, 5, 200}},
        {"ijk->ik", {5, 6000, 10}}, {"ijk->ki", {5, 6000, 10}}, {"ijk->k", {6000, 2, 25}}, {"ijk->i", {25, 2, 6000}},
        {"iij->j", {300, 300, 3}},  {"iji->j", {300, 3, 300}},  {"ii->", {500, 500}},      {"ijkl->jl", {40, 5, 60, 7}},
    };
    for (const auto& c : cases)
        for (const test::order o : {test::order::row_major, test::order::column_major, test::order::permuted,
                                    test::order::gaps, test::order::negative, test::order::broadcast}) {
            const auto a = filled<T>(c.shape, o, T(0.1F));
            BOOST_TEST(error_of<T>(c.labels, {a}) < 16, c.labels << ' ' << static_cast<int>(o));
        }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(products_that_only_sum, T, scalars) {
    for (const test::order o : {test::order::row_major, test::order::column_major, test::order::gaps}) {
        const auto a = filled<T>({3000, 40}, test::order::row_major, T(0.1F)), b = filled<T>({3000, 40}, o, T(0.7F)),
                   c = filled<T>({40, 3000}, o, T(0.7F));
        for (const char* labels : {"ij,ij->", "ij,ij->i", "ij,ij->j"})
            BOOST_TEST(error_of<T>(labels, {a, b}) < 16, labels << ' ' << static_cast<int>(o));
        for (const char* labels : {"ij,ji->", "ij,ji->i", "ij,ji->j"})
            BOOST_TEST(error_of<T>(labels, {a, c}) < 16, labels << ' ' << static_cast<int>(o));
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(random_terms_against_a_wider_type, T, scalars) {
    test::random r(7);
    auto a = test::make_tensor<T>(r, {30000, 7}, test::order::row_major);
    for (T& x : a.memory) x = r.value<T>();
    std::vector<std::complex<long double>> expected(7);
    for (std::size_t i = 0; i < 30000 * 7; ++i)
        expected[i % 7] += std::complex<long double>(std::real(a.data()[i]), std::imag(a.data()[i]));
    const test::tensor<T> sums = evaluate<T>("ij->j", {a});
    for (std::size_t j = 0; j < 7; ++j) {
        const std::complex<long double> sum(std::real(sums.memory[j]), std::imag(sums.memory[j]));
        BOOST_TEST(std::abs(sum - expected[j]) < 16 * unit<T> * std::abs(expected[j]));
    }
}

BOOST_AUTO_TEST_CASE(the_tree_depends_on_the_number_alone) {
    // leaves of at most three terms, as many on the left as a power of two allows
    for (std::int64_t n = 1; n <= 50; ++n) {
        std::vector<std::int64_t> begun, ended;
        std::int64_t sum = 0;
        xtn::backend::sum_pairwise(0, n, 3, 1, &sum, [&](std::int64_t first, std::int64_t count, std::int64_t* to) {
            begun.push_back(first);
            ended.push_back(first + count);
            *to = 0;
            for (std::int64_t i = first; i < first + count; ++i) *to += i * i;
        });
        BOOST_TEST(sum == (n - 1) * n * (2 * n - 1) / 6);
        for (std::size_t i = 0; i < begun.size(); ++i) BOOST_TEST(begun[i] == static_cast<std::int64_t>(3 * i));
        BOOST_TEST(ended.back() == n);
    }
    BOOST_TEST(xtn::backend::left_branch(65, 32) == 64);
    BOOST_TEST(xtn::backend::left_branch(64, 32) == 32);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(batches, T, decltype(std::tuple<float, double>{})) {
    for (const std::size_t n : {0UL, 1UL, 511UL, 512UL, 513UL, 5000UL, 1000003UL}) {
        const std::vector<T> x(n, T(0.1));
        const T sum = xtn::backend::sum<T>(n, [&](auto w) { return w.load(x.data()); });
        const double expected = static_cast<double>(n) * static_cast<double>(T(0.1));
        BOOST_TEST(std::abs(static_cast<double>(sum) - expected) <= 16 * unit<T> * expected);
    }
}

BOOST_AUTO_TEST_SUITE_END()
