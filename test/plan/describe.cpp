// SPDX-License-Identifier: BSD-3-Clause
#include <array>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <xtn/plan/describe.hpp>
#include <xtn/plan/graphviz.hpp>
#include <xtn/plan/pullback.hpp>

BOOST_AUTO_TEST_SUITE(describe)

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

BOOST_AUTO_TEST_CASE(one_matrix_product) {
    BOOST_TEST(xtn::describe(plan_of("bi,oi->bo", {shape({30, 40}), shape({50, 40})})) ==
               "bi,oi->bo\n"
               "one loop takes 120000 flops, this order 120000; largest intermediate 0 elements\n"
               "step       kernel  calls  m x n x k     flops   elements  us\n"
               "bi,oi->bo  gemm    1      30 x 50 x 40  120000  4700      1.3\n"
               "total: 120000 flops, 0 elements copied, 0 elements of workspace, 1.3 us predicted\n");
}

BOOST_AUTO_TEST_CASE(a_chain_shows_its_order) {
    const std::string text = xtn::describe(
        plan_of("ab,bc,cd,de->ae", {shape({10, 1000}), shape({1000, 10}), shape({10, 1000}), shape({1000, 10})}));
    BOOST_TEST(has(text, "ab,bc->"));
    BOOST_TEST(has(text, "cd,de->"));
    BOOST_TEST(has(text, "10 x 10 x 1000"));
    BOOST_TEST(has(text, "one loop takes 4e+09 flops, this order 402000; largest intermediate 100 elements"));
    BOOST_TEST(has(text, "total: 402000 flops, 0 elements copied"));
}

BOOST_AUTO_TEST_CASE(sums_copies_and_products_say_so) {
    BOOST_TEST(has(xtn::describe(plan_of("ab->a", {shape({30, 40})})), "ab->a  sum"));
    BOOST_TEST(has(xtn::describe(plan_of("ab->ba", {shape({30, 40})})), "copy"));
    BOOST_TEST(has(xtn::describe(plan_of("ab,ab->ab", {shape({30, 40}), shape({30, 40})})), "product"));
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

BOOST_AUTO_TEST_CASE(slices_are_told) {
    const std::string text = xtn::describe(plan_of(
        "bijkl,oir,rpjs,sqkt,tul->bopqu",
        {shape({512, 8, 8, 8, 8}), shape({8, 8, 4}), shape({4, 8, 8, 4}), shape({4, 8, 8, 4}), shape({4, 8, 8})}));
    BOOST_TEST(has(text, " along b, each:\n  bijkl,"));
}

BOOST_AUTO_TEST_CASE(an_envelope_tells_its_crossovers) {
    const xtn::network net = xtn::make_network("bij,oir,rpj->bop");
    xtn::label_extents e{};
    for (auto& x : e) x = 16;
    const std::string text = xtn::describe(net, xtn::batch_envelope(net, e, 0, xtn::cost_model::flops_only()));
    BOOST_TEST(text ==
               "bij,oir,rpj->bop\n"
               "from rows  order        first row us  each further us\n"
               "1          (0,2) (0,1)  2.62e+11      2.62e+11\n"
               "16         (1,2) (0,1)  2.23e+12      1.31e+11\n");
    BOOST_TEST(has(xtn::describe(net, {}), "no envelope"));
}

BOOST_AUTO_TEST_CASE(networks_and_plans_are_drawn) {
    const std::string text = xtn::to_dot(xtn::make_network("bij,oir,rpj,b->bop"));
    BOOST_TEST(has(text, "t0 -- t1 [label=\"i\"]"));
    BOOST_TEST(has(text, "t1 -- t2 [label=\"r\"]"));
    BOOST_TEST(has(text, "t2 -- o5 [label=\"p\"]"));  // an open label
    BOOST_TEST(has(text, "t3 -- d0;"));               // a label of three
    BOOST_TEST(has(xtn::to_dot(xtn::make_network("aa->")), "t0 -- t0 [label=\"a\"]"));
    const std::string tree = xtn::to_dot(plan_of("ab,bc,cd->ad", {shape({10, 20}), shape({20, 3}), shape({3, 40})}));
    BOOST_TEST(has(tree, "n0 [label=\"0: ab\\n200\"]"));
    BOOST_TEST(has(tree, "n0 -> n3"));
    BOOST_TEST(has(tree, "n3 -> n4"));
}

BOOST_AUTO_TEST_SUITE_END()
