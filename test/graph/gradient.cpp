// SPDX-License-Identifier: BSD-3-Clause
// Gradients of networks: a network is linear in each tensor, so the gradient is the network without it, exactly, for small
// integers; whole and in slices, with any number of threads and processes, and on a tape.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <complex>
#include <cstddef>
#include <random>
#include <stdexcept>
#include <vector>

#include <xtn/train/thread_pool.hpp>
#include <xtn/xtn.hpp>

#include "../processes.hpp"
#include "networks.hpp"

BOOST_AUTO_TEST_SUITE(graph_gradient)

using namespace xtn::graph;

namespace {

template <class T>
T conjugate(T x) {
    if constexpr (xtn::is_complex<T>)
        return std::conj(x);
    else
        return x;
}

/// The gradient of Re sum(conj(seed) value) with respect to tensor i, entry by entry.
template <class T>
std::vector<T> by_units(const network& net, std::vector<xt::xarray<T>> list, std::size_t i, const xt::xarray<T>& seed) {
    std::vector<T> gradient(list[i].size());
    const std::size_t n = list[i].size();
    for (std::size_t k = 0; k < n; ++k) {
        list[i].fill(T{});
        list[i].data()[k] = T(1);
        const std::vector<T> value = test::naive(net, list);
        for (std::size_t j = 0; j < value.size(); ++j) gradient[k] += seed.data()[j] * conjugate(value[j]);
    }
    return gradient;
}

}  // namespace

using scalars = std::tuple<double, std::complex<double>>;

BOOST_AUTO_TEST_CASE_TEMPLATE(random_networks, T, scalars) {
    std::mt19937_64 random(21);
    int sliced = 0;
    for (int trial = 0; trial < 120; ++trial) {
        const network net =
            test::random_network(random, 1 + trial % 7, 2 + trial % 6, 4, trial % 12 == 0 ? 0 : 1, 3).net();
        double loops = 1;
        for (label_id l = 0; l < net.labels(); ++l) loops *= static_cast<double>(net.extent(l));
        if (loops > 3000) continue;
        const auto list = test::integer_tensors<T>(net, random);
        std::vector<std::size_t> wanted;
        for (std::size_t i = 0; i < net.tensors(); ++i)
            if (random() % 2 == 0) wanted.push_back(i);
        const auto shape = net.output_shape();
        xt::xarray<T> seed(typename xt::xarray<T>::shape_type(shape.begin(), shape.end()));
        for (auto& s : seed) s = static_cast<xtn::real_of<T>>(static_cast<int>(random() % 5) - 2);
        order o = search(net, {.samples = 4});
        for (label_id l = 0; l < net.labels() && trial % 2 == 1; ++l)
            if (random() % 3 == 0) o.sliced.push_back(l);
        differentiated<T> d(net, list, wanted, o);
        sliced += d.plan().slices > 1 ? 1 : 0;
        const auto found = d(seed);
        const std::vector<T> value = test::naive(net, list);
        BOOST_TEST(std::equal(value.begin(), value.end(), found.value.begin()));
        for (std::size_t k = 0; k < wanted.size(); ++k) {
            const std::vector<T> exact = by_units(net, list, wanted[k], seed);
            BOOST_TEST(std::equal(exact.begin(), exact.end(), found.gradients[k].begin()));
        }
    }
    BOOST_TEST(sliced > 15);
}

BOOST_AUTO_TEST_CASE(within_a_bound_and_with_threads) {
    const network net = test::lattice(6, 6, 3);
    std::mt19937_64 random(22);
    auto list = test::integer_tensors<double>(net, random);
    for (auto& x : list)
        for (auto& v : x) v = 0.3 * v + 0.07;
    const std::vector<std::size_t> wanted{0, 7, 23};
    differentiated<double> whole(net, list, wanted);
    contraction_options options{.bytes = whole.peak_bytes() / 2};
    differentiated<double> small(net, list, wanted, options);
    BOOST_TEST(small.peak_bytes() <= options.bytes);
    BOOST_TEST(small.plan().slices > 1);
    const auto a = whole(), b = small();
    BOOST_TEST(a.value.data()[0] == b.value.data()[0], boost::test_tools::tolerance(1e-10));
    xtn::thread_pool pool(2);
    test::run_processes(3, [&](const test::process& p) {
        xtn::thread_pool own(1 + p.rank() % 2);
        differentiated<double> shared(net, list, wanted, small.plan().order, {.search = {.workers = {own, p}}});
        const auto found = shared();
        if (found.value != b.value || found.gradients != b.gradients) throw std::logic_error("other bits");
    });
    differentiated<double> threaded(net, list, wanted, small.plan().order, {.search = {.workers = pool}});
    const auto c = threaded();
    for (std::size_t k = 0; k < wanted.size(); ++k) {
        for (std::size_t i = 0; i < a.gradients[k].size(); ++i)
            BOOST_TEST(a.gradients[k].data()[i] == b.gradients[k].data()[i], boost::test_tools::tolerance(1e-9));
        BOOST_TEST(std::equal(b.gradients[k].begin(), b.gradients[k].end(), c.gradients[k].begin()));
    }
    BOOST_CHECK_THROW(differentiated<double>(net, list, {36}), xtn::shape_error);
    BOOST_CHECK_THROW(whole(xt::xarray<double>(xt::zeros<double>({2}))), xtn::shape_error);
}

BOOST_AUTO_TEST_CASE(on_a_tape) {
    xtn::tape<double> tape;
    const xt::xtensor<double, 2> a{{1, 2}, {3, 4}}, b{{5, 6}, {7, 8}};
    const auto x = tape.leaf(a), y = tape.leaf(b);
    const auto c = tape.constant(xt::xtensor<double, 1>{1, -1});
    const network net = network::parse("ij,jk,k->i", {{2, 2}, {2, 2}, {2}});
    const auto z = contract<1, double>(net, {x, y, c});
    const auto loss = xtn::einsum<"i,i->">(z, z);
    tape.backward(loss);
    // z = A B c = A (-1, -1): (-3, -7); dL/dA = 2 z (B c)^T
    BOOST_TEST(z.value()(0) == -3);
    BOOST_TEST(z.value()(1) == -7);
    BOOST_TEST(x.gradient()(0, 0) == 6);
    BOOST_TEST(x.gradient()(1, 1) == 14);
    BOOST_TEST(y.gradient()(0, 0) == 2 * (-3 * 1 + -7 * 3));
    BOOST_CHECK_THROW((contract<2, double>(net, {x, y, c})), xtn::shape_error);
    xtn::tape<double> elsewhere;
    const auto w = elsewhere.leaf(b);
    BOOST_CHECK_THROW((contract<1, double>(net, {x, w, c})), xtn::error);
}

BOOST_AUTO_TEST_SUITE_END()
