// SPDX-License-Identifier: BSD-3-Clause
// The table of operators that the tests go through.
#include "common.hpp"

template <class T>
std::vector<named_operator<T>> all_operators() {
    using namespace xtn;
    using k = coefficients;
    const tucker<T> wide({2, 6}, {5, 2}, 3);
    const kronecker<T> three({2, 3, 2}, {3, 2, 2});
    const parameter<T> blocks = zeros<T>({3, 2, 4}), scale = zeros<T>({1}), scale_of_scale = zeros<T>({1});
    std::vector<named_operator<T>> all{
        {"dense", dense<T>(6, 5)},
        {"low rank", low_rank<T, 3>(12, 10)},
        {"MPO of one site", mpo<T, scheme<sites<7>, sites<3>>, 1>()},
        {"MPO of two sites", mpo<T, balanced<24, 20, 2>, 4>()},
        {"MPO of three sites", mpo<T, balanced<64, 32, 3>>(5)},
        {"MPO of four sites", mpo<T, scheme<sites<2, 3, 2, 2>, sites<3, 1, 2, 2>>, 3>()},
        {"padded MPO", mpo<T, padded<23, 17, 3>>(3)},
        {"Kronecker of a user", kronecker_of_two<T>()},
        {"Kronecker of two", kronecker<T, scheme<sites<2, 4>, sites<3, 2>>>()},
        {"Kronecker of three", three},
        {"padded Kronecker", kronecker<T, padded<7, 5, 2>>()},
        {"Tucker of one site", tucker<T>({9}, {7}, 4)},
        {"Tucker of two sites", wide},
        {"block tensor train", btt<T>({3, 4}, {2, 5}, 2)},
        {"diagonal", diagonal<T>(6)},
        {"zigzag", spectral<T>(12, 10, support::zigzag(k::fraction(0.3)))},
        {"static zigzag", spectral<T, 17>(8, 6)},
        {"scaled zigzag", spectral<T>(12, 6, support::scaled_zigzag(k::count(20)))},
        {"rectangle", spectral<T>(12, 10, support::rectangle(k::fraction(0.3)))},
        {"scattered", spectral<T>(8, 10, support::scattered(k::count(9), 3))},
        {"random basis", spectral<T>(8, 10, support::zigzag(k::count(30)), basis::random_orthonormal(5))},
        {"custom support", spectral<T>(4, 5, support::custom({0, 7, 13}))},
        {"symmetric", symmetric<T>(6)},
        {"Gram", gram<T>(6, 2)},
        {"Cholesky", cholesky<T>(6)},
        {"sum", sum(mpo<T, balanced<12, 10, 2>>(2), low_rank<T>(12, 10, 2))},
        {"sum of three", sum(dense<T>(6, 8), low_rank<T>(6, 8, 2), kronecker<T>({2, 3}, {4, 2}))},
        {"product", product(transposed(wide), three)},
        {"product without common sites", product(kronecker<T>({2, 2}, {2, 3}), kronecker<T>({3, 2}, {2, 2}))},
        {"product with a padded MPO", product(dense<T>(4, 23), mpo<T, padded<23, 17, 3>>(2))},
        {"product of a sum", product(sum(dense<T>(4, 6), low_rank<T>(4, 6, 1)), symmetric<T>(6))},
        {"square", product(symmetric<T>(5), symmetric<T>(5))},
        {"scaled", scaled(T(real_of<T>(-0.7)), low_rank<T>(6, 5, 2))},
        {"trained scale", scaled(scale, low_rank<T>(6, 5, 2))},
        {"trained scale of a trained scale", scaled(scale_of_scale, scaled(scale, low_rank<T>(6, 5, 2)))},
        {"transposed", transposed(mpo<T, padded<23, 17, 3>>(3))},
        {"adjoint", adjoint(mpo<T, balanced<12, 10, 2>>(2))},
        {"block diagonal", block_diagonal(dense<T>(3, 4), mpo<T, padded<7, 5, 2>>(2), symmetric<T>(2))},
        {"product of block-diagonals",
         product(block_diagonal(dense<T>(3, 4), dense<T>(2, 2)), block_diagonal(dense<T>(2, 3), dense<T>(4, 2)))},
        {"equal blocks", any_operator<T>({"goi", "go", "gi", {blocks}}, {{"blocks", blocks}})},
    };
    random_stream random(5);
    for (const named_operator<T>& o : all) init_normal(o.op, 1.0, random);
    return all;
}

template std::vector<named_operator<float>> all_operators();
template std::vector<named_operator<double>> all_operators();
template std::vector<named_operator<std::complex<float>>> all_operators();
template std::vector<named_operator<std::complex<double>>> all_operators();
