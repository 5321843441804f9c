// SPDX-License-Identifier: BSD-3-Clause
// Compress a matrix: TT-SVD to a matrix product operator, bond by bond, against the best matrix of low rank (truncated
// SVD) with about as many parameters. The matrix is a convolution, smooth away from the diagonal.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <xtn/xtn.hpp>

int main() {
    const std::size_t n = 256;
    xt::xtensor<double, 2> w({n, n});
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j)
            w(i, j) = std::cos(0.2 * std::abs(double(i) - double(j))) / (1 + std::abs(double(i) - double(j)));
    const auto error_of = [&](const auto& op) {  // |W - W'|_F / |W|_F
        const xt::xtensor<double, 2> difference = w - op.to_dense();
        return xtn::tt::frobenius_norm(difference) / xtn::tt::frobenius_norm(w);
    };

    const auto svd = xtn::tt::svd(w);
    bool right = true;
    std::puts("bond  parameters   MPO error   SVD error   rank");
    for (const std::size_t bond : {2UL, 4UL, 8UL, 16UL, 32UL}) {
        double reported = 0;  // known from the discarded singular values
        const auto op = xtn::mpo<double, xtn::balanced<n, n, 4>>::from_dense(w, bond, &reported);
        const std::size_t parameters = xtn::parameter_count(op.parameters());
        const std::size_t rank = std::max<std::size_t>(1, parameters / (2 * n));
        const double error = error_of(op), svd_error = error_of(xtn::low_rank<double>::from_svd(svd, rank));
        std::printf("%4zu %11zu %11.2e %11.2e %6zu\n", bond, parameters, error, svd_error, rank);
        right = right && std::abs(error - reported) < 1e-10 && error < svd_error;
    }
    return right ? 0 : 1;
}
