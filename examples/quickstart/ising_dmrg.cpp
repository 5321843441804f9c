// SPDX-License-Identifier: BSD-3-Clause
// Two-site DMRG (White, PRL 69, 2863, 1992) for the critical transverse-field Ising chain with open ends,
//
//     H = - sum_k Z_k Z_{k+1} - sum_k X_k,      E_0 = 1 - 1 / sin(pi / (4 n + 2))  (free fermions: Pfeuty,
//                                                                                   Ann. Phys. 57, 79, 1970).
#include <cmath>
#include <iomanip>
#include <iostream>
#include <numbers>
#include <utility>
#include <vector>
#include <xtn/xtn.hpp>

namespace tt = xtn::tt;
using environment = xt::xtensor<double, 3>;  // (bond of the bra, bond of H, bond of the ket)

/// H with bonds of 3: before Z Z or X, between Z and Z, behind.
tt::mpo<double> ising(std::size_t n) {
    const double one[2][2] = {{1, 0}, {0, 1}}, z[2][2] = {{1, 0}, {0, -1}}, x[2][2] = {{0, 1}, {1, 0}};
    std::vector<xt::xtensor<double, 4>> cores;
    for (std::size_t k = 0; k < n; ++k) {
        const std::size_t first = 0, last = k + 1 == n ? 0 : 2;  // the last core keeps the column "behind" only
        xt::xtensor<double, 4> w = xt::zeros<double>({k == 0 ? 1UL : 3UL, 2UL, 2UL, last + 1});
        for (std::size_t s = 0; s < 2; ++s)
            for (std::size_t t = 0; t < 2; ++t) {
                w(first, s, t, last) = -x[s][t];
                if (k + 1 < n) w(first, s, t, 0) = one[s][t], w(first, s, t, 1) = -z[s][t];
                if (k > 0) w(1, s, t, last) = z[s][t], w(2, s, t, last) = one[s][t];
            }
        cores.push_back(std::move(w));
    }
    return tt::mpo<double>(std::move(cores));
}

int main() {
    const std::size_t n = 64;
    const tt::mpo<double> h = ising(n);
    xtn::random_stream random(1);
    auto psi = tt::random_mps<double>(std::vector<std::size_t>(n, 2), 4, random);  // its centre is site 0

    std::vector<environment> left(n), right(n);  // <psi|H|psi> of the sites before k, and behind k
    left.front() = right.back() = xt::ones<double>({1, 1, 1});
    const auto grow_left = [&](std::size_t k) {
        const auto& a = psi.cores()[k];
        left[k + 1] = xtn::einsum<"cvd,coa,voiw,dib->awb">(left[k], a, h.cores()[k], a);
    };
    const auto grow_right = [&](std::size_t k) {
        const auto& a = psi.cores()[k];
        right[k - 1] = xtn::einsum<"awb,coa,voiw,dib->cvd">(right[k], a, h.cores()[k], a);
    };
    const auto optimise = [&](std::size_t k, std::size_t centre, std::size_t bond) {  // sites k and k + 1
        const auto pair = tt::lowest_eigenpair(
            [&](const xt::xtensor<double, 4>& theta) {
                return xtn::einsum<"awb,wsSv,vtTx,bSTd,cxd->astc">(left[k], h.cores()[k], h.cores()[k + 1], theta,
                                                                   right[k + 1]);
            },
            psi.pair(k), {.steps = 6});
        psi.set_pair(k, pair.vector, centre, {.max_bond = bond, .tolerance = 1e-9});
        return pair.value;
    };

    const double exact = 1 - 1 / std::sin(std::numbers::pi / (4.0 * n + 2));
    double energy = 0;
    std::cout << std::setprecision(12);
    for (std::size_t k = n - 1; k > 1; --k) grow_right(k);
    for (const std::size_t bond : {8UL, 16UL, 24UL, 32UL}) {
        for (std::size_t k = 0; k + 2 < n; ++k) optimise(k, k + 1, bond), grow_left(k);
        for (std::size_t k = n - 1; k-- > 0;) {
            energy = optimise(k, k, bond);
            if (k > 0) grow_right(k + 1);
        }
        std::cout << "bond " << bond << ": energy " << energy << ", error " << energy - exact << '\n';
    }
    return std::abs(energy - exact) < 1e-8 ? 0 : 1;
}
