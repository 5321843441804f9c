// SPDX-License-Identifier: BSD-3-Clause
// Block tensor trains against loops, and the nearest one to a matrix block by block.
#include "common.hpp"

BOOST_AUTO_TEST_SUITE(op_btt)

namespace {

using namespace xtn;

BOOST_AUTO_TEST_CASE(entries_are_those_of_the_formula) {
    const auto op = drawn(btt<double>({3, 4}, {2, 5}, 2));
    const auto left = op.left().values(), right = op.right().values();
    const matrix w = op.to_dense();
    for (std::size_t l = 0; l < 3; ++l)
        for (std::size_t j = 0; j < 4; ++j)
            for (std::size_t k = 0; k < 2; ++k)
                for (std::size_t i = 0; i < 5; ++i) {
                    double sum = 0;
                    for (std::size_t r = 0; r < 2; ++r)
                        sum += left[((j * 3 + l) * 2 + k) * 2 + r] * right[((k * 2 + r) * 4 + j) * 5 + i];
                    BOOST_TEST(std::abs(w(l * 4 + j, k * 5 + i) - sum) < 1e-14);
                }
}

/// Two block-diagonal matrices with transpositions between, as loops.
BOOST_AUTO_TEST_CASE(rank_one_is_a_monarch_matrix) {
    constexpr std::size_t n = 16, b = 4;
    const auto op = drawn(btt<double>({b, b}, {b, b}, 1));
    matrix inner = xt::zeros<double>({n, n}), outer = xt::zeros<double>({n, n}), swap = xt::zeros<double>({n, n});
    for (std::size_t g = 0; g < b; ++g)
        for (std::size_t o = 0; o < b; ++o)
            for (std::size_t i = 0; i < b; ++i) {
                inner(g * b + o, g * b + i) = op.right().values()[(g * b + o) * b + i];
                outer(g * b + o, g * b + i) = op.left().values()[(g * b + o) * b + i];
                swap(o * b + g, g * b + o) = 1;
            }
    const matrix expected = product_of(swap, product_of(outer, product_of(swap, inner)));
    BOOST_TEST(difference(op.to_dense(), expected) < 1e-14);
    BOOST_TEST(monarch(n, n, b).number("rank") == 1u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(blocks_are_truncated_svds, T, scalars) {
    const auto w = random_matrix<T>(12, 10, 3);
    double error = 1, missed = 0;
    const auto op = btt<T>::from_dense(w, {3, 4}, {2, 5}, 2, &error);
    for (std::size_t j = 0; j < 4; ++j)
        for (std::size_t k = 0; k < 2; ++k) {
            matrix_of<T> block(std::array<std::size_t, 2>{3, 5});
            for (std::size_t l = 0; l < 3; ++l)
                for (std::size_t i = 0; i < 5; ++i) block(l, i) = w(l * 4 + j, k * 5 + i);
            const auto s = static_cast<double>(tt::svd(block).s[2]);
            missed += s * s;
        }
    BOOST_TEST(std::abs(error - std::sqrt(missed) / norm(w)) < tight<T>);
    btt<T>::from_dense(w, {3, 4}, {2, 5}, 100, &error);
    BOOST_TEST(error < tight<T>);
    BOOST_TEST(difference(btt<T>::from_dense(op.to_dense(), {3, 4}, {2, 5}, 2).to_dense(), op.to_dense()) < tight<T>);
}

BOOST_AUTO_TEST_CASE(what_is_no_block_tensor_train_is_refused) {
    const std::vector<std::size_t> two{2, 2}, three{2, 2, 2};
    BOOST_CHECK_EXCEPTION(btt<double>(three, two, 1), shape_error, says("two sites in out and in, not 3 and 2"));
    BOOST_CHECK_EXCEPTION(btt<double>(two, two, 0), shape_error, says("the rank is 0"));
    BOOST_CHECK_EXCEPTION(btt<double>::from_dense(random_matrix(4, 5, 1), two, two, 1), shape_error,
                          says("multiply to 4 x 4, but the matrix is 4 x 5"));
    BOOST_CHECK_THROW(btt<double>(zeros({2, 2, 2, 1}), zeros({2, 2, 2, 2})), shape_error);
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
