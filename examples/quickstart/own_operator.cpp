// SPDX-License-Identifier: BSD-3-Clause
// An operator of your own: the block-term decomposition, a sum of small Tucker operators
//
//     W[o, i] = sum_k sum_rs U_k[o, r] G_k[r, s] V_k[i, s]
//
// (De Lathauwer, SIAM J. Matrix Anal. Appl. 30, 2008). An operator is its network: the labels of its factors, of its out
// and of its in index. The rest is derived: applying it, its matrix, gradients, initialisation, names for files.
#include <cmath>
#include <iostream>
#include <span>
#include <tuple>
#include <xtn/xtn.hpp>

/// The sum of `blocks` Tucker operators of this rank.
template <xtn::scalar T>
struct block_term : xtn::any_operator<T> {
    block_term(std::size_t out, std::size_t in, std::size_t blocks, std::size_t rank)
        : block_term(xtn::parameter<T>({blocks, out, rank}), xtn::parameter<T>({blocks, rank, rank}),
                     xtn::parameter<T>({blocks, in, rank})) {}
    block_term(const xtn::parameter<T>& u, const xtn::parameter<T>& g, const xtn::parameter<T>& v)
        : xtn::any_operator<T>({"kor,krs,kis", "o", "i", {u, g, v}}, {{"u", u}, {"g", g}, {"v", v}}) {}
};

int main() {
    const block_term<double> w(96, 64, 4, 3);  // out, in, blocks, rank
    xtn::random_stream random(1);
    xtn::init_normal(w, 0.02, random);  // entries of W with standard deviation 0.02
    const auto matrix = w.to_dense();
    const double sigma = xtn::tt::frobenius_norm(matrix) / std::sqrt(96.0 * 64);
    std::cout << xtn::parameter_count(w.parameters()) << " parameters instead of " << matrix.size() << '\n';

    xt::xtensor<double, 2> x({10, 64});
    random.fill_normal(std::span(x.data(), x.size()), 1.0);
    const xt::xtensor<double, 2> difference =
        xtn::apply(w, x) - xt::xtensor<double, 2>(xtn::einsum<"bi,oi->bo">(x, matrix));
    const auto errors =
        xtn::check_gradient([&](auto&, const auto& rows) { return xtn::apply(w, rows); }, std::tuple(x));
    std::cout << "standard deviation " << sigma << ", gradient error " << errors.worst() << '\n';
    const bool right = xtn::tt::frobenius_norm(difference) < 1e-12 && std::abs(sigma - 0.02) < 0.01;
    return right && errors.worst() < 1e-8 ? 0 : 1;
}
