// SPDX-License-Identifier: BSD-3-Clause
// One central core for several chains: exact where there is one up to gauge, at least as good as noise elsewhere, and the
// optimum where that is known.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <limits>
#include <random>
#include <span>
#include <vector>

#include <xtn/tt/shared_centre.hpp>

#include "random_matrix.hpp"

BOOST_AUTO_TEST_SUITE(tt_shared_centre)

namespace {

namespace tt = xtn::tt;
using list = std::vector<std::size_t>;
using random_matrix::relative_distance, random_matrix::says;

struct layout {
    list out, in, bonds;
    std::size_t centre;
};
const layout layouts[] = {{{2, 3, 2}, {3, 2, 2}, {5, 4}, 1}, {{2, 2, 2, 2, 2}, {2, 2, 2, 2, 2}, {4, 8, 7, 3}, 2},
                          {{4, 3, 4}, {3, 4, 4}, {6, 9}, 0}, {{4, 3, 4}, {3, 4, 4}, {6, 9}, 2},
                          {{12, 10}, {8, 12}, {7}, 0},       {{6, 5}, {5, 6}, {8}, 1}};

/// Chains of random auxiliaries around one core, each disturbed by noise of this relative size and scaled by its number.
template <class T>
std::vector<tt::mpo<T>> with_common_core(const layout& s, std::size_t count, double noise, std::mt19937_64& engine) {
    const auto common = random_matrix::chain<T>(s.out, s.in, s.bonds, engine).cores()[s.centre];
    std::vector<tt::mpo<T>> chains;
    for (std::size_t l = 0; l < count; ++l) {
        auto cores = random_matrix::chain<T>(s.out, s.in, s.bonds, engine).cores();
        cores[s.centre] = common;
        for (T& x : cores[s.centre])
            x = static_cast<xtn::real_of<T>>(l + 1) *
                (x + static_cast<xtn::real_of<T>>(noise) * random_matrix::number<T>(engine));
        chains.emplace_back(std::move(cores));
    }
    return chains;
}

template <class T>
void check_consistent(const std::vector<tt::mpo<T>>& exact, const tt::shared_centre_result<T, 2>& shared,
                      std::size_t centre) {
    BOOST_REQUIRE_EQUAL(shared.chains.size(), exact.size());
    for (std::size_t l = 0; l < exact.size(); ++l) {
        const auto& chain = shared.chains[l];
        BOOST_TEST((chain.cores()[centre] == shared.chains[0].cores()[centre]));
        BOOST_TEST(chain.out_sites() == exact[l].out_sites());
        BOOST_TEST(chain.in_sites() == exact[l].in_sites());
        for (std::size_t k = 0; k < chain.bonds().size(); ++k) BOOST_TEST(chain.bonds()[k] <= exact[l].bonds()[k]);
        BOOST_TEST(std::abs(relative_distance(chain.to_dense(), exact[l].to_dense()) - shared.relative_errors[l]) <=
                   random_matrix::tight<T>);
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(a_common_core_is_found_up_to_gauge, T, random_matrix::scalars) {
    std::mt19937_64 engine(81);
    for (const layout& s : layouts)
        for (const std::size_t count : {1U, 2U, 5U}) {
            const auto exact = with_common_core<T>(s, count, 0, engine);
            const auto shared = tt::shared_centre(exact, s.centre);
            check_consistent(exact, shared, s.centre);
            for (const double error : shared.relative_errors) BOOST_TEST(error <= 10 * random_matrix::rounding<T>());
        }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_is_nearly_common_is_nearly_kept, T, random_matrix::scalars) {
    std::mt19937_64 engine(82);
    for (const layout& s : layouts) {
        const double noise = 0.02;
        const auto exact = with_common_core<T>(s, 4, noise, engine);
        const auto shared = tt::shared_centre(exact, s.centre);
        check_consistent(exact, shared, s.centre);
        // The undisturbed core would leave about the noise; badly conditioned gauges may show it enlarged.
        for (const double error : shared.relative_errors) BOOST_TEST(error <= 3 * noise);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(two_sites_reach_the_joint_svd, T, random_matrix::scalars) {
    // W_l = C H_l: the optimum is the truncated SVD of all W_l side by side (Eckart and Young).
    std::mt19937_64 engine(83);
    const std::size_t out = 20, in = 12, count = 3, rank = 6;
    std::vector<tt::mpo<T>> exact;
    xt::xtensor<T, 2> together = xt::xtensor<T, 2>::from_shape({out, count * in});
    for (std::size_t l = 0; l < count; ++l) {
        exact.push_back(random_matrix::chain<T>({out, 1}, {1, in}, {rank}, engine));
        const auto w = exact.back().to_dense();
        for (std::size_t o = 0; o < out; ++o)
            for (std::size_t i = 0; i < in; ++i) together(o, l * in + i) = w(o, i);
    }
    const auto f = tt::svd(together);
    const double optimum = tt::frobenius_norm(std::span(f.s.data() + rank, f.s.size() - rank));
    const auto shared = tt::shared_centre(exact, 0, {.most = 400, .improvement = 1e-6});
    check_consistent(exact, shared, 0);
    double error = 0;
    for (std::size_t l = 0; l < count; ++l) error = std::hypot(error, shared.relative_errors[l] * tt::norm(exact[l]));
    BOOST_TEST(error >= optimum * (1 - 1e-3));
    BOOST_TEST(error <= optimum * (1 + 1e-2));
}

BOOST_AUTO_TEST_CASE(unrelated_chains_keep_what_sweeps_can_find) {
    std::mt19937_64 engine(84);
    std::vector<tt::mpo<double>> exact;
    for (int l = 0; l < 3; ++l) exact.push_back(random_matrix::chain<double>({4, 4, 4}, {4, 4, 4}, {8, 8}, engine));
    double before = 1;
    for (const std::size_t most : {1U, 5U, 50U}) {
        const auto shared = tt::shared_centre(exact, 1, {.most = most, .improvement = 0});
        check_consistent(exact, shared, 1);
        double error = 0;
        for (std::size_t l = 0; l < 3; ++l) error = std::hypot(error, shared.relative_errors[l] * tt::norm(exact[l]));
        error /= std::hypot(tt::norm(exact[0]), tt::norm(exact[1]), tt::norm(exact[2]));
        BOOST_TEST(error < before);
        before = error;
    }
    BOOST_TEST(before < 0.8);
}

BOOST_AUTO_TEST_CASE(singular_and_zero_chains) {
    // Bonds beyond the rank: no balanced form exists. A zero layer fits any core.
    std::mt19937_64 engine(85);
    xtn::random_stream random(1);
    const layout s{{2, 3, 2}, {3, 2, 2}, {3, 3}, 1};
    std::vector<tt::mpo<double>> exact;
    for (const auto& chain : with_common_core<double>(s, 3, 0, engine))
        exact.push_back(tt::grow_bonds(chain, 4, random));
    exact.push_back(0 * exact.front());
    const auto shared = tt::shared_centre(exact, 1);
    for (std::size_t l = 0; l < 3; ++l) BOOST_TEST(shared.relative_errors[l] <= 1e-6);
    BOOST_TEST(shared.relative_errors[3] == 0.0);
    BOOST_TEST(random_matrix::norm(shared.chains[3].to_dense()) <= 1e-12);
    const auto zero = tt::shared_centre(std::vector{0 * exact.front(), 0 * exact.front()}, 1);
    BOOST_TEST(zero.relative_errors == (std::vector<double>{0, 0}));
}

BOOST_AUTO_TEST_CASE(refusals) {
    std::mt19937_64 engine(86);
    const auto chain = [&](const list& out, const list& bonds) {
        return random_matrix::chain<double>(out, list(out.size(), 2), bonds, engine);
    };
    using chains = std::vector<tt::mpo<double>>;
    BOOST_CHECK_EXCEPTION(tt::shared_centre(chains{}, 0), xtn::shape_error, says("at least one chain"));
    BOOST_CHECK_EXCEPTION(tt::shared_centre(chains{chain({2}, {})}, 0), xtn::shape_error, says("no auxiliaries"));
    BOOST_CHECK_EXCEPTION(tt::shared_centre(chains{chain({2, 2}, {3})}, 2), xtn::shape_error,
                          says("the centre is site 2, but the chains have 2"));
    BOOST_CHECK_EXCEPTION(tt::shared_centre(chains{chain({2, 2}, {3}), chain({2, 3}, {3})}, 0), xtn::shape_error,
                          says("chains 0 and 1): the extents of out differ at site 1: 2 and 3"));
    BOOST_CHECK_EXCEPTION(tt::shared_centre(chains{chain({2, 2}, {3}), chain({2, 2}, {2})}, 0), xtn::shape_error,
                          says("bond 0 differs: 3 and 2"));
    auto cores = chain({2, 2}, {3}).cores();
    cores[0](0, 1, 1, 2) = std::numeric_limits<double>::quiet_NaN();
    BOOST_CHECK_THROW(tt::shared_centre(chains{tt::mpo<double>(std::move(cores))}, 1), xtn::numeric_error);
}

BOOST_AUTO_TEST_SUITE_END()
