// SPDX-License-Identifier: BSD-3-Clause
// The table of operators that the tests go through.
#include "common.hpp"

std::vector<named_operator> all_operators() {
    using namespace xtn;
    using k = coefficients;
    const tucker<double> wide({2, 6}, {5, 2}, 3);
    const kronecker<double> three({2, 3, 2}, {3, 2, 2});
    const parameter<double> blocks(std::vector<std::size_t>{3, 2, 4}), scale(std::vector<std::size_t>{1});
    std::vector<named_operator> all{
        {"dense", dense<double>(6, 5)},
        {"low rank", low_rank<double, 3>(12, 10)},
        {"MPO of one site", mpo<double, scheme<sites<7>, sites<3>>, 1>()},
        {"MPO of two sites", mpo<double, balanced<24, 20, 2>, 4>()},
        {"MPO of three sites", mpo<double, balanced<64, 32, 3>>(5)},
        {"MPO of four sites", mpo<double, scheme<sites<2, 3, 2, 2>, sites<3, 1, 2, 2>>, 3>()},
        {"padded MPO", mpo<double, padded<23, 17, 3>>(3)},
        {"Kronecker of a user", kronecker_of_two()},
        {"Kronecker of two", kronecker<double, scheme<sites<2, 4>, sites<3, 2>>>()},
        {"Kronecker of three", three},
        {"padded Kronecker", kronecker<double, padded<7, 5, 2>>()},
        {"Tucker of one site", tucker<double>({9}, {7}, 4)},
        {"Tucker of two sites", wide},
        {"zigzag", spectral<double>(12, 10, support::zigzag(k::fraction(0.3)))},
        {"static zigzag", spectral<double, 17>(8, 6)},
        {"scaled zigzag", spectral<double>(12, 6, support::scaled_zigzag(k::count(20)))},
        {"rectangle", spectral<double>(12, 10, support::rectangle(k::fraction(0.3)))},
        {"scattered", spectral<double>(8, 10, support::scattered(k::count(9), 3))},
        {"random basis", spectral<double>(8, 10, support::zigzag(k::count(30)), basis::random_orthonormal(5))},
        {"custom support", spectral<double>(4, 5, support::custom({0, 7, 13}))},
        {"symmetric", symmetric<double>(6)},
        {"Gram", gram<double>(6, 2)},
        {"sum", sum(mpo<double, balanced<12, 10, 2>>(2), low_rank<double>(12, 10, 2))},
        {"sum of three", sum(dense<double>(6, 8), low_rank<double>(6, 8, 2), kronecker<double>({2, 3}, {4, 2}))},
        {"product", product(transposed(wide), three)},
        {"product without common sites", product(kronecker<double>({2, 2}, {2, 3}), kronecker<double>({3, 2}, {2, 2}))},
        {"product with a padded MPO", product(dense<double>(4, 23), mpo<double, padded<23, 17, 3>>(2))},
        {"product of a sum", product(sum(dense<double>(4, 6), low_rank<double>(4, 6, 1)), symmetric<double>(6))},
        {"square", product(symmetric<double>(5), symmetric<double>(5))},
        {"scaled", scaled(-0.7, low_rank<double>(6, 5, 2))},
        {"trained scale", scaled(scale, low_rank<double>(6, 5, 2))},
        {"transposed", transposed(mpo<double, padded<23, 17, 3>>(3))},
        {"block diagonal", block_diagonal(dense<double>(3, 4), mpo<double, padded<7, 5, 2>>(2), symmetric<double>(2))},
        {"product of block-diagonals", product(block_diagonal(dense<double>(3, 4), dense<double>(2, 2)),
                                               block_diagonal(dense<double>(2, 3), dense<double>(4, 2)))},
        {"equal blocks", any_operator<double>({"goi", "go", "gi", {blocks}}, {{"blocks", blocks}})},
    };
    random_stream random(5);
    for (const named_operator& o : all) init_normal(o.op, 1.0, random);
    return all;
}
