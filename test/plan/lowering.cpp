// SPDX-License-Identifier: BSD-3-Clause
// Layouts in normal form and the kernels they lower to.
#include <array>
#include <climits>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <xtn/plan/plan.hpp>

BOOST_AUTO_TEST_SUITE(lowering)

namespace {

xtn::problem problem_of(const char* labels, const std::vector<xtn::geometry>& g) {
    const xtn::network net = xtn::make_network(labels);
    const xtn::label_extents e = xtn::infer_extents(net, g.data());
    return xtn::make_problem(net, e, g.data(), xtn::output_geometry(net, e));
}

xtn::geometry shape(std::initializer_list<std::int64_t> extents) { return xtn::geometry::row_major(extents); }

xtn::geometry strided(std::initializer_list<std::int64_t> extents, std::initializer_list<std::int64_t> strides) {
    xtn::geometry g = shape(extents);
    std::copy(strides.begin(), strides.end(), g.stride.begin());
    return g;
}

xtn::plan plan_of(const char* labels, const std::vector<xtn::geometry>& g, const xtn::cost_model& model = {}) {
    xtn::problem p = problem_of(labels, g);
    const xtn::contraction_tree tree = xtn::contraction_order(p.net, xtn::infer_extents(p.net, g.data()), model);
    return xtn::make_plan(std::move(p), tree, model);
}

}  // namespace

BOOST_AUTO_TEST_CASE(labels_that_travel_together_are_fused) {
    const xtn::problem p = problem_of("aijk,ijkb->ab", {shape({2, 3, 4, 5}), shape({3, 4, 5, 7})});
    BOOST_REQUIRE_EQUAL(p.tensors[0].axes.size(), 2u);
    BOOST_TEST(p.name(p.tensors[0]) == "aijk");
    BOOST_TEST(p.extent[p.tensors[0].axes[1].label] == 60);
    BOOST_TEST(p.name(p.output()) == "ab");

    // not where a gap or another order parts them
    BOOST_TEST(problem_of("aij,ijb->ab", {strided({2, 3, 4}, {30, 8, 1}), shape({3, 4, 7})}).tensors[0].axes.size() ==
               3u);
    BOOST_TEST(problem_of("aij,jib->ab", {shape({2, 3, 4}), shape({4, 3, 7})}).tensors[0].axes.size() == 3u);
}

BOOST_AUTO_TEST_CASE(diagonals_and_axes_of_extent_one_disappear) {
    const xtn::problem p = problem_of("iij,k->ijk", {shape({3, 3, 5}), shape({1})});
    BOOST_REQUIRE_EQUAL(p.tensors[0].axes.size(), 2u);
    BOOST_TEST(p.tensors[0].axes[0].stride == 20);
    BOOST_TEST(p.tensors[1].axes.empty());
    BOOST_TEST(p.diagonal == 1u);
    // the blocks of a block diagonal: (i, j) is one label again
    BOOST_TEST(problem_of("ijij->ij", {shape({3, 4, 3, 4})}).tensors[0].axes.size() == 1u);
}

BOOST_AUTO_TEST_CASE(matrix_products_run_on_gemm_in_every_orientation) {
    const struct {
        const char* labels;
        std::vector<xtn::geometry> operands;
    } cases[] = {
        {"ij,jk->ik", {shape({64, 32}), shape({32, 48})}},
        {"ij,kj->ik", {shape({64, 32}), shape({48, 32})}},
        {"ji,jk->ki", {shape({32, 64}), shape({32, 48})}},
        {"ji,kj->ki", {shape({32, 64}), shape({48, 32})}},
        {"ij,jk->ik", {strided({64, 32}, {40, 1}), strided({32, 48}, {1, 33})}},
        {"bij,bjk->bik", {shape({5, 64, 32}), shape({5, 32, 48})}},
    };
    for (const auto& c : cases) {
        const xtn::plan p = plan_of(c.labels, c.operands);
        BOOST_REQUIRE_EQUAL(p.steps.size(), 1u);
        const xtn::step& s = p.steps[0];
        BOOST_TEST((s.kind == xtn::kernel::gemm), c.labels);
        BOOST_TEST(s.m * s.n == 64 * 48);
        BOOST_TEST(s.k == 32);
        BOOST_TEST(s.flops() == p.flops());
    }
}

BOOST_AUTO_TEST_CASE(a_step_never_pays_for_a_layout_that_blas_takes) {
    BOOST_TEST(plan_of("ij,jk->ik", {strided({64, 32}, {1, 64}), shape({32, 48})}).copied_elements() == 0);
    // neither axis of the first operand has stride 1: copying it is cheaper than a product without gemm
    const xtn::plan p = plan_of("ij,jk->ik", {strided({64, 32}, {66, 2}), shape({32, 48})});
    BOOST_TEST(p.copied_elements() == 64 * 32);
    BOOST_TEST((p.steps.back().kind == xtn::kernel::gemm));
    // as is an operand that is broadcast
    BOOST_TEST(
        (plan_of("ij,jk->ik", {strided({64, 32}, {0, 1}), shape({32, 48})}).steps.back().kind == xtn::kernel::gemm));
}

// Two labels of 65536 lie next to each other everywhere; together they exceed what a BLAS can index.
BOOST_AUTO_TEST_CASE(nothing_is_fused_beyond_int) {
    const std::int64_t big = 65536;
    for (const char* labels : {"abi,ic->abc", "abi,abi->abi", "abi->abi"}) {
        std::vector<xtn::geometry> g{shape({big, big, 2})};
        if (std::string(labels).find(",ic") != std::string::npos) g.push_back(shape({2, 3}));
        if (std::string(labels).find(",abi") != std::string::npos) g.push_back(g[0]);
        const xtn::plan p = plan_of(labels, g);
        for (const xtn::step& s : p.steps) {
            for (const std::int64_t e : {s.m, s.n, s.k, s.lda, s.ldb, s.ldc}) BOOST_TEST(e <= INT_MAX);
            BOOST_TEST(s.volume() >= static_cast<double>(big) * static_cast<double>(big) * 2);
        }
    }
    // a leading dimension too large for a BLAS: rows loop, or are copied
    const xtn::plan p = plan_of("ij,jk->ik", {strided({4, 32}, {std::int64_t{1} << 33, 1}), shape({32, 48})});
    for (const xtn::step& s : p.steps) BOOST_TEST((s.lda <= INT_MAX && s.ldb <= INT_MAX && s.ldc <= INT_MAX));
}

BOOST_AUTO_TEST_CASE(private_labels_are_summed_first) {
    const xtn::plan p = plan_of("aib,bc->ac", {shape({8, 30, 9}), shape({9, 10})});
    BOOST_REQUIRE_EQUAL(p.steps.size(), 2u);
    BOOST_TEST((p.steps[0].kind == xtn::kernel::transfer));
    BOOST_TEST(p.steps[0].sum_loops == 1u);
    BOOST_TEST(p.copied_elements() == 0);
    BOOST_TEST(p.flops() == 2 * 8 * 9 * 10);
}

BOOST_AUTO_TEST_CASE(tensors_of_a_plan_lie_apart) {
    const xtn::plan p =
        plan_of("ab,bc,cd,de,ef->af", {shape({7, 9}), shape({9, 5}), shape({5, 11}), shape({11, 3}), shape({3, 13})});
    std::int64_t end = 0;
    for (const xtn::plan::tensor& t : p.tensors) {
        if (t.place.base != p.bases().residual()) continue;
        BOOST_TEST(t.place.offset >= end);
        BOOST_TEST(t.place.offset % 16 == 0);
        end = t.place.offset + t.layout.volume(p.problem.extent);
    }
    BOOST_TEST(end > 0);
    BOOST_TEST(end <= p.residual_size);
}

BOOST_AUTO_TEST_SUITE_END()
