// SPDX-License-Identifier: BSD-3-Clause
// Kronecker, Tucker, symmetric and embedded operators, and the errors of their decompositions.
#include "common.hpp"

#include <xtn/tt/svd.hpp>

BOOST_AUTO_TEST_SUITE(op_factorisations)

namespace {

using sites_list = std::vector<std::size_t>;

/// The singular values of w rearranged so that rows are the axes `rows` of (o_1 .. o_n, i_1 .. i_n), columns the others.
std::vector<double> unfolding_values(const matrix& w, const sites_list& extents, const std::vector<bool>& is_row) {
    std::size_t rows = 1;
    for (std::size_t a = 0; a < extents.size(); ++a)
        if (is_row[a]) rows *= extents[a];
    matrix unfolded(std::array<std::size_t, 2>{rows, w.size() / rows});
    for (std::size_t e = 0; e < w.size(); ++e) {
        std::size_t rest = e, row = 0, column = 0, row_stride = 1, column_stride = 1;
        for (std::size_t a = extents.size(); a-- > 0;) {
            const std::size_t digit = rest % extents[a];
            rest /= extents[a];
            (is_row[a] ? row : column) += digit * (is_row[a] ? row_stride : column_stride);
            (is_row[a] ? row_stride : column_stride) *= extents[a];
        }
        unfolded(row, column) = w.data()[e];
    }
    return xtn::tt::svd(unfolded).s;
}

double tail(const std::vector<double>& s, std::size_t kept) {
    double sum = 0;
    for (std::size_t k = kept; k < s.size(); ++k) sum = std::hypot(sum, s[k]);
    return sum;
}

BOOST_AUTO_TEST_CASE(kronecker_product_of_three_by_loops) {
    const auto op = drawn(xtn::kronecker<double>({2, 3, 2}, {3, 2, 2}));
    const auto f = op.parameters();
    const matrix w = op.to_dense();
    for (std::size_t o = 0; o < 12; ++o)
        for (std::size_t i = 0; i < 12; ++i) {
            const double expected = f[0].value.values()[o / 6 * 3 + i / 4] *
                                    f[1].value.values()[o / 2 % 3 * 2 + i / 2 % 2] *
                                    f[2].value.values()[o % 2 * 2 + i % 2];
            BOOST_TEST(std::abs(w(o, i) - expected) < 1e-14);
        }
}

// For two factors the error is what the first singular value of the rearranged matrix leaves (Van Loan & Pitsianis).
BOOST_AUTO_TEST_CASE(nearest_kronecker_product_of_two_is_optimal) {
    const matrix w = random_matrix(12, 10, 4);
    double error = 0;
    const auto op = xtn::kronecker<double>::from_dense(w, {3, 4}, {5, 2}, &error);
    const auto s = unfolding_values(w, {3, 4, 5, 2}, {true, false, true, false});
    BOOST_TEST(std::abs(error - tail(s, 1) / norm(w)) < 1e-12);
    BOOST_TEST(std::abs(error - norm(matrix(w - op.to_dense())) / norm(w)) < 1e-12);
}

BOOST_AUTO_TEST_CASE(nearest_kronecker_product_of_three_is_a_local_optimum) {
    const auto exact = drawn(xtn::kronecker<double>({2, 3, 2}, {3, 2, 2}));
    double error = 1;
    BOOST_TEST(difference(xtn::kronecker<double>::from_dense(exact.to_dense(), {2, 3, 2}, {3, 2, 2}, &error).to_dense(),
                          exact.to_dense()) < 1e-13);
    BOOST_TEST(error < 1e-14);

    const matrix w = random_matrix(12, 12, 8);
    const auto op = xtn::kronecker<double>::from_dense(w, {2, 3, 2}, {3, 2, 2}, &error);
    const auto start = xtn::tt::tt_svd<double>(w, {2, 3, 2}, {3, 2, 2}, {.max_bond = 1});
    BOOST_TEST(error <= start.relative_error);
    // No small change of any number brings it nearer.
    const auto loss = [&](xtn::tape<double>& t) {
        const auto rest = xtn::to_dense(op, t) - t.constant(w);
        return xtn::einsum<"oi,oi->">(rest, rest);
    };
    xtn::tape<double> t;
    t.backward(loss(t));
    for (const auto& p : op.parameters())
        for (const double g : t.gradient(p.value)) BOOST_TEST(std::abs(g) < 1e-4);
}

BOOST_AUTO_TEST_CASE(tucker_by_loops_and_from_its_own_matrix) {
    const auto op = drawn(xtn::tucker<double>({2, 6}, {5, 2}, 3));
    const auto p = op.parameters();  // core (2, 3, 3, 2), factors of 2, 6, 5, 2
    const auto at = [&](std::size_t k, std::size_t e, std::size_t r) {
        return p[k + 1].value.values()[e * p[k + 1].value.shape()[1] + r];
    };
    const matrix w = op.to_dense();
    for (std::size_t o = 0; o < 12; ++o)
        for (std::size_t i = 0; i < 10; ++i) {
            double sum = 0;
            for (std::size_t a = 0; a < 2; ++a)
                for (std::size_t b = 0; b < 3; ++b)
                    for (std::size_t c = 0; c < 3; ++c)
                        for (std::size_t d = 0; d < 2; ++d)
                            sum += p[0].value.values()[((a * 3 + b) * 3 + c) * 2 + d] * at(0, o / 6, a) *
                                   at(1, o % 6, b) * at(2, i / 2, c) * at(3, i % 2, d);
            BOOST_TEST(std::abs(w(o, i) - sum) < 1e-13);
        }
    double error = 1;
    BOOST_TEST(difference(xtn::tucker<double>::from_dense(w, {2, 6}, {5, 2}, 3, &error).to_dense(), w) < 1e-12);
    BOOST_TEST(error < 1e-13);
    using layout = xtn::scheme<xtn::sites<2, 6>, xtn::sites<5, 2>>;
    BOOST_TEST(difference(xtn::tucker<double, layout, 3>::from_dense(w).to_dense(), w) < 1e-12);
    const matrix odd = random_matrix(7, 5, 1);
    BOOST_TEST(difference(xtn::tucker<double, xtn::padded<7, 5, 2>>::from_dense(odd, 100).to_dense(), odd) < 1e-12);
}

// Its error is what it says, and within the bound by the best approximations of the unfoldings, each of which is a lower
// bound.
BOOST_AUTO_TEST_CASE(tucker_is_quasi_optimal) {
    const sites_list extents{4, 5, 6, 3};
    for (std::uint64_t seed = 0; seed < 20; ++seed)
        for (const std::size_t rank : {1u, 2u, 3u, 4u}) {
            const matrix w = random_matrix(20, 18, seed);
            double error = 0;
            const auto op = xtn::tucker<double>::from_dense(w, {4, 5}, {6, 3}, rank, &error);
            BOOST_TEST(std::abs(error - norm(matrix(w - op.to_dense())) / norm(w)) < 1e-12);
            double bound = 0, least = 0;
            for (std::size_t a = 0; a < 4; ++a) {
                std::vector<bool> row(4);
                row[a] = true;
                const double t = tail(unfolding_values(w, extents, row), rank) / norm(w);
                bound = std::hypot(bound, t);
                least = std::max(least, t);
            }
            BOOST_TEST(error <= bound + 1e-12);
            BOOST_TEST(error >= least - 1e-12);
        }
}

BOOST_AUTO_TEST_CASE(low_rank_is_optimal) {
    const matrix w = random_matrix(20, 18, 6);
    const auto s = xtn::tt::svd(w).s;
    for (const std::size_t rank : {1u, 5u, 18u})
        BOOST_TEST(std::abs(norm(matrix(w - xtn::low_rank<double>::from_dense(w, rank).to_dense())) - tail(s, rank)) <
                   1e-12);
    BOOST_TEST(difference(xtn::low_rank<double>::from_dense(w).to_dense(), w) < 1e-12);  // no rank: all of them
}

// A flat spectrum is the worst case of a sketch: it misses the best error by a little, so that one sees it was made.
BOOST_AUTO_TEST_CASE(sketches_come_near_the_best) {
    const matrix w = random_matrix(96, 81, 5);
    const auto check = [&](const auto& from_dense) {
        double best = 0, error = 0;
        const matrix exact = from_dense(&best, std::nullopt).to_dense();
        const matrix sketched = from_dense(&error, xtn::tt::sketch{}).to_dense();
        BOOST_TEST(std::abs(best - norm(matrix(w - exact)) / norm(w)) < 1e-12);
        BOOST_TEST(std::abs(error - norm(matrix(w - sketched)) / norm(w)) < 1e-12);
        BOOST_TEST(error > best * (1 + 1e-9));
        BOOST_TEST(error < best * 1.02);
    };
    using sketch = std::optional<xtn::tt::sketch>;
    check([&](double* e, const sketch& how) { return xtn::low_rank<double>::from_dense(w, 6, e, how); });
    using chain = xtn::mpo<double, xtn::scheme<xtn::sites<8, 12>, xtn::sites<9, 9>>, 6>;
    check([&](double* e, const sketch& how) { return chain::from_dense(w, 6, e, how); });

    const auto own = drawn(xtn::low_rank<double>(60, 50, 4));  // nothing to miss
    BOOST_TEST(difference(xtn::low_rank<double>::from_dense(own.to_dense(), 4, nullptr, xtn::tt::sketch{}).to_dense(),
                          own.to_dense()) < 1e-12);
}

BOOST_AUTO_TEST_CASE(symmetric_projection) {
    const matrix w = random_matrix(5, 5, 3);
    const matrix s = xtn::symmetric<double>::from_dense(w).to_dense();
    for (std::size_t i = 0; i < 5; ++i)
        for (std::size_t j = 0; j < 5; ++j) BOOST_TEST(std::abs(s(i, j) - (w(i, j) + w(j, i)) / 2) < 1e-15);
    BOOST_CHECK_THROW(xtn::symmetric<double>::from_dense(random_matrix(4, 5, 1)), xtn::shape_error);
}

BOOST_AUTO_TEST_CASE(embeddings_place_numbers) {
    using xtn::index_embedding;
    const auto seen = [](const index_embedding& e) {
        xtn::parameter<double> p(std::vector{e.stored()});
        for (std::size_t i = 0; i < e.stored(); ++i) p.values()[i] = static_cast<double>(i + 1);
        std::vector<double> to(e.places().size());
        xtn::factor<double>(p, e).evaluate(to.data());
        return to;
    };
    const std::vector<std::size_t> support{1, 5, 2};
    BOOST_TEST(seen(index_embedding::scatter({2, 3}, support)) == (std::vector<double>{0, 1, 3, 0, 0, 2}),
               boost::test_tools::per_element());
    BOOST_TEST(seen(index_embedding::symmetric(3)) == (std::vector<double>{1, 2, 4, 2, 3, 5, 4, 5, 6}),
               boost::test_tools::per_element());
    BOOST_TEST(seen(index_embedding::lower_triangular(3)) == (std::vector<double>{1, 0, 0, 2, 3, 0, 4, 5, 6}),
               boost::test_tools::per_element());
    BOOST_TEST(seen(index_embedding::window({2, 2}, {3, 2})) == (std::vector<double>{1, 2, 3, 4, 0, 0}),
               boost::test_tools::per_element());
    BOOST_TEST(seen(index_embedding::window({3, 3}, {2, 2}, {1, -1})) == (std::vector<double>{0, 4, 0, 7}),
               boost::test_tools::per_element());
    BOOST_CHECK_THROW(index_embedding(2, {2}, {0, 2}), xtn::shape_error);
    BOOST_CHECK_THROW(index_embedding(2, {3}, {0, 1}), xtn::shape_error);
    BOOST_CHECK_THROW(
        xtn::factor<double>(xtn::parameter<double>(std::vector<std::size_t>{4}), index_embedding::symmetric(3)),
        xtn::shape_error);
}

BOOST_AUTO_TEST_CASE(faulty_factorisations_say_what_is_wrong) {
    using namespace xtn;
    const matrix w = random_matrix(6, 4, 1);
    BOOST_CHECK_EXCEPTION(kronecker<double>::from_dense(w, {2, 2}, {2, 2}), shape_error, says("the shape is (6, 4)"));
    BOOST_CHECK_EXCEPTION(kronecker<double>({2, 3}, {4}), shape_error, says("same number of sites"));
    BOOST_CHECK_EXCEPTION((kronecker<double, scheme<sites<2, 2>, sites<2, 2>>>::from_dense(w)), shape_error,
                          says("the scheme is 4 x 4, but the matrix is 6 x 4"));
    BOOST_CHECK_EXCEPTION(tucker<double>::from_dense(w, {2, 2}, {2, 2}, 1), shape_error, says("multiply to 4 x 4"));
    BOOST_CHECK_EXCEPTION(tucker<double>({2, 3}, {4}, 1), shape_error, says("same number of sites"));
    BOOST_CHECK_EXCEPTION(tucker<double>({2, 3}, {2, 2}, 0), shape_error, says("rank is 0"));
    BOOST_CHECK_EXCEPTION(low_rank<double>::from_dense(w, 0), shape_error, says("rank is 0"));
    BOOST_CHECK_EXCEPTION(relative_error(low_rank<double>(6, 5, 1), w), shape_error,
                          says("6 x 5, but the matrix is 6 x 4"));
    const auto p = [](std::vector<std::size_t> shape) { return parameter<double>(std::move(shape)); };
    BOOST_CHECK_THROW(tucker<double>(p({2, 2}), {p({3, 2}), p({4, 3})}), shape_error);  // rank 2 meets 3
    BOOST_CHECK_EXCEPTION(tucker<double>(p({2}), {p({3, 2})}), shape_error, says("one matrix for each"));
    BOOST_CHECK_THROW(symmetric<double>(3, p({5})), shape_error);
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
