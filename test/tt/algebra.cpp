// SPDX-License-Identifier: BSD-3-Clause
// Algebra on chains against dense matrices by loops.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <complex>
#include <cstddef>
#include <random>
#include <vector>

#include <xtn/tt/algebra.hpp>

#include "random_matrix.hpp"

BOOST_AUTO_TEST_SUITE(tt_algebra)

namespace {

namespace tt = xtn::tt;
using list = std::vector<std::size_t>;
using random_matrix::relative_distance, random_matrix::says, random_matrix::tight, random_matrix::times;

/// sum conj(x) y of the entries.
template <class T, std::size_t N>
T dot(const xt::xtensor<T, N>& x, const xt::xtensor<T, N>& y) {
    T sum{};
    for (std::size_t i = 0; i < x.size(); ++i) sum += random_matrix::conjugate(x.data()[i]) * y.data()[i];
    return sum;
}

template <class T>
xt::xtensor<T, 2> column(const xt::xtensor<T, 1>& v) {
    xt::xtensor<T, 2> m = xt::xtensor<T, 2>::from_shape({v.size(), 1});
    std::copy(v.begin(), v.end(), m.begin());
    return m;
}

/// Sites a, b, c, two operators a <- b, one b <- c and two states on b.
template <class T>
struct sample {
    std::size_t n;
    list a, b, c, bonds;
    tt::mpo<T> u, v, w;
    tt::mps<T> x, y;

    explicit sample(std::mt19937_64& engine)
        : n(random_matrix::between(engine, 1, 4)),
          a(random_matrix::extents(engine, n, 3)),
          b(random_matrix::extents(engine, n, 3)),
          c(random_matrix::extents(engine, n, 3)),
          bonds(random_matrix::extents(engine, n - 1, 4)),
          u(random_matrix::chain<T>(a, b, bonds, engine)),
          v(random_matrix::chain<T>(a, b, random_matrix::extents(engine, n - 1, 4), engine)),
          w(random_matrix::chain<T>(b, c, bonds, engine)),
          x(random_matrix::state<T>(a, bonds, engine)),
          y(random_matrix::state<T>(b, random_matrix::extents(engine, n - 1, 4), engine)) {}
};

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(sums_and_scalings, T, random_matrix::scalars) {
    std::mt19937_64 engine(61);
    for (int trial = 0; trial < 20; ++trial) {
        const sample<T> s(engine);
        const xt::xtensor<T, 2> u = s.u.to_dense(), v = s.v.to_dense();
        const T factor = random_matrix::number<T>(engine);
        const auto check = [&](const tt::mpo<T>& chain, T from_u, T from_v) {
            auto expected = u;
            for (std::size_t i = 0; i < u.size(); ++i) expected.data()[i] = from_u * u.data()[i] + from_v * v.data()[i];
            BOOST_TEST(relative_distance(chain.to_dense(), expected) <= tight<T>);
        };
        check(s.u + s.v, 1, 1);
        check(s.u - s.v, 1, -1);
        check(-s.u, -1, 0);
        check(factor * s.u, factor, 0);
        check(s.u * factor, factor, 0);
        check(s.u / factor, T{1} / factor, 0);
        check(2 * s.u + s.v * factor, 2, factor);
        if (s.n > 1) BOOST_TEST((s.u + s.v).bonds()[0] == s.u.bonds()[0] + s.v.bonds()[0]);
        const auto psi = s.x + s.x;
        BOOST_TEST(relative_distance(psi.to_dense(), (T(2) * s.x).to_dense()) <= tight<T>);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(products, T, random_matrix::scalars) {
    std::mt19937_64 engine(62);
    for (int trial = 0; trial < 20; ++trial) {
        const sample<T> s(engine);
        BOOST_TEST(relative_distance((s.u * s.w).to_dense(), times(s.u.to_dense(), s.w.to_dense())) <= tight<T>);
        BOOST_TEST(relative_distance(column((s.u * s.y).to_dense()), times(s.u.to_dense(), column(s.y.to_dense()))) <=
                   tight<T>);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(transpose_adjoint_conjugate_trace, T, random_matrix::scalars) {
    std::mt19937_64 engine(63);
    for (int trial = 0; trial < 20; ++trial) {
        const sample<T> s(engine);
        const auto dense = s.u.to_dense(), h = tt::adjoint(s.u).to_dense(), t = tt::transpose(s.u).to_dense(),
                   c = tt::conj(s.u).to_dense();
        double worst = 0;
        for (std::size_t o = 0; o < dense.shape(0); ++o)
            for (std::size_t i = 0; i < dense.shape(1); ++i)
                worst = std::max({worst, static_cast<double>(std::abs(t(i, o) - dense(o, i))),
                                  static_cast<double>(std::abs(h(i, o) - random_matrix::conjugate(dense(o, i)))),
                                  static_cast<double>(std::abs(c(o, i) - random_matrix::conjugate(dense(o, i))))});
        BOOST_TEST(worst <= tight<T> * random_matrix::norm(dense));

        const auto square = s.u * tt::transpose(s.v);
        const auto matrix = square.to_dense();
        T sum{};
        for (std::size_t o = 0; o < matrix.shape(0); ++o) sum += matrix(o, o);
        BOOST_TEST(std::abs(tt::trace(square) - sum) <= tight<T> * random_matrix::norm(matrix) * 10);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(inner_products_and_norms, T, random_matrix::scalars) {
    std::mt19937_64 engine(64);
    for (int trial = 0; trial < 20; ++trial) {
        const sample<T> s(engine);
        const auto u = s.u.to_dense(), v = s.v.to_dense();
        const auto x = s.x.to_dense(), y = s.y.to_dense();
        const double size = random_matrix::norm(u) * random_matrix::norm(v);
        BOOST_TEST(std::abs(tt::inner(s.u, s.v) - dot(u, v)) <= tight<T> * size);
        BOOST_TEST(std::abs(tt::inner(s.x, s.x) - dot(x, x)) <= tight<T> * static_cast<double>(std::abs(dot(x, x))));
        const auto uy = times(u, column(y));
        BOOST_TEST(std::abs(tt::inner(s.x, s.u, s.y) - dot(column(x), uy)) <=
                   tight<T> * random_matrix::norm(x) * random_matrix::norm(u) * random_matrix::norm(y));
        BOOST_TEST(tt::norm(s.u) == random_matrix::norm(u), boost::test_tools::tolerance(tight<T>));
        auto canonical = s.y;
        canonical.move_centre(s.n / 2);
        BOOST_TEST(tt::norm(canonical) == random_matrix::norm(y), boost::test_tools::tolerance(tight<T>));
    }
}

BOOST_AUTO_TEST_CASE(the_norm_of_a_small_difference_is_exact) {
    std::mt19937_64 engine(65);
    const auto x = random_matrix::state<double>({3, 3, 3}, {3, 3}, engine);
    auto y = x;
    y *= 1 + 1e-11;
    BOOST_TEST(tt::norm(y - x) / tt::norm(x) == 1e-11, boost::test_tools::tolerance(1e-3));
    BOOST_TEST(tt::norm(x - x) <= 1e-14 * tt::norm(x));
}

BOOST_AUTO_TEST_CASE(long_chains_need_no_matrix) {
    // The identity on 100 sites of 2: its trace is 2^100, the norm its root.
    const auto one = tt::identity<double>(list(100, 2));
    BOOST_TEST(tt::trace(one) == std::ldexp(1.0, 100));
    BOOST_TEST(tt::inner(one, one) == std::ldexp(1.0, 100));
    BOOST_TEST(tt::norm(one) == std::ldexp(1.0, 50), boost::test_tools::tolerance(1e-13));
    xtn::random_stream random(1);
    const auto psi = tt::random_mps<double>(list(100, 2), 6, random);
    BOOST_TEST(tt::inner(psi, one, psi) == 1.0, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(tt::norm(one * psi - psi) <= 1e-12);
}

BOOST_AUTO_TEST_CASE(refusals) {
    std::mt19937_64 engine(66);
    const auto a = random_matrix::chain<double>({2, 3}, {3, 2}, {2}, engine),
               b = random_matrix::chain<double>({2, 3}, {3, 4}, {2}, engine),
               c = random_matrix::chain<double>({2, 2}, {3, 2}, {2}, engine),
               one = random_matrix::chain<double>({2}, {3}, {}, engine);
    const auto x = random_matrix::state<double>({3, 3}, {2}, engine);
    BOOST_CHECK_EXCEPTION(a + b, xtn::shape_error, says("operator+: the extents of in differ at site 1: 2 and 4"));
    BOOST_CHECK_EXCEPTION(a - c, xtn::shape_error, says("the extents of out differ at site 1: 3 and 2"));
    BOOST_CHECK_EXCEPTION(a + one, xtn::shape_error, says("chains of 2 and 1 sites do not fit"));
    BOOST_CHECK_EXCEPTION(a * x, xtn::shape_error, says("in of the operator and the state differ at site 1: 2 and 3"));
    BOOST_CHECK_EXCEPTION(a * a, xtn::shape_error,
                          says("in of the left and out of the right operator differ at site 0: 3 and 2"));
    BOOST_CHECK_EXCEPTION(tt::trace(a), xtn::shape_error, says("trace: out and in differ at site 0: 2 and 3"));
    BOOST_CHECK_EXCEPTION(tt::inner(a, b), xtn::shape_error, says("inner: the extents of in differ"));
    BOOST_CHECK_EXCEPTION(tt::inner(x, a, x), xtn::shape_error, says("the left state and out of the operator"));
    BOOST_CHECK_EXCEPTION(x + random_matrix::state<double>({3, 2}, {2}, engine), xtn::shape_error,
                          says("the extents differ at site 1: 3 and 2"));
}

BOOST_AUTO_TEST_SUITE_END()
