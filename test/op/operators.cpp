// SPDX-License-Identifier: BSD-3-Clause
// Applying, reconstructing, decomposing and initialising each kind of operator.
#include "common.hpp"
#include "reference.hpp"

#include <limits>

BOOST_AUTO_TEST_SUITE(op_operators)

namespace {

BOOST_AUTO_TEST_CASE_TEMPLATE(apply_is_the_product_with_the_matrix, T, scalars) {
    for (const auto& o : all_operators<T>()) check_apply(o.op, o.name);
}

BOOST_AUTO_TEST_CASE(a_user_made_operator_is_its_network) {
    const auto op = drawn(kronecker_of_two<double>());
    const auto a = op.parameters()[0].value.values(), b = op.parameters()[1].value.values();
    const matrix w = op.to_dense();
    for (std::size_t o = 0; o < 2; ++o)
        for (std::size_t p = 0; p < 4; ++p)
            for (std::size_t i = 0; i < 3; ++i)
                for (std::size_t j = 0; j < 2; ++j)
                    BOOST_TEST(std::abs(w(o * 4 + p, i * 2 + j) - a[o * 3 + i] * b[p * 2 + j]) < 1e-15);
}

BOOST_AUTO_TEST_CASE(mpo_reference_tensors) {
    for (const std::string name : {"mpo_two_site", "mpo_three_site", "mpo_four_site"}) {
        const auto file = reference(name);
        std::vector<xtn::parameter<double>> cores;
        for (std::string core; file.contains(core = "core." + std::to_string(cores.size()));) {
            const auto& shape = file.shape(core);
            cores.emplace_back(std::vector<std::size_t>(shape.begin(), shape.end()));
            file.read_into<double>(core, cores.back().values(), shape);
        }
        const xtn::mpo<double> op(cores);
        BOOST_TEST(difference(op.to_dense(), read(file, "dense")) < 1e-10, name);

        xtn::tape<double> t;
        const auto x = t.leaf(read(file, "x"));
        const auto y = xtn::apply(op, x);
        BOOST_TEST(difference(matrix(y.value()), read(file, "y")) < 1e-10, name);
        const matrix dy = read(file, "dy");
        t.seed(y, dy.data());
        t.backward();
        BOOST_TEST(difference(matrix(x.gradient()), read(file, "grad.x")) < 1e-10, name);
        for (std::size_t k = 0; k < cores.size(); ++k) {
            const auto expected = file.read<double>("grad.core." + std::to_string(k));
            double worst = 0, scale = 0;
            for (std::size_t i = 0; i < expected.size(); ++i) {
                worst = std::max(worst, std::abs(t.gradient(cores[k])[i] - expected[i]));
                scale = std::max(scale, std::abs(expected[i]));
            }
            BOOST_TEST(worst / scale < 1e-10, name << ", core " << k);
        }
    }
}

BOOST_AUTO_TEST_CASE(decompositions_recover_their_own_matrix) {
    const auto chain = drawn(xtn::mpo<double, xtn::balanced<64, 48, 3>, 4>());
    double error = 1;
    const matrix w = chain.to_dense();
    const auto again = xtn::mpo<double, xtn::balanced<64, 48, 3>>::from_dense(w, 4, &error);
    BOOST_TEST(error < 1e-14);
    BOOST_TEST(difference(again.to_dense(), w) < 1e-13);
    BOOST_TEST(difference(xtn::mpo<double>(again.chain()).to_dense(), w) < 1e-13);

    const auto thin = drawn(xtn::low_rank<double>(20, 15, 4));
    BOOST_TEST(difference(xtn::low_rank<double>::from_dense(thin.to_dense(), 4).to_dense(), thin.to_dense()) < 1e-13);

    // A padded operator shows the matrix and hides the rest; a generous bond makes it exact.
    const matrix odd = random_matrix(97, 30, 3);
    const auto padded = xtn::mpo<double, xtn::padded<97, 30, 2>>::from_dense(odd, 1000, &error);
    BOOST_TEST(difference(padded.to_dense(), odd) < 1e-12);

    using small = xtn::mpo<double, xtn::balanced<8, 8, 2>>;
    BOOST_CHECK_THROW(small::from_dense(odd, 2), xtn::shape_error);
}

/// The mean square of the entries of W over draws against sigma^2. Entries of one draw share factors, and a product of d
/// normal numbers has kurtosis 3^d, so the tolerance comes from the spread between draws. `wanted` is the mean over W where
/// not every entry has that variance.
template <class Op>
void check_initialisation(const Op& op, const std::string& what, double wanted = 1) {
    constexpr double sigma = 0.02;
    constexpr int draws = 200;
    xtn::random_stream random(11);
    double sum = 0, sum_of_squares = 0, mean = 0;
    for (int d = 0; d < draws; ++d) {
        xtn::init_normal(op, sigma, random);
        const matrix w = op.to_dense();
        double square = 0;
        for (const double e : w) {
            square += e * e;
            mean += e;
        }
        square /= static_cast<double>(w.size()) * sigma * sigma * wanted;
        sum += square;
        sum_of_squares += square * square;
    }
    const double average = sum / draws;
    const double spread = std::sqrt((sum_of_squares / draws - average * average) / draws);
    BOOST_TEST(std::abs(average - 1) < 5 * spread, what << ": variance is off by a factor of " << average);
    BOOST_TEST(spread < 0.08, what << ": the test could not see an error, spread " << spread);
    BOOST_TEST(std::abs(mean / (draws * static_cast<double>(op.out() * op.in()))) < 0.1 * sigma, what);
}

BOOST_AUTO_TEST_CASE(initialisation_gives_the_wanted_standard_deviation) {
    using namespace xtn;
    using k = coefficients;
    check_initialisation(dense<double>(16, 16), "dense");
    check_initialisation(low_rank<double>(32, 32, 8), "low rank");
    check_initialisation(mpo<double, balanced<64, 64, 2>>(8), "two sites");
    check_initialisation(mpo<double, balanced<64, 64, 3>>(8), "three sites");
    check_initialisation(mpo<double, balanced<256, 256, 4>>(6), "four sites");
    check_initialisation(mpo<double, padded<97, 64, 3>>(8), "padded");
    check_initialisation(kronecker<double>({8, 8}, {8, 8}), "Kronecker");
    check_initialisation(tucker<double>({32}, {32}, 16), "Tucker");
    check_initialisation(spectral<double>(32, 48, support::zigzag(k::fraction(0.2))), "zigzag");
    check_initialisation(spectral<double>(32, 48, support::rectangle(k::fraction(0.2))), "rectangle");
    check_initialisation(spectral<double>(32, 48, support::scattered(k::fraction(0.1), 1)), "scattered");
    check_initialisation(spectral<double>(32, 32, support::zigzag(k::count(300)), basis::random_orthonormal(2)),
                         "random basis");
    check_initialisation(symmetric<double>(24), "symmetric");
    check_initialisation(sum(mpo<double, balanced<64, 64, 2>>(8), low_rank<double>(64, 64, 4)), "sum");
    check_initialisation(product(low_rank<double>(32, 32, 8), dense<double>(32, 32)), "product");
    check_initialisation(scaled(-3, dense<double>(16, 16)), "scaled");
    check_initialisation(transposed(spectral<double>(32, 48, support::zigzag(k::fraction(0.2)))), "transposed");

    // Blocks have the wanted deviation inside, and half of this matrix is outside of them; so have the entries of T T^T
    // off the diagonal.
    check_initialisation(block_diagonal(dense<double>(16, 16), low_rank<double>(16, 16, 4)), "blocks", 0.5);
    const parameter<double> blocks = zeros({4, 8, 8});
    check_initialisation(any_operator<double>({"goi", "go", "gi", {blocks}}, {{"blocks", blocks}}), "equal blocks",
                         0.25);
    constexpr double n = 48, rank = 8;
    check_initialisation(gram<double>(48, 8), "Gram", ((n - 1) * rank + rank * (rank + 2)) / (n * rank));
}

// A complex entry has E|W|^2 = sigma^2, and constants may be of any size.
BOOST_AUTO_TEST_CASE_TEMPLATE(initialisation_in_all_scalar_types, T, scalars) {
    using namespace xtn;
    using real = real_of<T>;
    const auto mean_square = [](const any_operator<T>& op, double sigma) {
        random_stream random(3);
        double sum = 0;
        for (int d = 0; d < 50; ++d) {
            init_normal(op, sigma, random);
            const double size = norm<T>(op.to_dense());
            sum += size * size / static_cast<double>(op.out() * op.in()) / sigma / sigma;
        }
        return sum / 50;
    };
    const low_rank<T> a(32, 32, 8);
    BOOST_TEST(std::abs(mean_square(a, 0.02) - 1) < 0.15);
    const auto tiny = static_cast<real>(std::ldexp(1.0, -18 * static_cast<int>(sizeof(real))));  // its square is 0
    for (const T& factor : {T(tiny), T(1 / tiny)})
        BOOST_TEST(std::abs(mean_square(scaled(factor, a), 0.02) - 1) < 0.15);
}

BOOST_AUTO_TEST_CASE(deviations_that_cannot_be) {
    using namespace xtn;
    random_stream random(1);
    const low_rank<double> op = drawn(low_rank<double>(4, 3, 2));
    const matrix before = op.to_dense();
    for (const double sigma : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), -1.0})
        BOOST_CHECK_EXCEPTION(init_normal(op, sigma, random), numeric_error, says("finite and at least 0, not"));
    BOOST_CHECK_EXCEPTION(init_normal(scaled(0.0, op), 1, random), numeric_error, says("\"or,ri,\""));
    BOOST_CHECK_EXCEPTION(init_normal(scaled(1e-200, scaled(1e-200, dense<double>(2, 2))), 1, random), numeric_error,
                          says("too small or large"));
    BOOST_CHECK_EXCEPTION(init_normal(dense<float>(2, 2), 1e40, random), numeric_error, says("too small or large"));
    BOOST_TEST(difference(op.to_dense(), before) == 0);
    init_normal(op, 0, random);
    BOOST_TEST(norm(op.to_dense()) == 0);
    const any_operator<double> constant({"oi", "o", "i", {factor<double>::constant(before)}}, {});
    init_normal(sum(constant, dense<double>(4, 3)), 1, random);  // of which only one can be drawn
}

BOOST_AUTO_TEST_CASE(shared_factors_count_once_and_sum_their_gradients) {
    const xtn::parameter<double> shared(random_matrix(4, 5, 1));
    const xtn::parameter<double> left(random_matrix(3, 4, 2)), other(random_matrix(6, 4, 3));
    const xtn::low_rank<double> a(left, shared), b(other, shared);
    std::vector<xtn::named_parameter<double>> all = a.parameters();
    for (auto& p : b.parameters()) all.push_back(p);
    BOOST_TEST(xtn::parameter_count(all) == 12 + 20 + 24);

    const matrix x = random_matrix(7, 5, 4);
    const auto gradient_of = [&](bool use_a, bool use_b) {
        xtn::tape<double> t;
        const auto v = t.constant(x);
        const auto square = [](const auto& y) { return xtn::einsum<"bo,bo->">(y, y); };
        if (use_a && use_b)
            t.backward(square(xtn::apply(a, v)) + square(xtn::apply(b, v)));
        else
            t.backward(square(use_a ? xtn::apply(a, v) : xtn::apply(b, v)));
        return std::vector<double>(t.gradient(shared).begin(), t.gradient(shared).end());
    };
    const auto both = gradient_of(true, true), first = gradient_of(true, false), second = gradient_of(false, true);
    for (std::size_t i = 0; i < both.size(); ++i) BOOST_TEST(std::abs(both[i] - first[i] - second[i]) < 1e-11);
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
