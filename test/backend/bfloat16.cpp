// SPDX-License-Identifier: BSD-3-Clause
// Rounding to bfloat16 against the definition, products of rounded factors against plain loops in double, and what is rounded
// how often.
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#if __has_include(<xtensor/views/xview.hpp>)
#include <xtensor/views/xview.hpp>
#else
#include <xtensor/xview.hpp>
#endif

#include <xtn/backend/gemm_bfloat16.hpp>
#include <xtn/io/convert.hpp>
#include <xtn/op/apply.hpp>
#include <xtn/op/mpo.hpp>
#include <xtn/scheme/balanced.hpp>

BOOST_AUTO_TEST_SUITE(backend_bfloat16)

namespace {

using xtn::bfloat16;

/// By its bits, for the sake of compilers that assume there are none.
bool is_nan(float x) { return (std::bit_cast<std::uint32_t>(x) & 0x7FFFFFFF) > 0x7F800000; }
bool is_infinite(float x) { return (std::bit_cast<std::uint32_t>(x) & 0x7FFFFFFF) == 0x7F800000; }

float rounded(float x) { return bfloat16::nearest(x).value(); }

template <std::size_t Rank>
xt::xtensor<float, Rank> normal(const std::array<std::size_t, Rank>& shape, unsigned seed) {
    xt::xtensor<float, Rank> x(shape);
    std::mt19937 bits(seed);
    std::normal_distribution<float> draw;
    for (float& e : x) e = draw(bits);
    return x;
}

template <class E>
E rounded_tensor(E x) {
    for (float& e : x) e = rounded(e);
    return x;
}

/// Bounds of sums of so many products of normal numbers: in units of float, and of what rounding both factors changes,
/// 2^-8 of each product at most.
float in_float(std::size_t n) { return 6 * static_cast<float>(n) * std::numeric_limits<float>::epsilon(); }
float in_bfloat16(std::size_t n) { return 6 * std::sqrt(static_cast<float>(n)) * 0x1p-8f; }

template <class A, class B>
float distance(const A& a, const B& b) {
    float most = 0;
    for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(a.flat(i) - b.flat(i)));
    return most;
}

template <class A, class B>
double relative_distance(const A& a, const B& b) {
    double difference = 0, size = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        difference += std::pow(a.flat(i) - b.flat(i), 2);
        size += std::pow(b.flat(i), 2);
    }
    return std::sqrt(difference / size);
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_pattern_goes_to_its_nearest_number_with_ties_to_even) {
    std::mt19937 draw(1);
    for (int i = 0; i < 200000; ++i) {
        const auto x = std::bit_cast<float>(static_cast<std::uint32_t>(draw()));
        const bool subnormal = (std::bit_cast<std::uint32_t>(x) & 0x7F800000) == 0;  // 0 to programs linked with -Ofast
        if (is_nan(x) || subnormal) continue;
        const bfloat16 y = bfloat16::nearest(x);
        BOOST_REQUIRE_EQUAL(y.bits, (xtn::detail::nearest_bits<8, 7>(x)));
    }
    BOOST_TEST(rounded(1 + 0x1p-8f) == 1.0f);             // between 1 and 1 + 2^-7: the even one
    BOOST_TEST(rounded(1 + 3 * 0x1p-8f) == 1 + 0x1p-6f);  // and here
    BOOST_TEST(rounded(1 + 0x1p-8f + 0x1p-20f) == 1 + 0x1p-7f);
}

BOOST_AUTO_TEST_CASE(what_is_no_number_stays_none_and_small_numbers_stay) {
    constexpr float infinity = std::numeric_limits<float>::infinity(), largest = std::numeric_limits<float>::max();
    BOOST_TEST(rounded(infinity) == infinity);
    BOOST_TEST(rounded(-infinity) == -infinity);
    BOOST_TEST(rounded(largest) == infinity);  // as every rounding to nearest has it
    BOOST_TEST(is_nan(rounded(std::numeric_limits<float>::quiet_NaN())));
    BOOST_TEST(is_nan(rounded(std::bit_cast<float>(std::uint32_t{0x7F800001}))));  // whose payload is cut off
    BOOST_TEST(is_nan(rounded(std::bit_cast<float>(std::uint32_t{0xFFFFFFFF}))));  // which a carry would make 0
    BOOST_TEST(rounded(0x1p-133f) == 0x1p-133f);                                   // the smallest of all
    BOOST_TEST(rounded(0x1p-149f) == 0.0f);
    BOOST_TEST(std::signbit(rounded(-0.0f)));
}

BOOST_DATA_TEST_CASE(products_of_rounded_factors_are_those_of_plain_loops,
                     boost::unit_test::data::make({false, true}) * boost::unit_test::data::make({false, true}) *
                         boost::unit_test::data::make({0.0f, 1.0f, 0.5f}),
                     transpose_a, transpose_b, beta) {
    for (const auto& [m, n, k] : {std::array{3, 5, 7}, std::array{1, 40, 33}, std::array{65, 48, 100}}) {
        const std::int64_t lda = (transpose_a ? m : k) + 3, ldb = (transpose_b ? k : n) + 2, ldc = n + 1;
        const auto size = [](std::int64_t rows, std::int64_t leading) {
            return std::array{static_cast<std::size_t>(rows * leading)};
        };
        const auto a = normal<1>(size(transpose_a ? k : m, lda), 1), b = normal<1>(size(transpose_b ? n : k, ldb), 2),
                   before = normal<1>(size(m, ldc), 3);
        std::vector<bfloat16> ra(a.size()), rb(b.size());
        xtn::round_to(a.size(), a.data(), ra.data());
        xtn::round_to(b.size(), b.data(), rb.data());
        auto c = before;
        xtn::backend::gemm(transpose_a, transpose_b, m, n, k, 1.0f, ra.data(), lda, rb.data(), ldb, beta, c.data(),
                           ldc);
        for (std::int64_t i = 0; i < m; ++i)
            for (std::int64_t j = 0; j < ldc; ++j) {
                double sum = beta * before[static_cast<std::size_t>(i * ldc + j)];
                for (std::int64_t p = 0; j < n && p < k; ++p)
                    sum += double{ra[static_cast<std::size_t>(transpose_a ? p * lda + i : i * lda + p)].value()} *
                           double{rb[static_cast<std::size_t>(transpose_b ? j * ldb + p : p * ldb + j)].value()};
                if (j >= n) sum = before[static_cast<std::size_t>(i * ldc + j)];  // behind a row nothing is written
                BOOST_REQUIRE_SMALL(c[static_cast<std::size_t>(i * ldc + j)] - static_cast<float>(sum),
                                    in_float(static_cast<std::size_t>(k)));
            }
    }
}

#if defined(XTN_ONEDNN)
BOOST_AUTO_TEST_CASE(onednn_s_primitives_know_strides_and_sums) {
    // Of floats, which every processor has; the type of the factors is an argument.
    const auto a = normal<2>({40, 70}, 1), b = normal<2>({50, 70}, 2), before = normal<2>({40, 60}, 3);
    for (const float beta : {0.0f, 1.0f, -0.5f})
        for (int turn = 0; turn < 2; ++turn) {  // made, and found again
            auto c = before;
            BOOST_REQUIRE(xtn::backend::onednn_matmul(dnnl_f32, false, true, 40, 50, 70, a.data(), 70, b.data(), 70,
                                                      beta, c.data(), 60));
            xt::xtensor<float, 2> expected = xtn::einsum<"ij,kj->ik">(a, b);
            expected += beta * xt::view(before, xt::all(), xt::range(0, 50));
            const xt::xtensor<float, 2> found = xt::view(c, xt::all(), xt::range(0, 50));
            BOOST_TEST(distance(found, expected) < in_float(70));
            BOOST_TEST(xt::all(
                xt::equal(xt::view(c, xt::all(), xt::range(50, 60)), xt::view(before, xt::all(), xt::range(50, 60)))));
        }
    xt::xtensor<float, 2> c = xt::zeros<float>({70, 70});
    BOOST_REQUIRE(
        xtn::backend::onednn_matmul(dnnl_f32, true, false, 70, 70, 40, a.data(), 70, a.data(), 70, 0, c.data(), 70));
    BOOST_TEST(distance(c, xt::xtensor<float, 2>(xtn::einsum<"ki,kj->ij">(a, a))) < in_float(40));
}
#endif

BOOST_AUTO_TEST_CASE(a_contraction_rounds_the_factors_of_its_products) {
    const auto a = normal<2>({60, 80}, 1), b = normal<2>({80, 50}, 2);
    const xt::xtensor<float, 2> c = xtn::einsum<"ij,jk->ik">(xtn::precision::bfloat16, a, b);
    const xt::xtensor<float, 2> expected = xtn::einsum<"ij,jk->ik">(rounded_tensor(a), rounded_tensor(b));
    const xt::xtensor<float, 2> full = xtn::einsum<"ij,jk->ik">(a, b);
    BOOST_TEST(distance(c, expected) < in_float(80));
    BOOST_TEST(distance(c, full) > in_float(80));
    BOOST_TEST(distance(c, full) < in_bfloat16(80));
    const xt::xtensor<float, 2> in_full = xtn::einsum<"ij,jk->ik">(xtn::precision::full, a, b);
    BOOST_TEST((in_full == full));
    const xt::xtensor<float, 2> at_run_time = xtn::einsum(xtn::precision::bfloat16, "ij,jk->ik", a, b);
    BOOST_TEST((at_run_time == c));
    // Views, forwards and backwards, and a batch label.
    const auto x = normal<3>({7, 60, 90}, 3);
    const xt::xtensor<float, 3> y =
        xtn::einsum<"bij,kj->bki">(xtn::precision::bfloat16, xt::view(x, xt::all(), xt::all(), xt::range(5, 85)),
                                   xt::view(a, xt::range(59, xt::placeholders::_, -1), xt::all()));
    const auto rx = rounded_tensor(x);
    const auto ra = rounded_tensor(a);
    const xt::xtensor<float, 3> there =
        xtn::einsum<"bij,kj->bki">(xt::view(rx, xt::all(), xt::all(), xt::range(5, 85)),
                                   xt::view(ra, xt::range(59, xt::placeholders::_, -1), xt::all()));
    BOOST_TEST(distance(y, there) < in_float(80));
}

BOOST_AUTO_TEST_CASE(other_scalars_are_refused_by_name) {
    const xt::xtensor<double, 2> a = xt::ones<double>({2, 2});
    const auto says = [](const xtn::error& e) { return std::string(e.what()).find("of double") != std::string::npos; };
    BOOST_CHECK_EXCEPTION((xtn::einsum<"ij,jk->ik">(xtn::precision::bfloat16, a, a)), xtn::error, says);
    BOOST_CHECK_EXCEPTION(xtn::tape<double>{xtn::precision::bfloat16}, xtn::error, says);
    xtn::tape<std::complex<float>> t;
    BOOST_CHECK_THROW(t.set_precision(xtn::precision::bfloat16), xtn::error);
    BOOST_TEST(static_cast<int>(t.precision()) == static_cast<int>(xtn::precision::full));
    xtn::tape<double> full;
    const auto x = full.leaf(a);
    BOOST_CHECK_EXCEPTION((xtn::einsum<"ij,jk->ik">(xtn::precision::bfloat16, x, x)), xtn::error, says);
}

BOOST_AUTO_TEST_CASE(a_tape_multiplies_rounded_factors_forward_and_backward) {
    const auto x = normal<2>({64, 48}, 1), w = normal<2>({40, 48}, 2), dy = normal<2>({64, 40}, 3);
    const auto rx = rounded_tensor(x), rw = rounded_tensor(w), rdy = rounded_tensor(dy);
    const auto check = [&](xtn::tape<float>& t, const auto& product) {
        t.clear();
        const auto vx = t.leaf(x), vw = t.leaf(w);
        const auto y = product(vx, vw);
        BOOST_TEST(distance(y.value(), xt::xtensor<float, 2>(xtn::einsum<"bi,oi->bo">(rx, rw))) < in_float(48));
        t.seed(y, dy.data());
        t.backward();
        BOOST_TEST(distance(vx.gradient(), xt::xtensor<float, 2>(xtn::einsum<"bo,oi->bi">(rdy, rw))) < in_float(40));
        BOOST_TEST(distance(vw.gradient(), xt::xtensor<float, 2>(xtn::einsum<"bo,bi->oi">(rdy, rx))) < in_float(64));
    };
    xtn::tape<float> t(xtn::precision::bfloat16), full;
    check(t, [](const auto& a, const auto& b) { return xtn::einsum<"bi,oi->bo">(a, b); });
    // x and w once, whether a product forward or one backward reads them.
    BOOST_TEST(t.rounded().rounded() == x.size() + w.size());
    check(full, [](const auto& a, const auto& b) { return xtn::einsum<"bi,oi->bo">(xtn::precision::bfloat16, a, b); });
    check(full,
          [](const auto& a, const auto& b) { return xtn::einsum<2>(xtn::precision::bfloat16, "bi,oi->bo", a, b); });
    t.clear();
    BOOST_TEST(t.rounded().rounded() == 0u);
}

BOOST_AUTO_TEST_CASE(an_operator_on_a_bfloat16_tape_is_as_near_as_its_mantissa_says) {
    std::mt19937 bits(4);
    const xtn::mpo<float, xtn::balanced<128, 128, 2>> op(16);
    for (const auto& p : op.parameters())
        for (float& e : p.value.values()) e = std::normal_distribution<float>(0, 0.1f)(bits);
    const auto x = normal<2>({96, 128}, 5);
    const auto run = [&](xtn::precision p) {
        xtn::tape<float> t(p);
        const auto v = t.leaf(x);
        const auto y = xtn::apply(op, v);
        const auto seed = normal<2>({96, 128}, 6);
        t.seed(y, seed.data());
        t.backward();
        return std::pair{xt::xtensor<float, 2>(y.value()), xt::xtensor<float, 2>(v.gradient())};
    };
    const auto [y, dx] = run(xtn::precision::full);
    const auto [ry, rdx] = run(xtn::precision::bfloat16);
    // Two products one after the other, so three roundings of relative size 2^-9 at most meet in an element.
    BOOST_TEST(relative_distance(ry, y) < 3 * 0x1p-9);
    BOOST_TEST(relative_distance(rdx, dx) < 3 * 0x1p-9);
    BOOST_TEST(relative_distance(ry, y) > 0x1p-11);
}

BOOST_AUTO_TEST_CASE(slices_and_shorter_last_slices_are_rounded_as_the_whole) {
    // So many rows that the plan is cut, the last slice being shorter.
    const auto x = normal<2>({3001, 256}, 1), a = normal<2>({256, 64}, 2), b = normal<2>({64, 256}, 3);
    xtn::tape<float> t(xtn::precision::bfloat16);
    const auto vx = t.leaf(x), va = t.leaf(a), vb = t.leaf(b);
    const auto y = xtn::einsum<"bi,ij,jk->bk">(vx, va, vb);
    const xt::xtensor<float, 2> inner = xtn::einsum<"bi,ij->bj">(rounded_tensor(x), rounded_tensor(a));
    const xt::xtensor<float, 2> expected = xtn::einsum<"bj,jk->bk">(rounded_tensor(inner), rounded_tensor(b));
    // Where a sum comes out in another order, a few elements of `inner` round the other way: a fraction of what rounding all does.
    BOOST_TEST(relative_distance(y.value(), expected) < 0x1p-13);
    const auto dy = normal<2>({3001, 256}, 4);
    t.seed(y, dy.data());
    t.backward();
    const xt::xtensor<float, 2> dinner = xtn::einsum<"bk,jk->bj">(rounded_tensor(dy), rounded_tensor(b));
    const xt::xtensor<float, 2> dx = xtn::einsum<"bj,ij->bi">(rounded_tensor(dinner), rounded_tensor(a));
    BOOST_TEST(relative_distance(vx.gradient(), dx) < 0x1p-13);
}

BOOST_AUTO_TEST_CASE(not_a_number_and_infinity_come_through_a_product) {
    auto a = normal<2>({40, 40}, 1);
    const auto b = normal<2>({40, 40}, 2);
    a(3, 5) = std::numeric_limits<float>::quiet_NaN();
    a(7, 5) = std::numeric_limits<float>::infinity();
    const xt::xtensor<float, 2> c = xtn::einsum<"ij,jk->ik">(xtn::precision::bfloat16, a, b);
    for (std::size_t k = 0; k < 40; ++k) {
        BOOST_TEST(is_nan(c(3, k)));
        BOOST_TEST(is_infinite(c(7, k)));
        BOOST_TEST((!is_nan(c(8, k)) && !is_infinite(c(8, k))));
    }
}

BOOST_AUTO_TEST_SUITE_END()
