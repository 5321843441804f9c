// SPDX-License-Identifier: BSD-3-Clause
// Values of random networks in every memory layout, against the oracle.
#include <algorithm>
#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <xtn/backend/contract.hpp>

#include "../oracle.hpp"

BOOST_AUTO_TEST_SUITE(contract_networks)

using xtn::backend::contract;

namespace {

/// How often the plans of the random networks used each kernel, so that a kernel that is never reached is noticed.
struct usage {
    std::size_t gemm = 0, product = 0, copy = 0, sum = 0, summed_gemm = 0, batched_gemm = 0, transposed_output = 0;
    std::size_t sliced = 0;

    void count(const xtn::plan& p) {
        sliced += p.tiling.is_cut();
        for (const xtn::step& s : p.steps) {
            using xtn::kernel;
            gemm += s.kind == kernel::gemm;
            product += s.kind == kernel::product;
            copy += s.kind == kernel::transfer && s.sum_loops == 0;
            sum += s.kind == kernel::transfer && s.sum_loops > 0;
            summed_gemm += s.kind == kernel::gemm && s.sum_loops > 0;
            batched_gemm += s.kind == kernel::gemm && s.loops.size() > s.sum_loops;
            transposed_output += s.transpose_c;
        }
    }
    std::size_t least() const {
        return std::min({gemm, product, copy, sum, summed_gemm, batched_gemm, transposed_output, sliced});
    }
};

/// Runs the plan that a cost model prefers.
template <class T>
void run_plan(const xtn::network& net, const std::vector<const T*>& data, const std::vector<xtn::geometry>& shapes,
              test::tensor<T>& out, bool accumulate, const xtn::cost_model& model, usage& used) {
    const xtn::label_extents extent = xtn::infer_extents(net, shapes.data());
    const xtn::plan p = xtn::make_plan(xtn::make_problem(net, extent, shapes.data(), out.shape),
                                       xtn::contraction_order(net, extent, model), model);
    used.count(p);
    constexpr T nan = std::numeric_limits<double>::quiet_NaN();  // scratch memory must be written before it is read
    std::vector<T> workspace(static_cast<std::size_t>(p.workspace_size), nan);
    std::vector<T> residual(static_cast<std::size_t>(p.residual_size), nan);
    std::array<T*, xtn::bases::most> base{};
    for (std::size_t i = 0; i < data.size(); ++i) base[i] = const_cast<T*>(data[i]);
    base[p.bases().value()] = out.data();
    base[p.bases().workspace()] = workspace.data();
    base[p.bases().residual()] = residual.data();
    xtn::backend::run<T>(p, base.data(), accumulate ? xtn::only(p.bases().value()) : 0);
}

/// Evaluates one network, by contract() or by a plan for a machine on which matrix products cost next to nothing; at
/// these extents contract() rarely uses them. The operands' and the output's layouts are drawn at random.
template <class T>
void check(test::random& r, const test::random_network& n, usage& used) {
    std::vector<test::tensor<T>> operands;
    std::vector<const T*> data;
    std::vector<xtn::geometry> shapes;
    for (const auto& s : n.shapes) operands.push_back(test::make_tensor<T>(r, s, static_cast<test::order>(r.below(6))));
    for (const auto& t : operands) {
        data.push_back(t.data());
        shapes.push_back(t.shape);
    }
    const bool accumulate = r.one_in(2);
    test::tensor<T> out = test::make_tensor<T>(r, n.output_shape, test::writable_orders[r.below(5)]);
    auto expected = test::naive_contract<T>(n.net, data, shapes);
    const auto start = out.values();
    if (accumulate)
        for (std::size_t i = 0; i < start.size(); ++i) expected[i] += start[i];
    else  // what is overwritten must not be read
        out.for_each([&](std::size_t i) { out.memory[i] = std::numeric_limits<double>::quiet_NaN(); });
    const test::tensor<T> before = out;

    const bool by_contract = r.one_in(2), copies_are_cheap = r.one_in(2), sliced = r.one_in(2);
    if (by_contract) {
        xtn::plan_cache cache;
        contract<T>(cache, n.net, data.data(), shapes.data(), {out.data(), out.shape}, accumulate);
        used.count(cache.find(n.net, shapes.data(), out.shape, {.model = xtn::backend::machine<T>()})->forward());
    } else {
        const double copy_bandwidth = copies_are_cheap ? 1e15 : 1e3;
        run_plan(n.net, data, shapes, out, accumulate,
                 {.product_rate = 1e6,
                  .bandwidth = sliced ? 1. : 1e15,
                  .copy_bandwidth = copy_bandwidth,
                  .call = 1e-12,
                  .cache = 8 * sizeof(T)},
                 used);
    }
    BOOST_TEST_CONTEXT(n.labels << (accumulate ? " accumulate" : "") << (by_contract ? "" : " by gemm")) {
        BOOST_TEST(test::relative_error(out.values(), expected) <= test::tolerance<T>());
        BOOST_TEST(out.guards_intact(before));
    }
}

template <class T>
void check_many(std::uint64_t seed, std::size_t networks) {
    test::random r(seed);
    usage used;
    for (std::size_t i = 0; i < networks; ++i)
        check<T>(r, test::make_random_network(r, i % 10 == 0 ? 12 : 5, i % 50 == 0 ? 2e5 : 5e3), used);
    BOOST_TEST_MESSAGE(networks << " networks: gemm " << used.gemm << " (batched " << used.batched_gemm << ", summed "
                                << used.summed_gemm << ", transposed " << used.transposed_output << "), product "
                                << used.product << ", copy " << used.copy << ", sum " << used.sum << ", sliced "
                                << used.sliced);
    BOOST_TEST(used.least() > networks / 200);
}

/// A row-major tensor of random elements.
test::tensor<double> plain(test::random& r, const std::vector<std::int64_t>& shape) {
    return test::make_tensor<double>(r, shape, test::order::row_major);
}

/// contract() on row-major doubles, in a given cache.
std::vector<double> evaluate(xtn::plan_cache& cache, const xtn::network& net,
                             const std::vector<test::tensor<double>>& x) {
    std::vector<const double*> data;
    std::vector<xtn::geometry> shapes;
    for (const auto& t : x) {
        data.push_back(t.data());
        shapes.push_back(t.shape);
    }
    const xtn::geometry g = xtn::output_geometry(net, xtn::infer_extents(net, shapes.data()));
    std::vector<double> out(static_cast<std::size_t>(g.volume()));
    contract<double>(cache, net, data.data(), shapes.data(), {out.data(), g}, false);
    return out;
}

std::vector<double> expected_value(const xtn::network& net, const std::vector<test::tensor<double>>& x) {
    std::vector<const double*> data;
    std::vector<xtn::geometry> shapes;
    for (const auto& t : x) {
        data.push_back(t.data());
        shapes.push_back(t.shape);
    }
    return test::naive_contract<double>(net, data, shapes);
}

}  // namespace

BOOST_AUTO_TEST_CASE(random_networks_in_double) { check_many<double>(1, 2000); }
BOOST_AUTO_TEST_CASE(random_networks_in_float) { check_many<float>(2, 2000); }
BOOST_AUTO_TEST_CASE(random_networks_in_complex) {
    check_many<std::complex<float>>(3, 2000);
    check_many<std::complex<double>>(4, 2000);
}

// The kernels of a BLAS begin to differ from plain loops at sizes that random networks of tiny extents never reach.
BOOST_AUTO_TEST_CASE(large_extents) {
    test::random r(5);
    const struct {
        const char* labels;
        std::vector<std::vector<std::int64_t>> shapes;
    } cases[] = {
        {"bi,oi->bo", {{65, 130}, {67, 130}}},
        {"bi,oi->ob", {{65, 130}, {67, 130}}},
        {"i,oi->o", {{300}, {67, 300}}},
        {"bthd,bshd->bhts", {{2, 37, 3, 16}, {2, 37, 3, 16}}},
        {"bhts,bshd->bthd", {{2, 3, 37, 37}, {2, 37, 3, 16}}},
        {"abc->cab", {{41, 7, 45}}},
        {"abc,abc->", {{41, 7, 45}, {41, 7, 45}}},
        {"ab,cd->dbca", {{17, 19}, {5, 37}}},
    };
    for (const auto& c : cases) {
        const xtn::network net = xtn::make_network(c.labels);
        std::vector<test::tensor<double>> x;
        for (const auto& s : c.shapes) x.push_back(plain(r, s));
        xtn::plan_cache cache;
        BOOST_TEST(test::relative_error(evaluate(cache, net, x), expected_value(net, x)) <= 1e-10, c.labels);
    }
}

BOOST_AUTO_TEST_CASE(an_empty_operand_makes_the_value_zero) {
    xtn::plan_cache cache;
    const xtn::network net = xtn::make_network("ab,bc->ac");
    const double x[6] = {1, 2, 3, 4, 5, 6};
    const std::array<const double*, 2> data{x, x};
    const std::array shapes{xtn::geometry::row_major(std::array{2, 0}), xtn::geometry::row_major(std::array{0, 3})};
    double out[6] = {7, 7, 7, 7, 7, 7};
    const xtn::backend::tensor_ref<double> to{out, xtn::geometry::row_major(std::array{2, 3})};
    contract<double>(cache, net, data.data(), shapes.data(), to, true);
    for (const double o : out) BOOST_TEST(o == 7);
    contract<double>(cache, net, data.data(), shapes.data(), to, false);
    for (const double o : out) BOOST_TEST(o == 0);

    const std::array empty{xtn::geometry::row_major(std::array{0, 2}), xtn::geometry::row_major(std::array{2, 3})};
    contract<double>(cache, net, data.data(), empty.data(), {nullptr, xtn::geometry::row_major(std::array{0, 3})},
                     false);

    const std::array wrong{xtn::geometry::row_major(std::array{2, 0}), xtn::geometry::row_major(std::array{2, 3})};
    BOOST_CHECK_THROW(contract<double>(cache, net, data.data(), wrong.data(), to, false), xtn::shape_error);
}

// 12 operands that carry all 52 letters: 12 private or output labels and 40 shared by neighbours.
BOOST_AUTO_TEST_CASE(twelve_operands_with_every_letter) {
    const std::string letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    std::string labels, output;
    std::vector<std::vector<std::int64_t>> shapes;
    test::random r(6);
    std::array<std::int64_t, 52> extent;
    for (std::size_t l = 0; l < 52; ++l) extent[l] = l % 6 == 0 ? 2 : 1;
    for (std::size_t i = 0; i < 12; ++i) {
        labels += i == 0 ? "" : ",";
        shapes.emplace_back();
        for (std::size_t l = 0; l < 52; ++l)
            if (l % 12 == i || (l + 1) % 12 == i) {
                labels += letters[l];
                shapes.back().push_back(extent[l]);
            }
    }
    for (std::size_t l = 0; l < 52; l += 5) output += letters[l];
    const xtn::network net = xtn::make_network(labels + "->" + output);
    BOOST_TEST(net.labels == 52);
    std::vector<test::tensor<double>> x;
    for (const auto& s : shapes) x.push_back(plain(r, s));
    xtn::plan_cache cache;
    BOOST_TEST(test::relative_error(evaluate(cache, net, x), expected_value(net, x)) <= 1e-10);
}

BOOST_AUTO_TEST_CASE(a_cache_serves_any_number_of_shapes) {
    xtn::plan_cache cache;
    const xtn::network net = xtn::make_network("ab,bc->ac");
    test::random r(7);
    for (int round = 0; round < 2; ++round)
        for (std::int64_t n = 1; n <= 150; ++n) {
            const std::vector x{plain(r, {2, n}), plain(r, {n, 3})};
            BOOST_TEST(test::relative_error(evaluate(cache, net, x), expected_value(net, x)) <= 1e-10);
        }
    const std::array shapes{xtn::geometry::row_major(std::array{2, 4}), xtn::geometry::row_major(std::array{4, 3})};
    const xtn::geometry out = xtn::geometry::row_major(std::array{2, 3});
    const xtn::planned* found = cache.find(net, shapes.data(), out, {}).get();
    BOOST_TEST(cache.find(net, shapes.data(), out, {}).get() == found);
    auto strided = shapes;
    strided[0].stride[0] = 5;
    BOOST_TEST(cache.find(net, strided.data(), out, {}).get() != found);
}

BOOST_AUTO_TEST_SUITE_END()
