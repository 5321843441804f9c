// SPDX-License-Identifier: BSD-3-Clause
// Operators made with a parameter in common: one tensor, errors as promised, the joint optimum, sums of gradients.
#include "../parameter_error.hpp"
#include "common.hpp"

#include <complex>

#include <xtn/train/parameter_store.hpp>

BOOST_AUTO_TEST_SUITE(op_sharing)

namespace {

using xtn::common_factor;

/// What every result promises: the parameter `shared` of each operator is one tensor, the others are its own; training
/// sees it once; gradients are sums over the operators; the errors are those of the reconstructed matrices.
template <class Operator>
void check_sharing(const xtn::sharing<Operator>& made, const std::vector<matrix>& exact, const std::string& shared) {
    BOOST_REQUIRE(made.operators.size() == exact.size());
    std::vector<xtn::named_parameter<double>> all;
    std::size_t count = 0, common = 0;
    for (std::size_t l = 0; l < exact.size(); ++l) {
        const matrix w = made.operators[l].to_dense();
        BOOST_TEST(std::abs(norm(matrix(w - exact[l])) / norm(exact[l]) - made.relative_errors[l]) < 1e-12);
        for (const auto& p : made.operators[l].parameters()) {
            const auto same = [&](const auto& q) { return q.value == p.value; };
            BOOST_TEST(std::any_of(all.begin(), all.end(), same) == (l > 0 && p.name == shared), p.name);
            all.push_back({std::to_string(l) + "." + p.name, p.value});
            count += p.value.size();
            if (p.name == shared) common = p.value.size();
        }
    }
    const std::size_t distinct = count - (exact.size() - 1) * common;
    BOOST_TEST(xtn::parameter_count(all) == distinct);
    xtn::parameter_store<double> store(all);
    BOOST_TEST(store.size() == distinct);

    const auto loss = [&](xtn::tape<double>& t) {
        std::optional<xtn::variable<double, 0>> sum;
        for (std::size_t l = 0; l < exact.size(); ++l) {
            const auto y = xtn::apply(made.operators[l], t.constant(random_matrix(3, exact[l].shape(1), l)));
            const auto square = xtn::einsum<"bo,bo,bo->">(y, y, random_matrix(3, exact[l].shape(0), l + 10));
            sum = sum ? *sum + square : square;
        }
        return *sum;
    };
    for (const auto& e : store.entries()) BOOST_TEST(test::parameter_error(e.value, loss) < 1e-7, e.name);

    for (double& x : store.values()) x *= 2;  // what training changes, all operators see
    for (const Operator& op : made.operators)
        for (const auto& p : op.parameters())
            BOOST_TEST((p.value.data() >= store.values().data() && p.value.data() < store.values().data() + distinct));
}

/// The norm of the singular values beyond a rank of the matrices side by side (or one above the other).
template <class T>
double joint_optimum(const std::vector<xt::xtensor<T, 2>>& matrices, std::size_t axis, std::size_t rank) {
    std::array<std::size_t, 2> shape{matrices[0].shape(0), matrices[0].shape(1)}, at{};
    for (std::size_t l = 1; l < matrices.size(); ++l) shape[axis] += matrices[l].shape(axis);
    xt::xtensor<T, 2> joint(shape);
    for (const auto& w : matrices) {
        for (std::size_t o = 0; o < w.shape(0); ++o)
            for (std::size_t i = 0; i < w.shape(1); ++i) joint(at[0] + o, at[1] + i) = w(o, i);
        at[axis] += w.shape(axis);
    }
    const auto s = xtn::tt::svd(joint).s;
    return xtn::tt::frobenius_norm(std::span(s).subspan(rank));
}

BOOST_AUTO_TEST_CASE(a_joint_low_rank_form_is_the_best_with_one_factor) {
    const std::vector<matrix> read{random_matrix(9, 8, 1), random_matrix(4, 8, 2), random_matrix(6, 8, 3)};
    std::vector<matrix> write;
    for (const matrix& w : read) write.push_back(xt::transpose(w));
    for (const std::size_t rank : {1u, 3u, 8u}) {
        const auto right = xtn::joint_low_rank(read, common_factor::right, rank);
        const auto left = xtn::joint_low_rank(write, common_factor::left, rank);
        for (const auto& [made, exact, axis] : {std::tuple(&right, &read, 0u), {&left, &write, 1u}}) {
            double error = 0;
            for (std::size_t l = 0; l < exact->size(); ++l)
                error = std::hypot(error, made->relative_errors[l] * norm((*exact)[l]));
            BOOST_TEST(std::abs(error - joint_optimum(*exact, axis, rank)) < 1e-12);
        }
        check_sharing(right, read, "right");
        check_sharing(left, write, "left");
    }
}

BOOST_AUTO_TEST_CASE(a_joint_low_rank_form_of_complex_matrices) {
    using complex = std::complex<double>;
    std::vector<xt::xtensor<complex, 2>> w(2, xt::xtensor<complex, 2>({7, 5}));
    xtn::random_stream random(3);
    for (auto& m : w) random.fill_normal(std::span<complex>(m.data(), m.size()), 1.0);
    const auto made = xtn::joint_low_rank(w, common_factor::right, 2);
    double error = 0;
    for (std::size_t l = 0; l < 2; ++l) {
        xt::xtensor<complex, 2> missed = made.operators[l].to_dense();
        missed -= w[l];
        error = std::hypot(error, xtn::tt::frobenius_norm(missed));
    }
    BOOST_TEST(std::abs(error - joint_optimum(w, 0, 2)) < 1e-12);
}

BOOST_AUTO_TEST_CASE(a_joint_low_rank_form_from_a_sketch_is_nearly_the_best) {
    const std::vector<matrix> w{random_matrix(60, 50, 1), random_matrix(30, 50, 2)};
    const auto made = xtn::joint_low_rank(w, common_factor::right, 5, xtn::tt::sketch{});
    const double error = std::hypot(made.relative_errors[0] * norm(w[0]), made.relative_errors[1] * norm(w[1]));
    BOOST_TEST(error > joint_optimum(w, 0, 5) * (1 + 1e-9));
    BOOST_TEST(error < joint_optimum(w, 0, 5) * 1.02);
}

using layout = xtn::scheme<xtn::sites<2, 3, 2>, xtn::sites<3, 2, 2>>;

/// Layers with random auxiliaries around one core, seen through random gauges.
std::vector<xtn::mpo<double, layout>> layers_with_common_core(std::size_t count) {
    const xtn::parameter<double> common(std::vector<std::size_t>{4, 3, 2, 3});
    xtn::random_stream random(7);
    random.fill_normal(common.values(), 1.0);
    std::vector<xtn::mpo<double, layout>> layers;
    for (std::size_t l = 0; l < count; ++l) {
        const xtn::parameter<double> first(std::vector<std::size_t>{1, 2, 3, 4}),
            last(std::vector<std::size_t>{3, 2, 2, 1});
        for (const auto& p : {first, last}) random.fill_normal(p.values(), 1.0);
        const xtn::mpo<double, layout> drawn({first, common, last});
        layers.push_back(xtn::mpo<double, layout>::from_dense(drawn.to_dense(), {.tolerance = 1e-12}));  // other gauges
    }
    return layers;
}

BOOST_AUTO_TEST_CASE(trained_operators_get_one_centre) {
    const auto layers = layers_with_common_core(3);
    std::vector<matrix> exact;
    for (const auto& layer : layers) exact.push_back(layer.to_dense());
    BOOST_REQUIRE((layers[0].cores()[1].shape() == std::vector<std::size_t>{4, 3, 2, 3}));
    const auto made = xtn::shared_centre(layers, 1);
    for (const double error : made.relative_errors) BOOST_TEST(error < 1e-12);
    check_sharing(made, exact, "cores.1");

    // Unrelated layers keep what one core can hold, and say how much that is.
    std::vector<xtn::mpo<double, layout>> unrelated;
    std::vector<matrix> dense;
    for (std::uint64_t l = 0; l < 2; ++l) {
        dense.push_back(random_matrix(12, 12, l));
        unrelated.push_back(xtn::mpo<double, layout>::from_dense(dense[l], 100));
    }
    const auto best = xtn::shared_centre(unrelated, 1, {.most = 20});
    for (const double error : best.relative_errors) BOOST_TEST((error > 0.05 && error < 0.95));
    check_sharing(best, dense, "cores.1");
}

BOOST_AUTO_TEST_CASE(what_cannot_share_says_why) {
    using namespace xtn;
    const auto joint = [](const std::vector<matrix>& w, common_factor f, std::size_t rank) {
        return joint_low_rank(w, f, rank);
    };
    const matrix a = random_matrix(4, 3, 1), b = random_matrix(4, 5, 2), c = random_matrix(6, 3, 3);
    BOOST_CHECK_EXCEPTION(joint({}, common_factor::right, 2), shape_error, says("at least one matrix"));
    BOOST_CHECK_EXCEPTION(joint({a, b}, common_factor::right, 2), shape_error,
                          says("matrix 0 has 3 columns and matrix 1 has 5; a common right factor"));
    BOOST_CHECK_EXCEPTION(joint({a, c}, common_factor::left, 2), shape_error,
                          says("matrix 0 has 4 rows and matrix 1 has 6; a common left factor"));
    BOOST_CHECK_EXCEPTION(joint({a, c}, common_factor::right, 0), shape_error, says("rank is 0"));

    using small = mpo<double, scheme<sites<2, 2>, sites<2, 2>>>;
    BOOST_CHECK_EXCEPTION(shared_centre(std::vector<small>{}, 0), shape_error, says("at least one chain"));
    BOOST_CHECK_EXCEPTION(shared_centre(std::vector{small(2)}, 2), shape_error, says("the centre is site 2"));
    BOOST_CHECK_EXCEPTION(shared_centre(std::vector{small(2), small(3)}, 0), shape_error,
                          says("bond 0 differs: 2 and 3"));
    const std::vector other_sites{mpo<double>(small(2).cores()),
                                  mpo<double>(mpo<double, balanced<4, 6, 2>>(2).cores())};
    BOOST_CHECK_EXCEPTION(shared_centre(other_sites, 0), shape_error, says("extents of in differ"));
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
