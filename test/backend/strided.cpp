// SPDX-License-Identifier: BSD-3-Clause
// The strided kernels under random loop nests, against one loop over all iterations.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <xtn/backend/strided.hpp>

#include "../oracle.hpp"

using xtn::loop;

namespace {

/// A random nest: kept loops in random order, then loops that sum; C is contiguous, permuted or strided, A and B lie
/// anywhere, also broadcast.
struct nest_case {
    std::vector<loop> loops;
    std::size_t sum_loops;
    test::tensor<double> a, b, c;
};

nest_case make_case(test::random& r) {
    nest_case n;
    const std::size_t rank = r.below(5);
    n.sum_loops = rank == 0 ? 0 : r.below(std::min<std::size_t>(rank, 2) + 1);
    std::vector<std::int64_t> all, kept;
    std::int64_t volume = 1;
    for (std::size_t i = 0; i < rank; ++i) {
        constexpr std::int64_t choice[] = {1, 2, 3, 5, 31, 32, 33, 64, 67};
        std::int64_t e = choice[r.below(9)];
        if (volume * e > 20000) e = 2;
        volume *= e;
        all.push_back(e);
        if (i < rank - n.sum_loops) kept.push_back(e);
    }
    n.a = test::make_tensor<double>(r, all, static_cast<test::order>(r.below(6)));
    n.b = test::make_tensor<double>(r, all, static_cast<test::order>(r.below(6)));
    n.c = test::make_tensor<double>(r, kept, test::writable_orders[r.below(5)]);
    for (std::size_t i = 0; i < rank; ++i)
        n.loops.push_back(
            {all[i], n.a.shape.stride[i], n.b.shape.stride[i], i < kept.size() ? n.c.shape.stride[i] : 0});
    return n;
}

/// C = f(A, B) or C += f(A, B) by a loop over all iterations.
template <class F>
std::vector<double> naive(const nest_case& n, bool accumulate, F f) {
    test::tensor<double> c = n.c;
    if (!accumulate) c.for_each([&](std::size_t i) { c.memory[i] = 0; });
    std::vector<std::int64_t> index(n.loops.size());
    for (;;) {
        std::int64_t a = 0, b = 0, to = 0;
        for (std::size_t i = 0; i < index.size(); ++i) {
            a += index[i] * n.loops[i].a;
            b += index[i] * n.loops[i].b;
            to += index[i] * n.loops[i].c;
        }
        c.data()[to] += f(n.a.data()[a], n.b.data()[b]);
        std::size_t i = index.size();
        while (i > 0 && ++index[i - 1] == n.loops[i - 1].extent) index[--i] = 0;
        if (i == 0) return c.values();
    }
}

template <class Kernel, class F>
void check(std::uint64_t seed, Kernel kernel, F f) {
    test::random r(seed);
    for (int repeat = 0; repeat < 1500; ++repeat) {
        nest_case n = make_case(r);
        const bool accumulate = r.one_in(2);
        const auto expected = naive(n, accumulate, f);
        if (!accumulate) n.c.for_each([&](std::size_t i) { n.c.memory[i] = std::numeric_limits<double>::quiet_NaN(); });
        const auto before = n.c;
        kernel(n, accumulate);
        BOOST_TEST_CONTEXT("case " << repeat) {
            BOOST_TEST(test::relative_error(n.c.values(), expected) <= test::tolerance<double>());
            BOOST_TEST(n.c.guards_intact(before));
        }
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(strided)

BOOST_AUTO_TEST_CASE(transfer_permutes_sums_and_repeats) {
    check(
        21,
        [](nest_case& n, bool accumulate) {
            xtn::backend::transfer<double>(n.loops, n.sum_loops, n.a.data(), n.c.data(), accumulate);
        },
        [](double a, double) { return a; });
}

BOOST_AUTO_TEST_CASE(product_multiplies_and_sums) {
    check(
        22,
        [](nest_case& n, bool accumulate) {
            xtn::backend::product<double>(n.loops, n.sum_loops, n.a.data(), n.b.data(), n.c.data(), accumulate);
        },
        [](double a, double b) { return a * b; });
}

BOOST_AUTO_TEST_CASE(zero_writes_the_tensor_and_nothing_else) {
    test::random r(23);
    for (int repeat = 0; repeat < 100; ++repeat) {
        nest_case n = make_case(r);
        const auto before = n.c;
        xtn::backend::fill_zero<double>(xtn::backend::loops(n.loops).first(n.loops.size() - n.sum_loops), n.c.data());
        BOOST_TEST(n.c.guards_intact(before));
        for (const double x : n.c.values()) BOOST_REQUIRE_EQUAL(x, 0);
    }
}

BOOST_AUTO_TEST_SUITE_END()
