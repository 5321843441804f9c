// SPDX-License-Identifier: BSD-3-Clause
// The processes of MPI: bytes arrive, and trainings, evaluations and contractions have the bits of one process. CTest starts
// this program by mpirun on several numbers of them.
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include <xtn/core/agreement.hpp>
#include <xtn/graph.hpp>
#include <xtn/mpi.hpp>
#include <xtn/train.hpp>
#include <xtn/xtn.hpp>

#include "../train/points_task.hpp"

namespace {

struct session {
    xtn::mpi_session mpi;
};

}  // namespace

BOOST_TEST_GLOBAL_FIXTURE(session);

BOOST_AUTO_TEST_SUITE(mpi_processes)

namespace {

BOOST_AUTO_TEST_CASE(bytes_arrive) {
    const xtn::mpi_processes p;
    BOOST_TEST(p.rank() < p.size());
    BOOST_TEST(p.on_this_machine() == p.size());
    std::vector<int> numbers(1000);
    if (p.rank() == 0) std::iota(numbers.begin(), numbers.end(), 7);
    p.broadcast(std::as_writable_bytes(std::span(numbers)));
    BOOST_TEST(numbers[999] == 1006);

    xtn::with_all_others(p, [&](std::size_t to, std::size_t from) {
        const std::vector<std::size_t> sent(to + 1, p.rank());  // its length tells whom it is for
        std::vector<std::size_t> received(p.rank() + 1, p.size());
        p.exchange(std::as_bytes(std::span(sent)), to, std::as_writable_bytes(std::span(received)), from);
        BOOST_TEST((received == std::vector<std::size_t>(p.rank() + 1, from)));
    });
    std::vector<std::size_t> items(2 * p.size() + 1, p.size());
    for (std::size_t& item : xtn::share_of(p.rank(), std::span(items), p.size())) item = p.rank();
    xtn::gather(p, std::span(items));
    for (std::size_t i = 0; i < items.size(); ++i) BOOST_TEST(items[i] == xtn::owner_of(i, items.size(), p.size()));
}

BOOST_AUTO_TEST_CASE(other_options_are_refused_by_all) {
    const xtn::mpi_processes p;
    xtn::require_same(p, "seed=1");
    if (p.size() == 1) return;
    BOOST_CHECK_EXCEPTION(xtn::require_same(p, p.rank() == 1 ? "seed=1" : "seed=2"), xtn::error,
                          [](const xtn::error& e) {
                              return std::string(e.what()).ends_with("has \"seed=1\" where process 0 has \"seed=2\"");
                          });
}

BOOST_AUTO_TEST_CASE(trainings_have_the_bits_of_one_process) {
    const xtn::mpi_processes p;
    for (const bool reconstruct : {true, false}) {
        const xtn::training_plan how{
            .steps = 5, .batch = 176, .learning_rate = 1e-2, .warmup = 2, .lanes = 11, .reconstruct = reconstruct};
        const test::points_task alone, shared(p.rank() == 0 ? 0.2 : 0.3);
        xtn::thread_pool pool(1 + p.rank() % 2);
        const auto expected = xtn::train(alone, how, pool);
        const auto found = xtn::train(shared, how, pool, xtn::training_observer(), p);
        BOOST_TEST((test::values_of(shared) == test::values_of(alone)));
        BOOST_TEST(found.validation.loss == expected.validation.loss);
    }
}

BOOST_AUTO_TEST_CASE(contractions_have_the_bits_of_one_process) {
    const auto net = xtn::graph::network::parse("iab,abj,jc->c", {{6, 3, 4}, {3, 4, 5}, {5, 7}});
    std::vector<xt::xarray<double>> list{xt::xarray<double>::from_shape({6, 3, 4}),
                                         xt::xarray<double>::from_shape({3, 4, 5}),
                                         xt::xarray<double>::from_shape({5, 7})};
    xtn::random_stream random(1);
    for (auto& x : list) random.fill_normal(std::span<double>(x.data(), x.size()), 1.0);
    auto order = xtn::graph::search(net);
    order.sliced = {net.label("a"), net.label("j")};
    const xt::xarray<double> alone = xtn::graph::contraction<double>(net, list, order).value();
    xtn::thread_pool pool(2);
    xtn::graph::contraction_options options;
    options.search.workers = {pool, xtn::mpi_processes()};
    BOOST_TEST((xtn::graph::contraction<double>(net, list, order, options).value() == alone));
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
