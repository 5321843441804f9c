// SPDX-License-Identifier: BSD-3-Clause
// A training loop as programs write it stops at the first loss or gradient that is not finite, also where the compiler takes
// every number for finite: continuous integration builds this folder at -Ofast too.
#include <cstddef>
#include <span>

#include <boost/test/unit_test.hpp>

#include <xtn/train/clip.hpp>
#include <xtn/train/data_parallel.hpp>
#include <xtn/train/parameter_store.hpp>
#include <xtn/train/thread_pool.hpp>
#include <xtn/xtn.hpp>

BOOST_AUTO_TEST_SUITE(divergence)

/// Steps of gradient descent on |W x|^2 until something is not finite, `most` at most.
std::size_t good_steps(float rate, std::size_t most) {
    const xtn::parameter<float> w(xt::xtensor<float, 2>(xt::ones<float>({8, 8})));
    const xt::xtensor<float, 2> x = xt::ones<float>({4, 8});
    xtn::thread_pool pool(1);
    xtn::parameter_store<float> store({{"w", w}});
    xtn::data_parallel<float> parallel(store, {}, pool);
    for (std::size_t step = 0; step < most; ++step) {
        const double loss = parallel.gradient(2, 4, [&](xtn::tape<float>& t, std::size_t) {
            const auto y = xtn::einsum<"bi,oi->bo">(t.constant(x), t.leaf<2>(w));
            return xtn::einsum<"bo,bo->">(y, y);
        });
        const std::span<const float> g = parallel.gradients();
        if (!xtn::is_finite(loss) || !xtn::is_finite(xtn::global_norm(g))) return step;
        for (std::size_t i = 0; i < g.size(); ++i) store.values()[i] -= rate * g[i];
    }
    return most;
}

BOOST_AUTO_TEST_CASE(is_noticed_by_the_training_loop) {
    BOOST_TEST(good_steps(1e-4F, 200) == 200);
    const std::size_t steps = good_steps(1.0F, 200);
    BOOST_TEST(steps > 1);
    BOOST_TEST(steps < 50);
}

BOOST_AUTO_TEST_SUITE_END()
