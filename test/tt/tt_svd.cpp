// SPDX-License-Identifier: BSD-3-Clause
// TT-SVD: reference errors, exact recovery, its error formula and bounds, the promise of a tolerance, edges, refusals.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <xtn/io/safetensors.hpp>
#include <xtn/scheme/balanced.hpp>
#include <xtn/tt/svd.hpp>
#include <xtn/tt/tt_svd.hpp>

#include "random_matrix.hpp"
#include "xtn_paths.hpp"

BOOST_AUTO_TEST_SUITE(tt_tt_svd)

namespace {

namespace tt = xtn::tt;
using list = std::vector<std::size_t>;

std::size_t product(const list& extents) {
    return std::accumulate(extents.begin(), extents.end(), std::size_t{1}, std::multiplies<>{});
}

/// The distances from w to its best approximations with these bonds, one per unfolding; built by digits.
template <class T>
std::vector<double> optimal_tails(const xt::xtensor<T, 2>& w, const list& out, const list& in, const list& bonds) {
    std::vector<double> tails;
    for (std::size_t cut = 1; cut < out.size(); ++cut) {
        const std::size_t out_right = product(list(out.begin() + static_cast<std::ptrdiff_t>(cut), out.end()));
        const std::size_t in_right = product(list(in.begin() + static_cast<std::ptrdiff_t>(cut), in.end()));
        const std::size_t in_left = w.shape(1) / in_right;
        auto unfolding = xt::xtensor<T, 2>::from_shape({w.size() / (out_right * in_right), out_right * in_right});
        for (std::size_t o = 0; o < w.shape(0); ++o)
            for (std::size_t i = 0; i < w.shape(1); ++i)
                unfolding(o / out_right * in_left + i / in_right, o % out_right * in_right + i % in_right) = w(o, i);
        const auto f = tt::svd(unfolding);
        const std::span<const xtn::real_of<T>> s(f.s);
        tails.push_back(tt::frobenius_norm(s.subspan(std::min(s.size(), bonds[cut - 1]))));
    }
    return tails;
}

/// The largest bonds that the sites permit.
list full_bonds(const list& out, const list& in) {
    list bonds;
    std::size_t left = 1, right = product(out) * product(in);
    for (std::size_t k = 0; k + 1 < out.size(); ++k) {
        left *= out[k] * in[k];
        right /= out[k] * in[k];
        bonds.push_back(std::min(left, right));
    }
    return bonds;
}

struct shape {
    list out, in;
};

shape random_shape(std::mt19937_64& engine, std::size_t most_sites) {
    const std::size_t n = random_matrix::between(engine, 1, most_sites);
    shape s{list(n), list(n)};
    for (auto* extents : {&s.out, &s.in})
        for (std::size_t& e : *extents) e = random_matrix::between(engine, 1, 4);
    return s;
}

/// Random with decaying singular values: a full chain whose bond indices are damped.
xt::xtensor<double, 2> compressible(const shape& s, std::mt19937_64& engine) {
    auto cores = random_matrix::chain<double>(s.out, s.in, full_bonds(s.out, s.in), engine).cores();
    const double decay = 0.2 + 0.3 * (random_matrix::uniform(engine) + 1);
    for (auto& core : cores)
        for (std::size_t i = 0; i < core.size(); ++i)
            core.data()[i] *= std::pow(decay, static_cast<double>(i % core.shape(3)));
    return tt::mpo<double>(cores).to_dense();
}

}  // namespace

BOOST_AUTO_TEST_CASE(reference_errors) {
    struct {
        const char* name;
        list out, in;
    } const matrices[] = {{"W.128x128_2", {8, 16}, {8, 16}},
                          {"W.512x128_3", {8, 8, 8}, {4, 4, 8}},
                          {"W.128x512_3", {4, 4, 8}, {8, 8, 8}},
                          {"W.65x128_2", {5, 13}, {8, 16}},
                          {"W.96x64_3", {4, 4, 6}, {4, 4, 4}}};
    const auto file = xtn::load_safetensors(std::string(XTN_TEST_DATA) + "/tt_svd.safetensors");
    const auto rows = file.read<double>("case_bond_error");
    BOOST_REQUIRE_EQUAL(rows.size(), 75U);
    for (std::size_t r = 0; r < rows.size(); r += 3) {
        const auto& m = matrices[static_cast<std::size_t>(rows[r])];
        const tt::truncation limit{.max_bond = static_cast<std::size_t>(rows[r + 1])};
        const double expected = rows[r + 2];
        // One row discards nothing: its error is rounding, here as there.
        const bool exact = expected < 1e-12;
        const double close = exact ? 1e-14 : 1e-10 * expected;
        const double close_float = exact ? 1e-5 : 1e-4 * expected;
        const auto values = file.read<double>(m.name);
        auto w = xt::xtensor<double, 2>::from_shape({product(m.out), product(m.in)});
        std::copy(values.begin(), values.end(), w.begin());
        const xt::xtensor<float, 2> w_float = w;
        BOOST_TEST_CONTEXT(m.name << " at bond " << limit.max_bond) {
            const auto result = tt::tt_svd(w, m.out, m.in, limit);
            BOOST_TEST(std::abs(result.relative_error - expected) <= close);
            BOOST_TEST(std::abs(random_matrix::relative_distance(result.chain.to_dense(), w) - expected) <= close);
            const auto result_float = tt::tt_svd(w_float, m.out, m.in, limit);
            BOOST_TEST(std::abs(result_float.relative_error - expected) <= close_float);
            BOOST_TEST(std::abs(random_matrix::relative_distance(result_float.chain.to_dense(), w_float) - expected) <=
                       close_float);
        }
    }
}

BOOST_AUTO_TEST_CASE(recovers_a_chain_at_its_own_bond) {
    std::mt19937_64 engine(11);
    const list out{3, 4, 2, 3}, in{4, 2, 3, 3};
    for (const std::size_t bond : {1U, 3U, 5U}) {
        const auto w = random_matrix::chain<double>(out, in, list(3, bond), engine).to_dense();
        const auto result = tt::tt_svd(w, out, in, {.max_bond = bond});
        BOOST_TEST(result.chain.bonds() == list(3, bond));
        BOOST_TEST(result.relative_error <= 1e-14);
        BOOST_TEST(random_matrix::relative_distance(result.chain.to_dense(), w) <= 1e-14);
        // A tolerance above the rounding finds the bonds by itself.
        BOOST_TEST(tt::tt_svd(w, out, in, {.tolerance = 1e-12}).chain.bonds() == list(3, bond));
    }
}

BOOST_AUTO_TEST_CASE(error_is_the_true_one_and_within_its_bounds) {
    std::mt19937_64 engine(12);
    for (int trial = 0; trial < 100; ++trial) {
        const shape s = random_shape(engine, 4);
        const auto w = trial % 2 == 0 ? random_matrix::matrix<double>(product(s.out), product(s.in), engine)
                                      : compressible(s, engine);
        const std::size_t bond = random_matrix::between(engine, 1, 9);
        const auto result = tt::tt_svd(w, s.out, s.in, {.max_bond = bond});
        const double error = random_matrix::relative_distance(result.chain.to_dense(), w);
        BOOST_TEST(std::abs(result.relative_error - error) <= 1e-13);

        // Between the best approximation of any single unfolding, and the root of the sum of their squares.
        double least = 0, most = 0;
        for (const double tail : optimal_tails(w, s.out, s.in, result.chain.bonds())) {
            least = std::max(least, tail);
            most = std::hypot(most, tail);
        }
        const double norm = random_matrix::norm(w);
        BOOST_TEST(error >= least / norm - 1e-13);
        BOOST_TEST(error <= most / norm + 1e-13);
    }
}

BOOST_AUTO_TEST_CASE(tolerance_is_kept_and_not_wasted) {
    std::mt19937_64 engine(13);
    int truncated = 0;
    for (int trial = 0; trial < 300; ++trial) {
        const shape s = random_shape(engine, 4);
        const auto w = compressible(s, engine);
        const double tolerance = std::pow(10.0, 4 * (random_matrix::uniform(engine) - 1));  // 1e-8 to 1
        const auto result = tt::tt_svd(w, s.out, s.in, {.tolerance = tolerance});
        BOOST_TEST(result.relative_error <= tolerance);
        BOOST_TEST(random_matrix::relative_distance(result.chain.to_dense(), w) <= tolerance + 1e-13);
        truncated += result.chain.bonds() != full_bonds(s.out, s.in);

        // No bond exceeds the rank that its unfolding needs for the step's share of the error.
        const double share = tolerance / std::sqrt(static_cast<double>(std::max<std::size_t>(s.out.size(), 2) - 1));
        list fewer = result.chain.bonds();
        for (std::size_t& r : fewer) --r;
        const auto tails = optimal_tails(w, s.out, s.in, fewer);
        for (std::size_t k = 0; k < tails.size(); ++k)
            BOOST_TEST((fewer[k] == 0 || tails[k] > share * random_matrix::norm(w) * (1 - 1e-9)));
    }
    BOOST_TEST(truncated > 60);
}

BOOST_AUTO_TEST_CASE(float_tolerance) {
    std::mt19937_64 engine(14);
    for (int trial = 0; trial < 50; ++trial) {
        const shape s = random_shape(engine, 4);
        const xt::xtensor<float, 2> w = compressible(s, engine);
        const auto result = tt::tt_svd(w, s.out, s.in, {.tolerance = 1e-2});
        BOOST_TEST(random_matrix::relative_distance(result.chain.to_dense(), w) <= 1e-2 + 1e-5);
    }
}

BOOST_AUTO_TEST_CASE(both_limits_hold) {
    std::mt19937_64 engine(15);
    const shape s{{4, 3, 4}, {3, 4, 2}};
    const auto w = compressible(s, engine);
    const auto loose = tt::tt_svd(w, s.out, s.in, {.tolerance = 1e-3});
    const std::size_t cap = loose.chain.bonds()[0] - 1;
    BOOST_REQUIRE(cap >= 1);
    const auto both = tt::tt_svd(w, s.out, s.in, {.max_bond = cap, .tolerance = 1e-3});
    for (const std::size_t r : both.chain.bonds()) BOOST_TEST(r <= cap);
    BOOST_TEST(both.relative_error > loose.relative_error);
    const auto roomy = tt::tt_svd(w, s.out, s.in, {.max_bond = 1000, .tolerance = 1e-3});
    BOOST_TEST(roomy.chain.bonds() == loose.chain.bonds());
}

BOOST_AUTO_TEST_CASE(large_bonds_saturate) {
    std::mt19937_64 engine(16);
    const list out{2, 3, 2}, in{3, 2, 2};
    const auto w = random_matrix::matrix<double>(12, 12, engine);
    for (const tt::truncation& limit : {tt::truncation{}, tt::truncation{.max_bond = 1000}}) {
        const auto result = tt::tt_svd(w, out, in, limit);
        BOOST_TEST(result.chain.bonds() == (list{6, 4}));
        BOOST_TEST(result.relative_error == 0.0);
        BOOST_TEST(random_matrix::relative_distance(result.chain.to_dense(), w) <= 1e-14);
    }
}

BOOST_AUTO_TEST_CASE(cores_are_left_orthogonal) {
    std::mt19937_64 engine(17);
    const auto w = random_matrix::matrix<double>(24, 24, engine);
    const auto chain = tt::tt_svd(w, {2, 3, 4}, {4, 3, 2}, {.max_bond = 5}).chain;
    for (std::size_t k = 0; k + 1 < chain.site_count(); ++k) {
        const auto& core = chain.cores()[k];
        const std::size_t bond = core.shape(3);
        for (std::size_t a = 0; a < bond; ++a)
            for (std::size_t b = 0; b < bond; ++b) {
                double overlap = a == b ? -1 : 0;
                for (std::size_t i = 0; i < core.size(); i += bond) overlap += core.data()[i + a] * core.data()[i + b];
                BOOST_TEST(std::abs(overlap) <= 1e-13);
            }
    }
}

BOOST_AUTO_TEST_CASE(edges) {
    std::mt19937_64 engine(18);
    const auto w = random_matrix::matrix<double>(6, 4, engine);

    const auto one = tt::tt_svd(w, {6}, {4}, {.max_bond = 1, .tolerance = 0.5});  // one site: nothing to truncate
    BOOST_TEST(one.relative_error == 0.0);
    BOOST_TEST(random_matrix::relative_distance(one.chain.to_dense(), w) == 0.0);

    const auto ones = tt::tt_svd(w, {1, 6, 1, 1}, {1, 1, 4, 1}, {.max_bond = 4});
    BOOST_TEST(ones.chain.bonds() == (list{1, 4, 1}));
    BOOST_TEST(random_matrix::relative_distance(ones.chain.to_dense(), w) <= 1e-14);

    const auto all = tt::tt_svd(w, {2, 3}, {2, 2}, {.tolerance = 5.0});  // all may go, one bond stays
    BOOST_TEST(all.chain.bonds() == list{1});

    xt::xtensor<double, 2> zero = xt::xtensor<double, 2>::from_shape({6, 4});
    zero.fill(0);
    for (const tt::truncation& limit : {tt::truncation{.max_bond = 2}, tt::truncation{.tolerance = 0.1}}) {
        const auto result = tt::tt_svd(zero, {2, 3}, {2, 2}, limit);
        BOOST_TEST(result.relative_error == 0.0);
        for (const double x : result.chain.to_dense()) BOOST_TEST(x == 0.0);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(every_scalar_type, T, random_matrix::scalars) {
    constexpr double close = random_matrix::tight<T>;
    std::mt19937_64 engine(21);
    for (int trial = 0; trial < 30; ++trial) {
        const shape s = random_shape(engine, 4);
        const auto w = random_matrix::matrix<T>(product(s.out), product(s.in), engine);
        const auto [chain, error] = tt::tt_svd(w, s.out, s.in, {.max_bond = random_matrix::between(engine, 1, 9)});
        BOOST_TEST((chain.centre() == chain.site_count() - 1));
        BOOST_TEST(random_matrix::canonical_defect(chain, chain.site_count() - 1) <= close);
        BOOST_TEST(std::abs(random_matrix::relative_distance(chain.to_dense(), w) - error) <= close);
        double most = 0;
        for (const double tail : optimal_tails(w, s.out, s.in, chain.bonds())) most = std::hypot(most, tail);
        BOOST_TEST(error <= most / random_matrix::norm(w) + close);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_vector_becomes_a_state, T, random_matrix::scalars) {
    constexpr double close = random_matrix::tight<T>;
    std::mt19937_64 engine(22);
    xt::xtensor<T, 1> v = xt::xtensor<T, 1>::from_shape({3 * 4 * 2 * 5});
    random_matrix::fill(v, engine);
    const auto exact = tt::tt_svd(v, {3, 4, 2, 5});
    BOOST_TEST(exact.chain.bonds() == (list{3, 10, 5}));
    BOOST_TEST(exact.relative_error == 0.0);
    BOOST_TEST(random_matrix::relative_distance(exact.chain.to_dense(), v) <= close);
    const auto truncated = tt::tt_svd(v, {3, 4, 2, 5}, {.max_bond = 2});
    BOOST_TEST(truncated.chain.bonds() == (list{2, 2, 2}));
    BOOST_TEST(std::abs(random_matrix::relative_distance(truncated.chain.to_dense(), v) - truncated.relative_error) <=
               close);
    // A state is recovered at its own bonds, exactly and from a sketch.
    const auto state = random_matrix::state<T>({64, 64, 64}, {2, 3}, engine);
    for (const auto& how : {std::optional<tt::sketch>{}, std::optional<tt::sketch>{tt::sketch{}}}) {
        const auto again = tt::tt_svd(state.to_dense(), {64, 64, 64}, {.max_bond = 8, .tolerance = close}, how);
        BOOST_TEST(again.chain.bonds() == (list{2, 3}));
        BOOST_TEST(random_matrix::relative_distance(again.chain.to_dense(), state.to_dense()) <= 2 * close);
    }
}

BOOST_AUTO_TEST_CASE(takes_the_sites_of_a_scheme) {
    using layout = xtn::balanced<24, 18, 3>;
    std::mt19937_64 engine(19);
    const auto w = random_matrix::matrix<float>(layout::out, layout::in, engine);
    const auto result = tt::tt_svd(w, layout::out_sites, layout::in_sites);
    BOOST_TEST(result.chain.out_sites() == list(layout::out_sites.begin(), layout::out_sites.end()));
    BOOST_TEST(random_matrix::relative_distance(result.chain.to_dense(), w) <= 1e-5);
}

BOOST_AUTO_TEST_CASE(refusals) {
    std::mt19937_64 engine(20);
    auto w = random_matrix::matrix<double>(6, 4, engine);
    BOOST_CHECK_THROW(tt::tt_svd(w, {2, 3}, {4}), xtn::shape_error);
    BOOST_CHECK_THROW(tt::tt_svd(w, list{}, list{}), xtn::shape_error);
    BOOST_CHECK_THROW(tt::tt_svd(w, {2, 2}, {2, 2}), xtn::shape_error);
    BOOST_CHECK_THROW(tt::tt_svd(w, {2, 3}, {2, 3}), xtn::shape_error);
    BOOST_CHECK_THROW(tt::tt_svd(w, {2, 3}, {2, 2}, {.max_bond = 0}), xtn::shape_error);
    BOOST_CHECK_THROW(tt::tt_svd(w, {2, 3}, {2, 2}, {.tolerance = -1.0}), xtn::numeric_error);
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    BOOST_CHECK_THROW(tt::tt_svd(w, {2, 3}, {2, 2}, {.tolerance = nan}), xtn::numeric_error);
    BOOST_CHECK_THROW(tt::tt_svd(xt::xtensor<double, 2>::from_shape({0, 4}), {0}, {4}), xtn::shape_error);
    const xt::xtensor<double, 1> v = xt::ones<double>({6});
    BOOST_CHECK_EXCEPTION(tt::tt_svd(v, {2, 4}), xtn::shape_error,
                          random_matrix::says("the sites multiply to (8), but the shape is (6)"));
    BOOST_CHECK_EXCEPTION(tt::tt_svd(v, list{}), xtn::shape_error, random_matrix::says("at least one site"));

    auto huge = w;
    huge.fill(1e308);  // finite, but its norm is not
    BOOST_CHECK_THROW(tt::tt_svd(huge, {2, 3}, {2, 2}), xtn::numeric_error);

    w(4, 1) = nan;
    for (const list& sites : {list{6}, list{2, 3}})
        BOOST_CHECK_EXCEPTION(
            tt::tt_svd(w, sites, sites.size() == 1 ? list{4} : list{2, 2}), xtn::numeric_error,
            [](const xtn::numeric_error& e) { return std::string(e.what()).find("(4, 1)") != std::string::npos; });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_matrix_row_by_row_is_the_same, T, random_matrix::scalars) {
    std::mt19937_64 engine(31);
    const list out{3, 5, 2}, in{4, 2, 3};
    const auto w = random_matrix::matrix<T>(30, 24, engine);
    std::size_t next = 0;
    const auto row = [&](std::size_t o, std::span<T> values) {
        BOOST_TEST(o == next++ % 30);
        std::copy_n(&w(o, 0), values.size(), values.begin());
    };
    for (const std::optional<tt::sketch>& how : {std::optional<tt::sketch>(), {tt::sketch{.oversampling = 1}}}) {
        const auto whole = tt::tt_svd(w, out, in, {.max_bond = 2}, how);
        const auto rows = tt::tt_svd_of_rows<T>(row, out, in, {.max_bond = 2}, how);
        BOOST_TEST(rows.relative_error == whole.relative_error);
        BOOST_TEST((rows.chain.to_dense() == whole.chain.to_dense()));
    }
    BOOST_CHECK_THROW(tt::tt_svd_of_rows<T>(row, out, list{4}), xtn::shape_error);
    BOOST_CHECK_THROW(tt::tt_svd_of_rows<T>(row, list{0}, list{4}), xtn::shape_error);
    const auto broken = [](std::size_t o, std::span<T> values) {
        std::ranges::fill(values, T(o == 7 ? std::numeric_limits<xtn::real_of<T>>::infinity() : 1));
    };
    BOOST_CHECK_EXCEPTION(tt::tt_svd_of_rows<T>(broken, out, in), xtn::numeric_error, random_matrix::says("row 7"));
}

BOOST_AUTO_TEST_SUITE_END()
