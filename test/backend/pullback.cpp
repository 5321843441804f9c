// SPDX-License-Identifier: BSD-3-Clause
// Gradients of random networks, every operand and subsets of them, against the oracle of the transposed network.
#include <array>
#include <cstddef>
#include <limits>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <xtn/backend/run.hpp>
#include <xtn/plan/cache.hpp>

#include "../oracle.hpp"

BOOST_AUTO_TEST_SUITE(pullback)

namespace {

int slices_made = 0, residuals_made_again = 0;  // how many of the random plans

template <class T>
void check(test::random& r, const test::random_network& n) {
    const std::size_t operands = n.net.operands;
    xtn::label_set needs = r.one_in(2) ? (xtn::label_set{1} << operands) - 1 : 0;
    for (std::size_t i = 0; i < operands; ++i)
        if (r.one_in(2)) needs |= xtn::label_set{1} << i;

    std::vector<test::tensor<T>> tensors;  // operands, then the cotangent
    for (std::size_t i = 0; i < operands; ++i) {
        const bool broadcast = !xtn::contains(needs, static_cast<xtn::label>(i)) && r.one_in(4);
        tensors.push_back(test::make_tensor<T>(r, n.shapes[i],
                                               broadcast ? test::order::broadcast : test::writable_orders[r.below(5)]));
    }
    tensors.push_back(test::make_tensor<T>(r, n.output_shape, test::writable_orders[r.below(5)]));
    std::vector<const T*> data;
    std::vector<xtn::geometry> shapes;
    for (const auto& t : tensors) {
        data.push_back(t.data());
        shapes.push_back(t.shape);
    }

    xtn::plan_cache cache;
    const bool sliced = r.one_in(2);
    const auto planned =
        cache.find(n.net, shapes.data(), shapes.back(),
                   {.model = {.bandwidth = sliced ? 1. : 1e10, .cache = sliced ? 256. : 1e9, .scalar_bytes = sizeof(T)},
                    .gradients = needs,
                    .kept = r.one_in(2) ? xtn::residuals::keep : xtn::residuals::recompute});
    const xtn::plan &forward = planned->forward(), &back = planned->pullback(needs);
    slices_made += forward.tiling.is_cut();
    residuals_made_again += back.residual_size > 0;
    const xtn::bases b = forward.bases();
    constexpr T nan = std::numeric_limits<T>::quiet_NaN();  // scratch memory must be written before it is read
    std::vector<T> residual(static_cast<std::size_t>(forward.residual_size), nan);
    std::vector<T> workspace(static_cast<std::size_t>(forward.workspace_size), nan);
    std::array<T*, xtn::bases::most> base{};
    for (std::size_t i = 0; i < operands; ++i) base[i] = const_cast<T*>(data[i]);
    test::tensor<T> value = tensors.back();
    base[b.value()] = value.data();
    base[b.residual()] = residual.data();
    base[b.workspace()] = workspace.data();
    xtn::backend::run<T>(forward, base.data());

    std::vector<T> back_workspace(static_cast<std::size_t>(back.workspace_size), nan);
    if (back.residual_size > 0) {  // makes the intermediates again
        residual.assign(static_cast<std::size_t>(back.residual_size), nan);
        base[b.residual()] = residual.data();
    }
    base[b.value()] = const_cast<T*>(data.back());
    base[b.workspace()] = back_workspace.data();
    std::vector<test::tensor<T>> gradient(tensors.begin(), tensors.end() - 1);
    xtn::label_set accumulate = 0;
    for (std::size_t i = 0; i < operands; ++i) {
        const bool adds = r.one_in(2), diagonal = xtn::contains(forward.problem.diagonal, static_cast<xtn::label>(i));
        if (adds) accumulate |= xtn::label_set{1} << b.gradient(i);
        auto& g = gradient[i];
        if (!adds) g.for_each([&](std::size_t at) { g.memory[at] = diagonal ? T(0) : nan; });
        base[b.gradient(i)] = g.data();
    }
    const auto before = gradient;
    xtn::backend::run<T>(back, base.data(), accumulate);

    for (std::size_t i = 0; i < operands; ++i) {
        BOOST_TEST_CONTEXT(n.labels << ", gradient of operand " << i) {
            BOOST_TEST(gradient[i].guards_intact(before[i]));
            if (!xtn::contains(needs, static_cast<xtn::label>(i))) continue;
            auto expected = test::naive_contract<T>(n.net, data, shapes, i);
            if (xtn::contains(accumulate, b.gradient(i))) {
                const auto start = before[i].values();
                for (std::size_t k = 0; k < start.size(); ++k) expected[k] += start[k];
            }
            BOOST_TEST(test::relative_error(gradient[i].values(), expected) <= test::tolerance<T>());
        }
    }
}

template <class T>
void check_many(std::uint64_t seed, std::size_t networks) {
    test::random r(seed);
    for (std::size_t i = 0; i < networks; ++i)
        check<T>(r, test::make_random_network(r, i % 10 == 0 ? 12 : 5, i % 50 == 0 ? 5e4 : 2e3));
}

}  // namespace

BOOST_AUTO_TEST_CASE(random_networks_in_double) { check_many<double>(11, 700); }
BOOST_AUTO_TEST_CASE(random_networks_in_float) { check_many<float>(12, 700); }
BOOST_AUTO_TEST_CASE(the_random_plans_had_slices_and_made_residuals_again) {
    BOOST_TEST(slices_made > 100);
    BOOST_TEST(residuals_made_again > 200);
}

// Elements that share memory would share their gradient's memory, which nobody could read.
BOOST_AUTO_TEST_CASE(a_broadcast_operand_has_no_gradient) {
    const xtn::network net = xtn::make_network("ab,b->a");
    std::array shapes{xtn::geometry::row_major(std::array{3, 4}), xtn::geometry::row_major(std::array{4})};
    shapes[1].stride[0] = 0;
    xtn::plan_cache cache;
    const auto planned = cache.find(net, shapes.data(), xtn::geometry::row_major(std::array{3}), {.gradients = 0b11});
    BOOST_CHECK_NO_THROW(planned->pullback(0b01));
    BOOST_CHECK_EXCEPTION(planned->pullback(0b10), xtn::shape_error, [](const xtn::shape_error& e) {
        return std::string(e.what()).find("operand 1") != std::string::npos;
    });
}

BOOST_AUTO_TEST_SUITE_END()
