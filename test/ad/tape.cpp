// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <complex>
#include <vector>

#include <xtn/xtn.hpp>

#include "memory.hpp"

BOOST_AUTO_TEST_SUITE(ad_tape)

namespace {

using test::memory;

using xtn::einsum;

BOOST_AUTO_TEST_CASE(backward_runs_once_per_recording) {
    xtn::tape<double> t;
    const auto x = t.leaf(xt::xtensor<double, 1>({1., 2., 3.}));
    const auto y = einsum<"a,a->">(x, x);
    BOOST_TEST(y.item() == 14);
    t.backward(y);
    BOOST_TEST(x.gradient()(2) == 6);
    BOOST_CHECK_EXCEPTION(t.backward(), xtn::error, [](const xtn::error& e) {
        return std::string(e.what()).find("already") != std::string::npos;
    });
    t.clear();
    const auto z = t.leaf(xt::xtensor<double, 1>({1., 2., 3.}));
    t.backward(einsum<"a,a->">(z, z));
    BOOST_TEST(z.gradient()(0) == 2);
}

BOOST_AUTO_TEST_CASE(constants_get_no_gradient) {
    xtn::tape<double> t;
    const auto c = t.constant(xt::xtensor<double, 1>({1., 2.}));
    const auto x = t.leaf(xt::xtensor<double, 1>({3., 4.}));
    const auto y = einsum<"a,a->">(x, c);
    t.backward(y);
    BOOST_TEST(x.gradient()(1) == 2);
    BOOST_CHECK_THROW(c.gradient(), xtn::error);
    BOOST_CHECK(!c.needs_gradient());
    xtn::tape<double> u;
    const auto k = u.constant(xt::xtensor<double, 1>({1., 2.}));
    BOOST_CHECK_THROW(u.backward(einsum<"a,a->">(k, k)), xtn::error);
}

BOOST_AUTO_TEST_CASE(a_second_step_allocates_nothing) {
    xtn::tape<float> t;
    const xt::xtensor<float, 2> a = xt::ones<float>({20, 30}), b = xt::ones<float>({30, 40});
    std::size_t capacity = 0;
    for (int step = 0; step < 4; ++step) {
        t.clear();
        const auto y = einsum<"ij,jk->ik">(t.leaf(a), t.leaf(b));
        t.backward(einsum<"ik,ik->">(y, y));
        if (step == 1) capacity = t.capacity();
    }
    BOOST_TEST(t.capacity() == capacity);
}

BOOST_AUTO_TEST_CASE(bound_parameters_add_to_the_flat_buffer) {
    memory store(5);
    std::vector<double> gradients(5, 100.0);
    xtn::parameter<double> p(std::vector<std::size_t>{3});
    p.values()[1] = 7;
    store.take(p, 2, "p");
    BOOST_TEST(store.values[3] == 7);
    xtn::tape<double> t;
    t.attach(store, gradients);
    const auto x = t.leaf<1>(p);
    const auto again = t.leaf<1>(p);
    BOOST_TEST(x.node() == again.node());
    t.backward(einsum<"a,a->">(x, again));
    BOOST_TEST(gradients[1] == 100);
    BOOST_TEST(gradients[3] == 114);
    BOOST_CHECK_THROW(t.leaf<2>(p), xtn::shape_error);
}

BOOST_AUTO_TEST_CASE(shape_errors_name_label_and_extents) {
    xtn::tape<double> t;
    const auto x = t.leaf(xt::xtensor<double, 2>(std::array<std::size_t, 2>{2, 3}));
    const auto w = t.leaf(xt::xtensor<double, 2>(std::array<std::size_t, 2>{5, 4}));
    BOOST_CHECK_EXCEPTION((einsum<"bi,oi->bo">(x, w)), xtn::shape_error, [](const xtn::shape_error& e) {
        const std::string text = e.what();
        return text.find("'i'") != std::string::npos && text.find("4") != std::string::npos &&
               text.find("3") != std::string::npos && text.find("operand 1") != std::string::npos;
    });
}

BOOST_AUTO_TEST_CASE(empty_operands_have_zero_gradients) {
    xtn::tape<double> t;
    const auto x = t.leaf(xt::xtensor<double, 2>(std::array<std::size_t, 2>{0, 3}));
    const auto w = t.leaf(xt::xtensor<double, 2>(xt::ones<double>({0, 2})));
    const auto v = t.leaf(xt::xtensor<double, 1>({1., 1.}));
    const auto y = einsum<"bi,bo,o->i">(x, w, v);
    BOOST_TEST(y.value()(1) == 0);
    const std::vector<double> seed(3, 1.0);
    t.seed(y, seed.data());
    t.backward();
    BOOST_TEST(v.gradient()(0) == 0);
}

BOOST_AUTO_TEST_CASE(a_detached_variable_hands_nothing_on) {
    xtn::tape<double> t;
    const auto x = t.leaf(xt::xtensor<double, 1>({1., 2., 3.}));
    t.backward(xtn::einsum<"i,i->">(x, x.detach()));
    for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(x.gradient()(i) == x.value()(i));
}

BOOST_AUTO_TEST_CASE(under_no_gradient_nothing_is_recorded) {
    xtn::tape<double> t;
    const auto x = t.leaf(xt::xtensor<double, 1>({1., 2., 3.}));
    {
        const xtn::no_gradient guard(t);
        const auto y = xtn::einsum<"i,i->">(x, x);
        BOOST_TEST(y.item() == 14);
        BOOST_TEST(!y.needs_gradient());
        BOOST_CHECK_THROW(t.backward(y), xtn::error);
    }
    BOOST_TEST(xtn::einsum<"i,i->">(x, x).needs_gradient());
}

// A conjugated pair: L = |z|^2 summed, whose gradient is 2 z by the convention of PyTorch.
BOOST_AUTO_TEST_CASE(complex_gradients_point_uphill) {
    using complex = std::complex<double>;
    xtn::tape<complex> t;
    const xt::xtensor<complex, 1> z({complex(1, 2), complex(-3, 0.5)});
    const xt::xtensor<complex, 1> conjugate({std::conj(z(0)), std::conj(z(1))});
    const auto x = t.leaf(z);
    // sum z conj(c) with c = z held constant: d = Re(sum conj(g) dz) with g = c
    t.backward(xtn::einsum<"i,i->">(x, conjugate));
    for (std::size_t i = 0; i < 2; ++i) BOOST_TEST(std::abs(x.gradient()(i) - z(i)) < 1e-15);
}

BOOST_AUTO_TEST_CASE(residuals_within_a_limit) {
    const auto gradient = [](std::size_t limit, std::size_t& bytes) {
        xtn::tape<double> t;
        t.limit_residuals(limit);
        const auto x = t.leaf(xt::xtensor<double, 2>(xt::ones<double>({300, 200}))),
                   w = t.leaf(xt::xtensor<double, 2>(xt::ones<double>({200, 100}))),
                   v = t.leaf(xt::xtensor<double, 2>(xt::ones<double>({100, 2})));
        const std::size_t before = t.residual_bytes();
        t.backward(xtn::einsum<"ij,jk,kl->">(x, w, v));
        bytes = t.residual_bytes() - before;
        const std::size_t taken = t.residual_bytes();
        t.limit_residuals(0);  // below what is taken already: nothing more, and that is no "no limit"
        BOOST_TEST(!t.take_residuals(1));
        BOOST_TEST(t.residual_bytes() == taken);
        return xt::xtensor<double, 2>(w.gradient());
    };
    const auto explicitly = [](xtn::residuals wanted) {
        xtn::tape<double> t;
        t.limit_residuals(100);
        const auto x = t.leaf(xt::xtensor<double, 2>(xt::ones<double>({30, 20}))),
                   w = t.leaf(xt::xtensor<double, 2>(xt::ones<double>({20, 10}))),
                   v = t.leaf(xt::xtensor<double, 2>(xt::ones<double>({10, 2})));
        const auto y = xtn::einsum<"ij,jk,kl->">(wanted, x, w, v);
        t.backward(y);
        return t.residual_bytes();
    };
    BOOST_TEST(explicitly(xtn::residuals::keep) > 100u);  // kept all the same, and counted
    BOOST_TEST(explicitly(xtn::residuals::recompute) == 0u);

    std::size_t all = 0, some = 0;
    const auto kept = gradient(static_cast<std::size_t>(-1), all), again = gradient(100, some);
    BOOST_TEST(all > 0u);
    BOOST_TEST(some == 0u);
    BOOST_TEST((kept == again));
}

BOOST_AUTO_TEST_CASE(numbers_of_any_type_beside_variables) {
    xtn::tape<float> t;
    const xt::xtensor<float, 1> a({1.f, 2.f});
    const auto x = t.leaf(a);
    const auto y = 0.5 * x * 3 - x / 4 + (-x) * 2L - a + a * x;
    BOOST_TEST(y.value()(1) == 0.5f * 2 * 3 - 0.5f - 4 - 2 + 4);
    const auto shifted = 1.0 + y + 2 - (3U - x) - 7U;
    BOOST_TEST(shifted.value()(1) == y.value()(1) + 1 + 2 - (3 - 2) - 7);
    t.backward(einsum<"i->">(shifted));
    BOOST_TEST(x.gradient()(1) == 1.5f - 0.25f - 2 + 2 + 1);
    xtn::tape<std::complex<float>> u;
    const auto z = u.leaf(xt::xtensor<std::complex<float>, 1>({std::complex<float>(1, 2)}));
    BOOST_TEST((2 * z * std::complex<double>(0, 1)).value()(0) == std::complex<float>(-4, 2));
}

BOOST_AUTO_TEST_CASE(products_and_tensors_beside_variables_have_one_shape) {
    xtn::tape<double> t;
    const auto x = t.leaf(xt::xtensor<double, 1>({1., 2., 3.})), y = t.leaf(xt::xtensor<double, 1>({1., 2.}));
    const xt::xtensor<double, 1> two({1., 2.});
    BOOST_CHECK_EXCEPTION(x * y, xtn::shape_error, [](const xtn::shape_error& e) {
        const std::string text = e.what();
        return text.find("(3)") != std::string::npos && text.find("(2)") != std::string::npos;
    });
    BOOST_CHECK_THROW(x + two, xtn::shape_error);
    BOOST_CHECK_THROW(two * x, xtn::shape_error);
    BOOST_CHECK_THROW(x - xtn::einsum<"i,j->j">(two, two), xtn::shape_error);
    BOOST_TEST((y + xtn::einsum<"i,j->j">(two, two)).value()(1) == 8);
}

/// What a recording holds on to for a step: values, cotangents and residuals.
std::size_t held(bool recording) {
    xtn::tape<double> t;
    const xtn::parameter<double> w(xt::xtensor<double, 2>(xt::ones<double>({64, 64})));
    const xt::xtensor<double, 2> rows = xt::ones<double>({512, 64});
    for (int i = 0; i < 2; ++i) {  // the second is warm
        t.clear();
        t.set_recording(recording);
        const auto x = t.constant(rows);
        einsum<"bi,oi,oj,kj->bk">(x, t.leaf<2>(w), t.leaf<2>(w), t.leaf<2>(w));
    }
    return t.capacity();
}

BOOST_AUTO_TEST_CASE(under_no_gradient_nothing_is_kept) {
    constexpr std::size_t rows = 512 * 64 * sizeof(double);  // an input, an output, or an intermediate
    BOOST_TEST(held(false) < 2.5 * rows);
    BOOST_TEST(held(true) >= 3 * rows);
    xtn::tape<double> t;
    const xtn::no_gradient guard(t);
    const auto x = t.leaf(xt::xtensor<double, 2>(xt::ones<double>({8, 8})));
    einsum<"ij,jk,kl->il">(xtn::residuals::keep, x, x, x);
    BOOST_TEST(t.residual_bytes() == 0u);
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
