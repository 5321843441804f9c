// SPDX-License-Identifier: BSD-3-Clause
// What every from_dense promises, in all scalar types: its own matrices come back, the error is the true one, another size
// of the numbers changes nothing, and nothing is stored that the matrix has no use for.
#include "common.hpp"

#include <functional>
#include <limits>
#include <optional>

BOOST_AUTO_TEST_SUITE(op_decompositions)

namespace {

using namespace xtn;
using sites_list = std::vector<std::size_t>;

template <class T>
struct decomposition {
    std::string name;
    any_operator<T> own;  ///< of which it must find the matrix
    std::function<any_operator<T>(const matrix_of<T>&, double*)> from_dense;
};

template <class T>
std::vector<decomposition<T>> decompositions() {
    using w = const matrix_of<T>&;
    using k = coefficients;
    using layout = scheme<sites<2, 3, 2>, sites<3, 2, 2>>;
    const sites_list out{2, 3, 2}, in{3, 2, 2}, two{3, 4}, two_in{4, 3};
    std::vector<decomposition<T>> all{
        {"dense", dense<T>(12, 12), [](w m, double*) { return dense<T>::from_dense(m); }},
        {"low rank", low_rank<T>(12, 12, 3), [](w m, double* e) { return low_rank<T>::from_dense(m, 3, e); }},
        {"sketched low rank", low_rank<T>(12, 12, 3),
         [](w m, double* e) { return low_rank<T>::from_dense(m, 3, e, tt::sketch{.oversampling = 3}); }},
        {"MPO by bond", mpo<T, layout>(2), [](w m, double* e) { return mpo<T, layout>::from_dense(m, 2, e); }},
        {"MPO by tolerance", mpo<T>(out, in, 2),
         [=](w m, double* e) { return mpo<T>::from_dense(m, out, in, {.max_bond = 9, .tolerance = 1e-5}, e); }},
        {"Kronecker of two", kronecker<T>(two, two_in),
         [=](w m, double* e) { return kronecker<T>::from_dense(m, two, two_in, e); }},
        {"Kronecker of three", kronecker<T, layout>(),
         [](w m, double* e) { return kronecker<T, layout>::from_dense(m, e); }},
        {"Tucker", tucker<T>(two, two_in, 2),
         [=](w m, double* e) { return tucker<T>::from_dense(m, two, two_in, 2, e); }},
        {"zigzag", spectral<T>(12, 12, support::zigzag(k::count(40))),
         [](w m, double* e) { return spectral<T>::from_dense(m, support::zigzag(k::count(40)), basis::dct2(), e); }},
        {"largest", spectral<T>(12, 12, support::scattered(k::count(40), 1), basis::random_orthonormal(2)),
         [](w m, double* e) {
             return spectral<T>::from_dense(m, support::largest(k::count(40)), basis::random_orthonormal(2), e);
         }},
        {"symmetric", symmetric<T>(12), [](w m, double*) { return symmetric<T>::from_dense(m); }},
    };
    random_stream random(3);
    for (const auto& d : all) init_normal(d.own, 1.0, random);
    return all;
}

template <class T>
double true_error(const any_operator<T>& op, const matrix_of<T>& w) {
    return norm(matrix_of<T>(w - op.to_dense())) / norm(w);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(their_own_matrices_come_back, T, scalars) {
    for (const auto& d : decompositions<T>()) {
        const matrix_of<T> w = d.own.to_dense();
        double error = 0;
        BOOST_TEST(true_error(d.from_dense(w, &error), w) < tight<T>, d.name);
        BOOST_TEST(error < tight<T>, d.name);
    }
    const auto exact = drawn(kronecker_of_two<T>());  // (2 x 3) x (4 x 2)
    double error = 1;
    kronecker<T>::from_dense(exact.to_dense(), {2, 4}, {3, 2}, &error);
    BOOST_TEST(error < tight<T>);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(errors_are_the_true_ones_at_any_size, T, scalars) {
    const auto e = sizeof(real_of<T>) == 4 ? std::vector{0, -90, -60, 60, 110} : std::vector{0, -900, -600, 600, 980};
    for (const auto& d : decompositions<T>())
        for (const double noise : {1e-3, 0.3}) {
            const matrix_of<T> own = d.own.to_dense();
            const auto scale = static_cast<real_of<T>>(noise * norm(own) / 12);
            const matrix_of<T> w = own + scale * random_matrix<T>(12, 12, 9);
            double expected = 0;
            for (const int power : e) {
                const auto by = static_cast<real_of<T>>(std::ldexp(1.0, power));
                const matrix_of<T> scaled = by * w;
                double error = 0;
                const any_operator<T> op = d.from_dense(scaled, &error);
                const matrix_of<T> back = op.to_dense() / by;
                const double measured = norm(matrix_of<T>(w - back)) / norm(w);
                if (power == 0) expected = measured;
                BOOST_TEST(std::abs(measured - expected) < tight<T>, d.name << ", 2^" << power);
                BOOST_TEST(std::abs(relative_error(op, scaled) - measured) < tight<T>, d.name << ", 2^" << power);
                if (d.name != "dense" && d.name != "symmetric")
                    BOOST_TEST(std::abs(error - measured) < tight<T>, d.name << ", 2^" << power);
            }
        }
}

// The error of a projection is the norm of what it drops, not the root of 1 - r^2, which is noise below 1e-8.
BOOST_AUTO_TEST_CASE(small_errors_of_a_projection) {
    for (const auto& b : {basis::dct2(), basis::random_orthonormal(3)}) {
        const auto where = support::zigzag(coefficients::count(30));
        const matrix w = drawn(spectral<double>(10, 8, where, b)).to_dense(), noise = random_matrix(10, 8, 4);
        double error = 1;
        spectral<double>::from_dense(w, where, b, &error);
        BOOST_TEST(error < 1e-14);
        const matrix near = w + 1e-11 * noise;
        const auto op = spectral<double>::from_dense(near, where, b, &error);
        BOOST_TEST(error == relative_error(op, near), boost::test_tools::tolerance(1e-3));
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(nothing_is_stored_beyond_the_matrix, T, scalars) {
    const auto w = random_matrix<T>(16, 15, 1);
    const auto count = [](const any_operator<T>& op) { return parameter_count(op.parameters()); };
    const auto thin = low_rank<T>::from_dense(w, 64);
    BOOST_TEST(thin.rank() == 15u);
    BOOST_TEST(true_error<T>(thin, w) < tight<T>);
    BOOST_TEST(count(low_rank<T>(16, 15, 64)) == 15u * 31);
    BOOST_TEST(count(gram<T>(5, 9)) == 25u);
    const std::vector<matrix_of<T>> both{w, random_matrix<T>(2, 15, 2)};
    BOOST_TEST(joint_low_rank(both, common_factor::right, 99).operators[1].rank() == 15u);
    using layout = scheme<sites<2, 2, 4>, sites<3, 5, 1>>;  // 6, 10 and 4 entries a site: bonds 6 and 4
    for (const any_operator<T>& op : {any_operator<T>(mpo<T, layout>(1000)), any_operator<T>(mpo<T, layout, 8>())})
        BOOST_TEST(count(op) == 6u * 6 + 6 * 10 * 4 + 4 * 4);
    BOOST_TEST((count(mpo<T, layout>::from_dense(w, 1000)) == count(mpo<T, layout>(1000))));
    // The rank of a site is at most the product of the others'.
    BOOST_TEST((tucker<T>({9}, {7}, 100).core().shape() == sites_list{7, 7}));
    BOOST_TEST((tucker<T>({16, 1}, {3, 1}, 100).core().shape() == sites_list{3, 1, 3, 1}));
    const auto full = tucker<T>::from_dense(w, {16, 1}, {3, 5}, 100);
    BOOST_TEST((full.core().shape() == sites_list{15, 1, 3, 5}));
    BOOST_TEST(true_error<T>(full, w) < tight<T>);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(zero_matrices, T, scalars) {
    const matrix_of<T> zero = xt::zeros<T>({12, 12});
    for (const auto& d : decompositions<T>()) {
        double error = 0;
        BOOST_TEST(norm<T>(d.from_dense(zero, &error).to_dense()) == 0, d.name);
        BOOST_TEST(error == 0, d.name);
    }
    const auto chain = mpo<T>::from_dense(zero, {2, 3, 2}, {3, 2, 2}, {.tolerance = 1e-3});
    for (const auto& core : chain.cores()) BOOST_TEST((core.shape()[0] == 1 && core.shape()[3] == 1));
}

BOOST_AUTO_TEST_CASE(entries_that_are_not_finite) {
    for (const auto& d : decompositions<double>()) {
        if (d.name == "dense" || d.name == "symmetric") continue;
        matrix w = random_matrix(12, 12, 1);
        w(3, 4) = std::numeric_limits<double>::quiet_NaN();
        BOOST_CHECK_EXCEPTION(d.from_dense(w, nullptr), numeric_error, says("entry (3, 4)"));
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
