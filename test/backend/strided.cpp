// SPDX-License-Identifier: BSD-3-Clause
// The strided kernels under random loop nests, against one loop over all iterations.
#include <algorithm>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <tuple>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <xtn/backend/strided.hpp>

#include "../oracle.hpp"

BOOST_AUTO_TEST_SUITE(strided)

using xtn::loop;

namespace {

using scalars = std::tuple<float, double, std::complex<float>, std::complex<double>>;

/// A random nest: kept loops in random order, then loops that sum; C is contiguous, permuted or strided, A and B lie
/// anywhere, also backwards and broadcast.
template <class T>
struct nest_case {
    std::vector<loop> loops;
    std::size_t sum_loops;
    test::tensor<T> a, b, c;
};

template <class T>
nest_case<T> make_case(test::random& r) {
    nest_case<T> n;
    const std::size_t rank = r.below(5);
    n.sum_loops = rank == 0 ? 0 : r.below(std::min<std::size_t>(rank, 2) + 1);
    std::vector<std::int64_t> all, kept;
    std::int64_t volume = 1;
    for (std::size_t i = 0; i < rank; ++i) {
        constexpr std::int64_t choice[] = {0, 1, 2, 3, 5, 31, 32, 33, 64, 67, 300, 1100};
        std::int64_t e = choice[r.one_in(20) ? 0 : 1 + r.below(11)];
        if (volume * e > 4000) e = 2;
        volume *= e;
        all.push_back(e);
        if (i < rank - n.sum_loops) kept.push_back(e);
    }
    n.a = test::make_tensor<T>(r, all, static_cast<test::order>(r.below(6)));
    n.b = test::make_tensor<T>(r, all, static_cast<test::order>(r.below(6)));
    n.c = test::make_tensor<T>(r, kept, test::writable_orders[r.below(5)]);
    for (std::size_t i = 0; i < rank; ++i)
        n.loops.push_back(
            {all[i], n.a.shape.stride[i], n.b.shape.stride[i], i < kept.size() ? n.c.shape.stride[i] : 0});
    return n;
}

/// C = f(A, B) or C += f(A, B) by a loop over all iterations.
template <class T, class F>
std::vector<test::wide<T>> naive(const nest_case<T>& n, bool accumulate, F f) {
    std::vector<test::wide<T>> c(n.c.memory.begin(), n.c.memory.end()), values;
    if (!accumulate) n.c.for_each([&](std::size_t i) { c[i] = 0; });
    const auto result = [&] {
        n.c.for_each([&](std::size_t i) { values.push_back(c[i]); });
        return values;
    };
    if (std::any_of(n.loops.begin(), n.loops.end(), [](const loop& l) { return l.extent == 0; })) return result();
    std::vector<std::int64_t> index(n.loops.size());
    for (;;) {
        std::int64_t a = 0, b = 0, to = 0;
        for (std::size_t i = 0; i < index.size(); ++i) {
            a += index[i] * n.loops[i].a;
            b += index[i] * n.loops[i].b;
            to += index[i] * n.loops[i].c;
        }
        c[static_cast<std::size_t>(n.c.first + to)] +=
            f(static_cast<test::wide<T>>(n.a.data()[a]), static_cast<test::wide<T>>(n.b.data()[b]));
        std::size_t i = index.size();
        while (i > 0 && ++index[i - 1] == n.loops[i - 1].extent) index[--i] = 0;
        if (i == 0) return result();
    }
}

template <class T, class Kernel, class F>
void check(std::uint64_t seed, Kernel kernel, F f) {
    test::random r(seed);
    for (std::size_t repeat = 0; repeat < test::random_cases(1500); ++repeat) {
        nest_case<T> n = make_case<T>(r);
        const bool accumulate = r.one_in(2);
        const auto expected = naive(n, accumulate, f);
        constexpr T nan = std::numeric_limits<double>::quiet_NaN();
        if (!accumulate) n.c.for_each([&](std::size_t i) { n.c.memory[i] = nan; });
        const auto before = n.c;
        kernel(n, accumulate);
        BOOST_TEST_CONTEXT("case " << repeat) {
            BOOST_TEST(test::relative_error(n.c.values(), expected) <= test::tolerance<T>());
            BOOST_TEST(n.c.guards_intact(before));
        }
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(transfer_permutes_sums_and_repeats, T, scalars) {
    check<T>(
        21,
        [](nest_case<T>& n, bool accumulate) {
            xtn::backend::transfer<T>(n.loops, n.sum_loops, n.a.data(), n.c.data(), accumulate);
        },
        [](auto a, auto) { return a; });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(product_multiplies_and_sums, T, scalars) {
    check<T>(
        22,
        [](nest_case<T>& n, bool accumulate) {
            xtn::backend::product<T>(n.loops, n.sum_loops, n.a.data(), n.b.data(), n.c.data(), accumulate);
        },
        [](auto a, auto b) { return a * b; });
}

BOOST_AUTO_TEST_CASE(zero_writes_the_tensor_and_nothing_else) {
    test::random r(23);
    for (int repeat = 0; repeat < 100; ++repeat) {
        nest_case<double> n = make_case<double>(r);
        const auto before = n.c;
        xtn::backend::fill_zero<double>(xtn::backend::loops(n.loops).first(n.loops.size() - n.sum_loops), n.c.data());
        BOOST_TEST(n.c.guards_intact(before));
        for (const double x : n.c.values()) BOOST_REQUIRE_EQUAL(x, 0);
    }
}

BOOST_AUTO_TEST_CASE(loops_are_sorted_and_joined) {
    using xtn::backend::sorted_loops;
    const auto same = [](const sorted_loops& l, std::vector<loop> expected) {
        return std::equal(l.all().begin(), l.all().end(), expected.begin(), expected.end(), [](auto& x, auto& y) {
            return x.extent == y.extent && x.a == y.a && x.b == y.b && x.c == y.c;
        });
    };
    // (2, 3, 4, 5), given in another order, is one loop
    const std::vector<loop> contiguous{{4, 5, 0, 5}, {2, 60, 0, 60}, {1, 7, 7, 7}, {5, 1, 0, 1}, {3, 20, 0, 20}};
    BOOST_TEST(same(sorted_loops(contiguous), {{120, 1, 0, 1}}));
    // a gap in B between the first axis and the others
    const std::vector<loop> gap{{3, 20, 1, 20}, {2, 60, 4, 60}, {20, 1, 0, 1}};
    BOOST_TEST(same(sorted_loops(gap), {{2, 60, 4, 60}, {3, 20, 1, 20}, {20, 1, 0, 1}}));
    BOOST_TEST(same(sorted_loops(std::vector<loop>{{4, 1, 0, 3}, {3, 4, 0, 1}}), {{3, 4, 0, 1}, {4, 1, 0, 3}}) ==
               false);  // writing in order comes first
    BOOST_TEST(same(sorted_loops(std::vector<loop>{{1, 9, 9, 9}}), {}));
}

BOOST_AUTO_TEST_SUITE_END()
