// SPDX-License-Identifier: BSD-3-Clause
#include <array>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <xtn/plan/describe.hpp>
#include <xtn/plan/pullback.hpp>

namespace {

xtn::plan plan_of(const char* labels, const std::vector<xtn::geometry>& g) {
    const xtn::network net = xtn::make_network(labels);
    const xtn::label_extents e = xtn::infer_extents(net, g.data());
    return xtn::make_plan(xtn::make_problem(net, e, g.data(), xtn::output_geometry(net, e)),
                          xtn::contraction_order(net, e), {});
}

xtn::geometry shape(std::initializer_list<int> e) { return xtn::geometry::row_major(e); }

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

BOOST_AUTO_TEST_SUITE(describe)

BOOST_AUTO_TEST_CASE(one_matrix_product) {
    BOOST_TEST(xtn::describe(plan_of("bi,oi->bo", {shape({30, 40}), shape({50, 40})})) ==
               "bi,oi->bo\n"
               "step                     kernel    calls    m x n x k            flops\n"
               "bi,oi->bo                gemm      1        30 x 50 x 40         120000\n"
               "total: 120000 flops, 0 elements copied, 0 elements of workspace\n");
}

BOOST_AUTO_TEST_CASE(a_chain_shows_its_order) {
    const std::string text = xtn::describe(
        plan_of("ab,bc,cd,de->ae", {shape({10, 1000}), shape({1000, 10}), shape({10, 1000}), shape({1000, 10})}));
    BOOST_TEST(has(text, "ab,bc->"));
    BOOST_TEST(has(text, "cd,de->"));
    BOOST_TEST(has(text, "10 x 10 x 1000"));
    BOOST_TEST(has(text, "total: 402000 flops, 0 elements copied"));
}

BOOST_AUTO_TEST_CASE(sums_copies_and_products_say_so) {
    BOOST_TEST(has(xtn::describe(plan_of("ab->a", {shape({30, 40})})), "ab->a                    sum"));
    BOOST_TEST(has(xtn::describe(plan_of("ab->ba", {shape({30, 40})})), "copy"));
    BOOST_TEST(has(xtn::describe(plan_of("ab,ab->ab", {shape({30, 40}), shape({30, 40})})), "1200 elements"));
    BOOST_TEST(has(xtn::describe(plan_of(",->", {shape({}), shape({})})), ",->"));
}

BOOST_AUTO_TEST_CASE(fused_labels_are_printed_together) {
    BOOST_TEST(has(xtn::describe(plan_of("aij,ijb->ab", {shape({20, 3, 4}), shape({3, 4, 20})})), "aij,ijb->ab"));
    BOOST_TEST(has(xtn::describe(plan_of("aij,ijb->ab", {shape({20, 3, 4}), shape({3, 4, 20})})), "20 x 20 x 12"));
}

BOOST_AUTO_TEST_CASE(a_pullback_is_a_plan_like_any_other) {
    const xtn::plan p = plan_of("bi,oi->bo", {shape({30, 40}), shape({50, 40})});
    const std::string text = xtn::describe(xtn::make_pullback(p, 0b11, {}));
    BOOST_TEST(has(text, "bo,oi->bi"));
    BOOST_TEST(has(text, "bo,bi->oi"));
    BOOST_TEST(has(text, "total: 240000 flops"));
}

BOOST_AUTO_TEST_SUITE_END()
