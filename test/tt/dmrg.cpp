// SPDX-License-Identifier: BSD-3-Clause
// The parts of tt/ at work: two-site DMRG (White, PRL 69, 2863 (1992)) for the critical Ising chain
//
//     H = - sum_k Z_k Z_{k+1} - sum_k X_k,      E_0 = 1 - 1 / sin(pi / (4 n + 2))  for open ends (Pfeuty 1970).
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstddef>
#include <numbers>
#include <random>
#include <vector>

#include <xtn/tt/algebra.hpp>
#include <xtn/tt/lanczos.hpp>

#include "random_matrix.hpp"

BOOST_AUTO_TEST_SUITE(tt_dmrg)

namespace {

namespace tt = xtn::tt;
using core = xt::xtensor<double, 4>;
using environment = xt::xtensor<double, 3>;

/// The Hamiltonian as an automaton with three states: before, between and behind Z Z.
tt::mpo<double> ising(std::size_t n) {
    core bulk = xt::zeros<double>({3, 2, 2, 3});
    const double z[] = {1, -1};
    for (std::size_t s = 0; s < 2; ++s) {
        bulk(0, s, s, 0) = bulk(2, s, s, 2) = 1;
        bulk(0, s, s, 1) = z[s];
        bulk(1, s, s, 2) = -z[s];
        bulk(0, s, 1 - s, 2) = -1;
    }
    core first = xt::zeros<double>({1, 2, 2, 3}), last = xt::zeros<double>({3, 2, 2, 1});
    for (std::size_t s = 0; s < 2; ++s)
        for (std::size_t t = 0; t < 2; ++t)
            for (std::size_t w = 0; w < 3; ++w) {
                first(0, s, t, w) = bulk(0, s, t, w);
                last(w, s, t, 0) = bulk(w, s, t, 2);
            }
    std::vector<core> cores(n, bulk);
    cores.front() = first;
    cores.back() = last;
    return tt::mpo<double>(std::move(cores));
}

}  // namespace

BOOST_AUTO_TEST_CASE(two_site_sweeps_find_the_ground_state) {
    const std::size_t n = 12, bond = 16;
    const auto h = ising(n);
    xtn::random_stream random(1);
    auto psi = tt::random_mps<double>(std::vector<std::size_t>(n, 2), 4, random);

    std::vector<environment> left(n), right(n);  // of the sites before and behind
    left[0] = right[n - 1] = xt::ones<double>({1, 1, 1});
    const auto grow_left = [&](std::size_t k) {
        const auto& a = psi.cores()[k];
        const auto& w = h.cores()[k];
        left[k + 1] = xtn::einsum<"cvd,coa,voiw,dib->awb">(left[k], a, w, a);
    };
    const auto grow_right = [&](std::size_t k) {
        const auto& a = psi.cores()[k];
        const auto& w = h.cores()[k];
        right[k - 1] = xtn::einsum<"awb,coa,voiw,dib->cvd">(right[k], a, w, a);
    };
    double energy = 0;
    const auto update = [&](std::size_t k, std::size_t centre) {
        const auto hamiltonian = [&](const core& t) {
            return xtn::einsum<"awb,wsSv,vtTx,bSTd,cxd->astc">(left[k], h.cores()[k], h.cores()[k + 1], t,
                                                               right[k + 1]);
        };
        const auto lowest = tt::lowest_eigenpair(hamiltonian, psi.pair(k), {.steps = 8});
        energy = lowest.value;
        return psi.set_pair(k, lowest.vector, centre, {.max_bond = bond, .tolerance = 1e-9});
    };
    for (std::size_t k = n - 1; k > 1; --k) grow_right(k);
    double discarded = 0;
    for (int sweep = 0; sweep < 8; ++sweep) {
        for (std::size_t k = 0; k + 2 < n; ++k) {
            update(k, k + 1);
            grow_left(k);
        }
        for (std::size_t k = n - 1; k-- > 0;) {
            discarded = update(k, k);
            if (k > 0) grow_right(k + 1);
        }
    }
    const double exact = 1 - 1 / std::sin(std::numbers::pi / (4.0 * n + 2));
    BOOST_TEST(discarded <= 1e-5);
    BOOST_TEST(energy == exact, boost::test_tools::tolerance(1e-8));
    BOOST_TEST(tt::inner(psi, h, psi) == exact, boost::test_tools::tolerance(1e-8));
    BOOST_TEST(tt::norm(psi) == 1.0, boost::test_tools::tolerance(1e-8));
    BOOST_TEST((psi.centre() == 0U));
    for (const std::size_t r : psi.bonds()) BOOST_TEST(r <= bond);
    // An eigenstate: H psi is E psi.
    BOOST_TEST(tt::norm(h * psi - exact * psi) <= 1e-3);
}

BOOST_AUTO_TEST_SUITE_END()
