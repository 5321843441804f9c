// SPDX-License-Identifier: BSD-3-Clause
// Bases, supports and the spectral operator, against SciPy's transform and naive sums.
#include "common.hpp"
#include "reference.hpp"

#include <numeric>

BOOST_AUTO_TEST_SUITE(op_spectral)

namespace {

using k = xtn::coefficients;
using xtn::basis;
using xtn::spectral;
using xtn::support;

std::vector<std::size_t> all_of(std::size_t n) {
    std::vector<std::size_t> all(n);
    std::iota(all.begin(), all.end(), std::size_t{0});
    return all;
}

/// The first p x q elements of a matrix of n columns.
std::vector<std::size_t> block(std::size_t p, std::size_t q, std::size_t n) {
    std::vector<std::size_t> elements;
    for (std::size_t u = 0; u < p; ++u)
        for (std::size_t v = 0; v < q; ++v) elements.push_back(u * n + v);
    return elements;
}

/// The rank by elimination with full pivoting.
std::size_t rank_of(matrix w) {
    const double scale = xt::amax(xt::abs(w))();
    std::size_t rank = 0;
    const std::size_t m = w.shape(0), n = w.shape(1);
    for (; rank < std::min(m, n); ++rank) {
        std::size_t row = rank, column = rank;
        for (std::size_t i = rank; i < m; ++i)
            for (std::size_t j = rank; j < n; ++j)
                if (std::abs(w(i, j)) > std::abs(w(row, column))) row = i, column = j;
        if (std::abs(w(row, column)) < 1e-10 * scale) break;
        for (std::size_t j = 0; j < n; ++j) std::swap(w(rank, j), w(row, j));
        for (std::size_t i = 0; i < m; ++i) std::swap(w(i, rank), w(i, column));
        for (std::size_t i = rank + 1; i < m; ++i) {
            const double f = w(i, rank) / w(rank, rank);
            for (std::size_t j = rank; j < n; ++j) w(i, j) -= f * w(rank, j);
        }
    }
    return rank;
}

BOOST_AUTO_TEST_CASE(bases_are_orthonormal) {
    for (const std::size_t n : {1u, 2u, 5u, 64u, 384u})
        for (const basis& b : {basis::dct2(), basis::random_orthonormal(3)}) {
            const matrix d = b.vectors<double>(n, n);
            const matrix identity = xtn::einsum<"ki,li->kl">(d, d);
            BOOST_TEST(xt::amax(xt::abs(identity - xt::eye<double>(n)))() < 1e-12, n);
        }
    const auto first = basis::random_orthonormal(3).vectors<double>(8, 3);
    const auto other = basis::random_orthonormal(3).vectors<double>(8, 3, 1);
    BOOST_TEST(difference(first, other) > 0.1);
    BOOST_TEST(difference(first, basis::random_orthonormal(4).vectors<double>(8, 3)) > 0.1);
    BOOST_TEST(difference(first, basis::random_orthonormal(3).vectors<double>(8, 3)) == 0);
}

// The mean over seeds of <first vector of R^8, that of R^16 there>: 0 for independent ones, with a deviation of 0.025.
BOOST_AUTO_TEST_CASE(random_bases_of_different_extents_are_independent) {
    const auto correlation = [](const auto& basis_of) {
        double sum = 0;
        for (std::size_t seed = 0; seed < 100; ++seed) {
            const basis b = basis_of(seed);
            const matrix small = b.template vectors<double>(8, 1), large = b.template vectors<double>(16, 1);
            for (std::size_t i = 0; i < 8; ++i) sum += small(0, i) * large(0, i) / 100;
        }
        return sum;
    };
    BOOST_TEST(std::abs(correlation([](std::size_t seed) { return basis::random_orthonormal(seed); })) < 0.1);
    // Those of older files are not, and stay what they are.
    const auto former = [](std::size_t seed) { return basis::from_text("random_orthonormal " + std::to_string(seed)); };
    BOOST_TEST(correlation(former) > 0.4);
    BOOST_TEST(former(7).text() == "random_orthonormal 7");
    BOOST_TEST(former(7).vectors<double>(2, 2)(0, 0) == -0.648014223939, boost::test_tools::tolerance(1e-11));
}

BOOST_AUTO_TEST_CASE(reference_transform) {
    const auto file = reference("dct");
    const matrix w = read(file, "W"), expected = read(file, "dct2");
    const auto full = spectral<double>::from_dense(w, support::custom(all_of(w.size())));
    for (std::size_t e = 0; e < w.size(); ++e)
        BOOST_TEST(std::abs(full.coefficients().values()[e] - expected.data()[e]) < 1e-12);
    BOOST_TEST(difference(full.to_dense(), w) < 1e-12);
    for (const auto& [p, q] : {std::pair<std::size_t, std::size_t>{20, 12}, {40, 12}, {7, 5}}) {
        const auto low = spectral<double>::from_dense(w, support::custom(block(p, q, 24)));
        const std::string name = "block_" + std::to_string(p) + "x" + std::to_string(q);
        BOOST_TEST(difference(low.to_dense(), read(file, name)) < 1e-10, name);
    }
    // The adjoint: d<dW, W(c)>/dc.
    xtn::tape<double> t;
    const auto rebuilt = xtn::to_dense(full, t);
    const matrix dw = read(file, "dW"), dc = read(file, "dcoef");
    t.seed(rebuilt, dw.data());
    t.backward();
    for (std::size_t e = 0; e < w.size(); ++e)
        BOOST_TEST(std::abs(t.gradient(full.coefficients())[e] - dc.data()[e]) < 1e-10);
}

BOOST_AUTO_TEST_CASE(supports_hold_what_they_say) {
    const auto zigzag = support::zigzag(k::count(7)).elements(4, 5);  // u + v = 0, 1, 2 and one of 3: (0, 3)
    BOOST_TEST(zigzag == (std::vector<std::size_t>{0, 1, 2, 3, 5, 6, 10}), boost::test_tools::per_element());
    // u/4 + v/8: (0,0), (0,1), then (0,2) and (1,0), which are equal, then (0,3) and (1,1)
    const auto scaled = support::scaled_zigzag(k::count(5)).elements(4, 8);
    BOOST_TEST(scaled == (std::vector<std::size_t>{0, 1, 2, 3, 8}), boost::test_tools::per_element());
    BOOST_TEST(support::rectangle(k::fraction(0.5)).elements(128, 128).size() == 91u * 90u);
    const auto scattered = support::scattered(k::count(40), 1).elements(10, 9);
    BOOST_TEST(scattered.size() == 40u);
    BOOST_TEST(scattered == support::scattered(k::count(40), 1).elements(10, 9), boost::test_tools::per_element());
    BOOST_TEST((scattered != support::scattered(k::count(40), 2).elements(10, 9)));
    for (const auto& s : {support::zigzag(k::fraction(0.37)), support::scaled_zigzag(k::fraction(0.37)),
                          support::scattered(k::fraction(0.37), 5)}) {
        const auto e = s.elements(12, 10);
        BOOST_TEST(e.size() == 44u);
        BOOST_TEST((std::adjacent_find(e.begin(), e.end(), std::greater_equal<>()) == e.end()));  // ascending, distinct
    }
}

// The rows that a support touches bound the rank at 128 x 128; a zigzag comes near to that, its smallest singular values
// are too small to tell. Scattered supports have full rank.
BOOST_AUTO_TEST_CASE(supports_bound_the_rank) {
    const auto rank = [](const support& s) {
        const spectral<double> op(128, 128, s);
        xtn::random_stream random(1);
        xtn::init_normal(op, 1.0, random);
        return rank_of(op.to_dense());
    };
    for (const auto& [share, ceiling] : {std::pair{0.5, 127u}, {0.1, 56u}, {0.05, 39u}}) {
        const std::size_t r = rank(support::zigzag(k::fraction(share)));
        BOOST_TEST(r <= ceiling, share);
        BOOST_TEST(r + 3 > ceiling, share);
    }
    BOOST_TEST(rank(support::rectangle(k::fraction(0.05))) == 28u);
    BOOST_TEST(rank(support::scattered(k::fraction(0.05), 3)) == 128u);
}

BOOST_AUTO_TEST_CASE(projection_keeps_the_coefficients_of_its_support) {
    const matrix w = random_matrix(20, 14, 2);
    for (const auto& b : {basis::dct2(), basis::random_orthonormal(6)}) {
        double error = 0;
        const auto best = spectral<double>::from_dense(w, support::largest(k::count(60)), b, &error);
        BOOST_TEST(std::abs(norm(matrix(w - best.to_dense())) / norm(w) - error) < 1e-12);
        for (const auto& s : {support::zigzag(k::count(60)), support::scattered(k::count(60), 1)}) {
            double other = 0;
            const auto op = spectral<double>::from_dense(w, s, b, &other);
            BOOST_TEST(other > error);  // no other support of 60 comes nearer
            const matrix projected = op.to_dense(), left = w - projected;
            BOOST_TEST(std::abs(xt::sum(left * projected)()) < 1e-11);
            BOOST_TEST(difference(spectral<double>::from_dense(projected, s, b).to_dense(), projected) < 1e-12);
            double squares = 0;
            for (const double c : op.coefficients().values()) squares += c * c;
            BOOST_TEST(std::abs(squares - xt::sum(projected * projected)()) < 1e-11 * squares);
        }
    }
}

BOOST_AUTO_TEST_CASE(operators_come_back_from_their_descriptions) {
    const matrix w = random_matrix(12, 9, 5);
    for (const auto& [where, words] : {std::pair{support::zigzag(k::fraction(0.5)), "zigzag 54"},
                                       {support::scaled_zigzag(k::count(7)), "scaled_zigzag 7"},
                                       {support::rectangle(k::count(30)), "rectangle 30"},
                                       {support::scattered(k::count(20), 3), "scattered 20 3"},
                                       {support::largest(k::count(2)), "custom "},
                                       {support::custom({5, 1, 107}), "custom 5 1 107"}})
        for (const auto& [b, name] :
             {std::pair{xtn::basis::dct2(), "dct2"}, {xtn::basis::random_orthonormal(8), "haar 8"}}) {
            const auto op = spectral<double>::from_dense(w, where, b);
            const auto d = op.description();
            BOOST_TEST(d.text("basis") == name);
            BOOST_TEST(d.text("support").starts_with(words), d.text("support"));
            const auto again = xtn::library_families<double>().make(d);
            std::copy(op.coefficients().values().begin(), op.coefficients().values().end(),
                      again.parameters()[0].value.data());
            BOOST_TEST(difference(again.to_dense(), op.to_dense()) == 0);
            BOOST_TEST((again.description() == d));
        }
    for (const char* faulty :
         {"", "zigzag", "zigzag 3 4", "zigzag 3x", "circle 3", "scattered 3", "zigzag -1", "zigzag +3", "zigzag 3.0",
          "zigzag 18446744073709551616", "scattered 3 -1", "custom 1 -1", "custom 1 x"})
        BOOST_CHECK_THROW(support::from_text(faulty), xtn::error);
    for (const char* faulty :
         {"", "dct3", "dct2 1", "haar", "haar -1", "haar 8x", "haar 18446744073709551616", "haar  1"})
        BOOST_CHECK_THROW(basis::from_text(faulty), xtn::error);
}

BOOST_AUTO_TEST_CASE(wrong_coefficients_say_what_is_wrong) {
    using op = spectral<double>;
    BOOST_CHECK_EXCEPTION(op(4, 5, support::zigzag(k::count(21))), xtn::shape_error, says("1 to 20 coefficients; 21"));
    BOOST_CHECK_EXCEPTION(op(4, 5, support::zigzag(k::count(0))), xtn::shape_error, says("1 to 20"));
    BOOST_CHECK_EXCEPTION(op(4, 5, support::zigzag(k::fraction(1.2))), xtn::shape_error, says("the fraction 1.2"));
    BOOST_CHECK_EXCEPTION(op(4, 5, support::custom({3, 20})), xtn::shape_error, says("element 20"));
    BOOST_CHECK_EXCEPTION(op(4, 5, support::custom({3, 3})), xtn::shape_error, says("element 3 twice"));
    BOOST_CHECK_EXCEPTION(op(4, 5, support::largest(k::count(3))), xtn::shape_error, says("from_dense"));
    BOOST_CHECK_EXCEPTION((spectral<double, 7>(4, 5, support::zigzag(k::count(6)))), xtn::shape_error,
                          says("fixed to 7"));
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
