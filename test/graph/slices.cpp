// SPDX-License-Identifier: BSD-3-Clause
// Slices: the memory that was promised, counted; the same bits for any number of threads and for a run in parts.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <xtn/train/thread_pool.hpp>

#include "../processes.hpp"
#include "networks.hpp"

namespace {

/// Bytes of aligned memory in use, and the most there were: all that a run takes for tensors is aligned.
std::atomic<std::size_t> in_use{0}, most{0};

}  // namespace

// The sizes are found again in front of each piece.
void* operator new(std::size_t size, std::align_val_t alignment) {
    const auto a = static_cast<std::size_t>(alignment);
    void* p = std::aligned_alloc(a, (size + 2 * a - 1) / a * a + a);
    if (p == nullptr) throw std::bad_alloc();
    *static_cast<std::size_t*>(p) = size;
    const std::size_t now = in_use += size;
    for (std::size_t before = most; before < now && !most.compare_exchange_weak(before, now);) {
    }
    return static_cast<char*>(p) + a;
}
void operator delete(void* p, std::align_val_t alignment) noexcept {
    if (p == nullptr) return;
    void* start = static_cast<char*>(p) - static_cast<std::size_t>(alignment);
    in_use -= *static_cast<std::size_t*>(start);
    std::free(start);
}
void operator delete(void* p, std::size_t, std::align_val_t alignment) noexcept { operator delete(p, alignment); }

BOOST_AUTO_TEST_SUITE(graph_slices)

using namespace xtn::graph;

namespace {

template <class T>
std::vector<xt::xarray<T>> real_tensors(const network& net, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    auto list = test::integer_tensors<T>(net, random);
    for (auto& x : list)
        for (auto& v : x) v = v * T(0.37) + T(0.11);
    return list;
}

}  // namespace

BOOST_AUTO_TEST_CASE(memory_is_what_was_promised) {
    const network net = test::lattice(7, 7, 3);
    const auto list = real_tensors<float>(net, 1);
    const std::size_t whole = contraction<float>(net, list).peak_bytes();
    xtn::thread_pool pool(2);
    std::atomic<int> there{0};
    pool.run(2, [&](std::size_t, std::size_t) {  // each thread keeps some room for its sums
        for (++there; there < 2;) std::this_thread::yield();
        contraction<float>(net, list).value();
    });
    for (const std::size_t part : {1u, 2u, 4u})
        for (const bool threads : {false, true}) {
            contraction_options options{.bytes = whole / part};
            if (threads) options.search.workers = pool;
            if (threads && part != 2) continue;
            const std::size_t before = in_use;
            contraction<float> c(net, list, options);
            most = in_use.load();
            c.value();
            BOOST_TEST(c.peak_bytes() <= whole / part);
            BOOST_TEST(most - before <= c.peak_bytes());
            BOOST_TEST(most - before > 0u);
            BOOST_TEST((c.slices() > 1) == (part > 1));
        }
}

BOOST_AUTO_TEST_CASE(bits_do_not_depend_on_threads_nor_on_parts) {
    std::mt19937_64 random(5);
    for (int trial = 0; trial < 12; ++trial) {
        const network closed = test::lattice(3, 4 + trial % 3, 3);
        // with an open label at one corner and one in the middle of the network that the output keeps
        std::vector<std::vector<std::string>> inputs;
        std::map<std::string, std::int64_t> sizes{{"open", 5}};
        for (std::size_t i = 0; i < closed.tensors(); ++i) {
            inputs.emplace_back();
            for (const auto l : closed.input(i)) {
                inputs.back().push_back(closed.name(l));
                sizes[closed.name(l)] = closed.extent(l);
            }
        }
        inputs[0].push_back("open");
        const network net = network::make<std::string>(inputs, {"open", inputs[1][0]}, sizes);
        const auto list = real_tensors<double>(net, static_cast<std::uint64_t>(trial));
        order o = search(net);
        o.sliced = {net.label(inputs[2][0]), net.label(inputs[1][0]), net.label("open")};
        if (trial % 3 == 0) o.sliced.pop_back();
        const auto powers = trial % 2 == 0 ? exponents::inside : exponents::apart;
        contraction<double> c(net, list, o, {.powers = powers});
        const auto alone = c.scaled();
        for (const std::size_t workers : {2u, 3u}) {
            xtn::thread_pool pool(workers);
            contraction_options options{.powers = powers};
            options.search.workers = pool;
            const auto together = contraction<double>(net, list, o, options).scaled();
            BOOST_TEST(std::equal(alone.mantissa.begin(), alone.mantissa.end(), together.mantissa.begin()));
            BOOST_TEST(alone.power == together.power);
        }
        test::run_processes(2 + static_cast<std::size_t>(trial) % 3, [&](const test::process& p) {
            xtn::thread_pool pool(1 + p.rank() % 2);
            contraction_options options{.powers = powers};
            options.search.workers = {pool, p};
            const auto together = contraction<double>(net, list, o, options).scaled();
            if (!std::equal(alone.mantissa.begin(), alone.mantissa.end(), together.mantissa.begin()) ||
                alone.power != together.power)
                throw std::logic_error("other bits");
        });
        xt::xarray<double> parts(alone.mantissa.shape());
        std::int64_t power = 0;
        for (std::int64_t next = 0; next < c.slices();) {
            const std::int64_t last = std::min(c.slices(), next + 1 + static_cast<std::int64_t>(random() % 4));
            contraction<double> again(net, list, o, {.powers = powers});  // as after a kill
            power = again.add_slices(parts, next, last, power);
            next = last;
        }
        BOOST_TEST(std::equal(alone.mantissa.begin(), alone.mantissa.end(), parts.begin()));
        BOOST_TEST(alone.power == power);
        BOOST_CHECK_THROW(c.add_slices(parts, 0, c.slices() + 1), xtn::shape_error);
    }
}

BOOST_AUTO_TEST_CASE(slices_over_kept_labels_alone_write_in_place) {
    const network net = network::parse("iab,abj->ij", {{6, 3, 4}, {3, 4, 5}});
    const auto list = real_tensors<double>(net, 3);
    order o = search(net);
    o.sliced = {net.label("i"), net.label("j")};
    contraction<double> c(net, list, o);
    BOOST_TEST(c.slices() == 30);
    BOOST_TEST(!c.plan().sums_slices);
    const auto value = c.value(), whole = contract(net, list);
    for (std::size_t k = 0; k < whole.size(); ++k)
        BOOST_TEST(value.data()[k] == whole.data()[k], boost::test_tools::tolerance(1e-13));
    for (const std::size_t processes : {2u, 3u, 40u})
        test::run_processes(processes, [&](const test::process& p) {
            xtn::thread_pool pool(2);
            contraction_options options;
            options.search.workers = {pool, p};
            if (contraction<double>(net, list, o, options).value() != value) throw std::logic_error("other bits");
        });
}

BOOST_AUTO_TEST_CASE(processes_with_different_orders_are_refused) {
    const network net = network::parse("ab,bc,cd->ad", {{2, 3}, {3, 4}, {4, 5}});
    const auto list = real_tensors<double>(net, 3);
    test::run_processes(2, [&](const test::process& p) {
        xtn::thread_pool pool(1);
        contraction_options options;
        options.search.workers = {pool, p};
        order o = search(net);
        if (p.rank() == 1) o.sliced = {net.label("b")};
        try {
            contraction<double>(net, list, o, options);
        } catch (const xtn::error& e) {
            if (std::string(e.what()).find("has \"sliced labels: b\" where process 0 has \"sliced labels:\"") !=
                std::string::npos)
                return;
        }
        throw std::logic_error("not refused");
    });
}

BOOST_AUTO_TEST_SUITE_END()
