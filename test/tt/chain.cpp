// SPDX-License-Identifier: BSD-3-Clause
// Chains: states against their definition, single entries, canonical forms with a moving centre, pairs of sites,
// factories, refusals.
#include <boost/test/unit_test.hpp>

#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <xtn/tt/algebra.hpp>

#include "random_matrix.hpp"

BOOST_AUTO_TEST_SUITE(tt_chain)

namespace {

namespace tt = xtn::tt;
using list = std::vector<std::size_t>;
using random_matrix::canonical_defect, random_matrix::relative_distance, random_matrix::says, random_matrix::tight;

template <class T>
tt::mpo<T> any_operator(std::mt19937_64& engine) {
    const std::size_t n = random_matrix::between(engine, 1, 6);
    const list out = random_matrix::extents(engine, n, 3), in = random_matrix::extents(engine, n, 3);
    return random_matrix::chain<T>(out, in, random_matrix::extents(engine, n - 1, 7), engine);
}
template <class T>
tt::mps<T> any_state(std::mt19937_64& engine) {
    const std::size_t n = random_matrix::between(engine, 1, 6);
    const list sites = random_matrix::extents(engine, n, 4);
    return random_matrix::state<T>(sites, random_matrix::extents(engine, n - 1, 7), engine);
}

template <class Chain>
void check_moves(const Chain& exact, std::mt19937_64& engine) {
    using T = typename Chain::value_type;
    const auto dense = exact.to_dense();
    auto x = exact;
    for (int move = 0; move < 4; ++move) {
        const std::size_t k = random_matrix::between(engine, 0, x.site_count() - 1);
        x.move_centre(k);
        BOOST_TEST((x.centre() == k));
        BOOST_TEST(canonical_defect(x, k) <= tight<T>);
        BOOST_TEST(relative_distance(x.to_dense(), dense) <= tight<T>);
        BOOST_TEST(random_matrix::norm(x.cores()[k]) == random_matrix::norm(dense),
                   boost::test_tools::tolerance(tight<T>));
        for (std::size_t j = 0; j < x.bonds().size(); ++j) BOOST_TEST(x.bonds()[j] <= exact.bonds()[j]);
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(states_and_their_entries, T, random_matrix::scalars) {
    std::mt19937_64 engine(51);
    for (int trial = 0; trial < 20; ++trial) {
        const auto psi = any_state<T>(engine);
        const list sites = psi.sites();
        const auto dense = psi.to_dense();
        for (std::size_t s = 0; s < dense.size(); ++s) {
            list digits(sites.size());
            std::size_t rest = s;
            for (std::size_t k = sites.size(); k-- > 0; rest /= sites[k]) digits[k] = rest % sites[k];
            const T expected = random_matrix::entry(psi, s);
            BOOST_TEST(std::abs(dense(s) - expected) <= 100 * tight<T>);
            BOOST_TEST(std::abs(psi.element(digits) - expected) <= 100 * tight<T>);
        }
    }
    const auto w = random_matrix::chain<T>({2, 3}, {3, 2}, {4}, engine);
    for (std::size_t o = 0; o < 6; ++o)
        for (std::size_t i = 0; i < 6; ++i)
            BOOST_TEST(std::abs(w.element({o / 3, o % 3}, {i / 2, i % 2}) - random_matrix::entry(w, o, i)) <=
                       10 * tight<T>);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_centre_moves_and_the_map_stays, T, random_matrix::scalars) {
    std::mt19937_64 engine(52);
    for (int trial = 0; trial < 25; ++trial) {
        check_moves(any_operator<T>(engine), engine);
        check_moves(any_state<T>(engine), engine);
    }
}

BOOST_AUTO_TEST_CASE(a_move_by_one_site_touches_two_cores) {
    std::mt19937_64 engine(53);
    auto psi = random_matrix::state<double>({2, 3, 2, 3, 2}, {4, 4, 4, 4}, engine);
    BOOST_TEST(!psi.centre());
    psi.move_centre(2);
    const auto before = psi.cores();
    psi.move_centre(3);
    for (const std::size_t k : {0U, 1U, 4U}) BOOST_TEST((psi.cores()[k] == before[k]));
    BOOST_TEST((psi.cores()[2] != before[2]));
    const auto right = psi.cores();
    psi.move_centre(3);
    for (std::size_t k = 0; k < 5; ++k) BOOST_TEST((psi.cores()[k] == right[k]));
}

BOOST_AUTO_TEST_CASE(scaling_keeps_the_canonical_form) {
    std::mt19937_64 engine(54);
    auto psi = random_matrix::state<double>({2, 3, 2}, {4, 4}, engine);
    const auto dense = psi.to_dense();
    psi.move_centre(1);
    psi *= 3;
    psi /= 2;
    BOOST_TEST((psi.centre() == 1U));
    BOOST_TEST(canonical_defect(psi, 1) <= 1e-13);
    BOOST_TEST(psi.element({1, 2, 0}) == 1.5 * dense(1 * 6 + 2 * 2), boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(pairs_are_split, T, random_matrix::scalars) {
    std::mt19937_64 engine(55);
    for (int trial = 0; trial < 20; ++trial) {
        auto psi =
            random_matrix::state<T>(random_matrix::extents(engine, 5, 3), random_matrix::extents(engine, 4, 5), engine);
        const std::size_t k = random_matrix::between(engine, 0, 3), from = k + random_matrix::between(engine, 0, 1),
                          to = k + random_matrix::between(engine, 0, 1);
        psi.move_centre(from);
        const auto dense = psi.to_dense();

        auto exact = psi;
        BOOST_TEST(exact.set_pair(k, psi.pair(k), to) <= tight<T>);
        BOOST_TEST((exact.centre() == to));
        BOOST_TEST(canonical_defect(exact, to) <= tight<T>);
        BOOST_TEST(relative_distance(exact.to_dense(), dense) <= tight<T>);

        auto truncated = psi;
        const double error = truncated.set_pair(k, psi.pair(k), to, {.max_bond = 1});
        BOOST_TEST(truncated.bonds()[k] == 1U);
        BOOST_TEST(canonical_defect(truncated, to) <= tight<T>);
        BOOST_TEST(std::abs(relative_distance(truncated.to_dense(), dense) - error) <= tight<T>);

        const double tolerance = 0.3;
        auto tolerant = psi;
        BOOST_TEST(tolerant.set_pair(k, psi.pair(k), to, {.tolerance = tolerance}) <= tolerance);
        BOOST_TEST(relative_distance(tolerant.to_dense(), dense) <= tolerance + tight<T>);
    }
    auto w = random_matrix::chain<T>({2, 3, 2}, {3, 2, 2}, {4, 4}, engine);
    w.move_centre(1);
    const auto dense = w.to_dense();
    const auto pair = w.pair(0);
    BOOST_TEST(pair.dimension() == 6U);
    BOOST_TEST(w.set_pair(0, pair, 0) <= tight<T>);
    BOOST_TEST(relative_distance(w.to_dense(), dense) <= tight<T>);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_truncating_move, T, random_matrix::scalars) {
    std::mt19937_64 engine(56);
    auto psi = random_matrix::state<T>({3, 4, 4, 3}, {3, 9, 3}, engine);
    psi.move_centre(3);
    const auto dense = psi.to_dense();
    const double error = psi.move_centre(1, {.max_bond = 2});
    BOOST_TEST(psi.bonds() == (list{3, 2, 2}));
    BOOST_TEST((psi.centre() == 1U));
    BOOST_TEST(canonical_defect(psi, 1) <= tight<T>);
    BOOST_TEST(error > 0.01);
    BOOST_TEST(std::abs(relative_distance(psi.to_dense(), dense) - error) <= tight<T>);
    BOOST_TEST(psi.move_centre(1, {.max_bond = 1}) == 0.0);  // no way, no truncation
}

BOOST_AUTO_TEST_CASE_TEMPLATE(factories, T, random_matrix::scalars) {
    std::mt19937_64 engine(57);
    xt::xtensor<T, 1> a = xt::zeros<T>({2}), b = xt::zeros<T>({3});
    random_matrix::fill(a, engine);
    random_matrix::fill(b, engine);
    const auto state = tt::product_state<T>({a, b, a});
    BOOST_TEST(state.bonds() == (list{1, 1}));
    BOOST_TEST(std::abs(state.element({1, 2, 0}) - a(1) * b(2) * a(0)) <= tight<T>);

    const auto m = random_matrix::matrix<T>(2, 3, engine), n = random_matrix::matrix<T>(3, 2, engine);
    const auto dense = tt::product_operator<T>({m, n}).to_dense();  // the Kronecker product
    for (std::size_t o = 0; o < 6; ++o)
        for (std::size_t i = 0; i < 6; ++i)
            BOOST_TEST(std::abs(dense(o, i) - m(o / 3, i / 2) * n(o % 3, i % 2)) <= tight<T>);
    BOOST_TEST(random_matrix::distance_from_identity(tt::identity<T>({2, 3, 2}).to_dense()) == 0.0);

    xtn::random_stream random(1), again(1);
    const auto psi = tt::random_mps<T>({2, 3, 2, 2, 4}, 5, random);
    BOOST_TEST(psi.bonds() == (list{2, 5, 5, 4}));
    BOOST_TEST((psi.centre() == 0U));
    BOOST_TEST(canonical_defect(psi, 0) <= tight<T>);
    BOOST_TEST(random_matrix::norm(psi.to_dense()) == 1.0, boost::test_tools::tolerance(tight<T>));
    BOOST_TEST((tt::random_mps<T>({2, 3, 2, 2, 4}, 5, again).cores()[2] == psi.cores()[2]));
    const auto w = tt::random_mpo<T>({2, 3, 2}, {2, 2, 1}, 100, random);
    BOOST_TEST(w.bonds() == (list{4, 2}));
    BOOST_TEST(random_matrix::norm(w.to_dense()) == 1.0, boost::test_tools::tolerance(tight<T>));
    // Long chains neither overflow nor vanish, nor does their largest bond overflow an integer.
    const auto chain = tt::random_mps<T>(list(100, 2), 8, random);
    BOOST_TEST(chain.bonds()[50] == 8U);
    BOOST_TEST(tt::norm(chain) == 1.0, boost::test_tools::tolerance(tight<T>));
}

BOOST_AUTO_TEST_CASE(refusals) {
    using core = xt::xtensor<double, 3>;
    const auto shaped = [](std::size_t l, std::size_t p, std::size_t r) { return core::from_shape({l, p, r}); };
    BOOST_CHECK_EXCEPTION(tt::mps<double>({shaped(1, 2, 3), shaped(4, 2, 1)}), xtn::shape_error,
                          says("mps: the core of site 1 has the left bond 4, but the right bond of site 0 is 3"));
    BOOST_CHECK_EXCEPTION(tt::mps<double>(std::vector<core>{}), xtn::shape_error, says("at least one core"));
    BOOST_CHECK_EXCEPTION(tt::mps<double>({shaped(1, 0, 1)}), xtn::shape_error, says("its shape is (1, 0, 1)"));
    BOOST_CHECK_EXCEPTION(tt::mps<double>({shaped(1, 2, 1)}, 1), xtn::shape_error, says("no site 1 in a chain of 1"));

    std::mt19937_64 engine(58);
    auto psi = random_matrix::state<double>({2, 3, 2}, {2, 2}, engine);
    BOOST_CHECK_EXCEPTION(psi.move_centre(3), xtn::shape_error, says("no site 3 in a chain of 3"));
    BOOST_CHECK_EXCEPTION(psi.move_centre(1, tt::truncation{}), xtn::error, says("call move_centre(site) first"));
    BOOST_CHECK_EXCEPTION(psi.element({1, 1}), xtn::shape_error, says("3 sites needs as many digits, not 2"));
    BOOST_CHECK_EXCEPTION(psi.element({1, 3, 0}), xtn::shape_error, says("site 1 is 3, but its extent is 3"));
    BOOST_CHECK_EXCEPTION(psi.pair(2), xtn::shape_error, says("site 2 is the last"));
    BOOST_CHECK_EXCEPTION(psi.set_pair(0, psi.pair(0), 0), xtn::error, says("call move_centre(0) first"));
    psi.move_centre(0);
    BOOST_CHECK_EXCEPTION(psi.set_pair(1, psi.pair(1), 1), xtn::error, says("sites 1 and 2 are not the centre"));
    BOOST_CHECK_EXCEPTION(psi.set_pair(0, psi.pair(1), 0), xtn::shape_error,
                          says("need a tensor of shape (1, 2, 3, 2), not (2, 3, 2, 1)"));
    BOOST_CHECK_EXCEPTION(psi.set_pair(0, psi.pair(0), 2), xtn::shape_error, says("site 0 or 1, not 2"));
    BOOST_CHECK_EXCEPTION(psi.set_pair(0, psi.pair(0), 0, {.max_bond = 0}), xtn::shape_error, says("bond is 0"));
    auto infinite = psi.pair(0);
    infinite(0, 1, 2, 0) = std::numeric_limits<double>::infinity();
    BOOST_CHECK_THROW(psi.set_pair(0, infinite, 0), xtn::numeric_error);
    BOOST_CHECK_EXCEPTION(psi.move_centre(2, {.tolerance = -1}), xtn::numeric_error, says("finite and at least 0"));

    xtn::random_stream random(1);
    BOOST_CHECK_EXCEPTION(tt::random_mps<double>({}, 2, random), xtn::shape_error, says("at least one site"));
    BOOST_CHECK_EXCEPTION(tt::random_mps<double>({2, 2}, 0, random), xtn::shape_error, says("the bond is 0"));
    BOOST_CHECK_EXCEPTION(tt::random_mps<double>({2, 0, 2}, 3, random), xtn::shape_error, says("is empty"));
    BOOST_CHECK_EXCEPTION(tt::random_mpo<double>({2, 2}, {2}, 3, random), xtn::shape_error, says("2 and 1"));
    BOOST_CHECK_EXCEPTION(tt::product_state<double>({}), xtn::shape_error, says("at least one core"));
}

BOOST_AUTO_TEST_SUITE_END()
