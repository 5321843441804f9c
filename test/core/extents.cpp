// SPDX-License-Identifier: BSD-3-Clause
// Shapes: what is inferred from operands, and what a message says where they disagree.
#include <array>
#include <climits>
#include <cstdint>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <xtn/core/extents.hpp>

BOOST_AUTO_TEST_SUITE(extents)

namespace {

using shapes = std::vector<std::vector<std::int64_t>>;

std::vector<xtn::geometry> geometries(const shapes& s) {
    std::vector<xtn::geometry> g;
    for (const auto& e : s) g.push_back(xtn::geometry::row_major(e));
    return g;
}

/// The message of the shape_error, or "" without one.
std::string message(const char* labels, const shapes& s) {
    const auto g = geometries(s);
    try {
        xtn::infer_extents(xtn::make_network(labels), g.data());
    } catch (const xtn::shape_error& e) {
        return e.what();
    }
    return "";
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_row_major_geometry) {
    const auto g = xtn::geometry::row_major(std::array{2, 3, 4});
    BOOST_TEST(g.rank == 3u);
    BOOST_TEST(g.volume() == 24);
    BOOST_TEST(g.stride[0] == 12);
    BOOST_TEST(g.stride[1] == 4);
    BOOST_TEST(g.stride[2] == 1);
    BOOST_TEST(xtn::to_string(g) == "(2, 3, 4)");
    BOOST_TEST(xtn::geometry::row_major(std::array<int, 0>{}).volume() == 1);
    BOOST_TEST(xtn::to_string(xtn::geometry::row_major(std::array<int, 0>{})) == "()");
    BOOST_TEST(xtn::geometry::row_major(std::array{2, 0}).volume() == 0);
    BOOST_CHECK_NO_THROW(xtn::geometry::row_major(std::vector<int>(32, 1)));
    BOOST_CHECK_THROW(xtn::geometry::row_major(std::vector<int>(33, 1)), xtn::shape_error);
}

BOOST_AUTO_TEST_CASE(extents_are_inferred_per_label) {
    const xtn::network net = xtn::make_network("bij,oir,rpj->bop");
    const auto g = geometries({{5, 2, 3}, {7, 2, 4}, {4, 11, 3}});
    const xtn::label_extents e = xtn::infer_extents(net, g.data());
    const std::int64_t expected[] = {5, 2, 3, 7, 4, 11};  // b i j o r p
    for (std::size_t l = 0; l < 6; ++l) BOOST_TEST(e[l] == expected[l]);
    const xtn::geometry out = xtn::output_geometry(net, e);
    BOOST_TEST(xtn::to_string(out) == "(5, 7, 11)");
    BOOST_TEST(out.stride[0] == 77);
    BOOST_TEST(out.stride[2] == 1);
}

BOOST_AUTO_TEST_CASE(fitting_shapes_are_accepted) {
    BOOST_TEST(message("ii->i", {{3, 3}}) == "");
    BOOST_TEST(message(",ab->ab", {{}, {2, 3}}) == "");
    BOOST_TEST(message("ab,bc", {{2, 0}, {0, 3}}) == "");
    BOOST_TEST(message("a->a", {{INT_MAX}}) == "");
}

BOOST_AUTO_TEST_CASE(messages_name_label_operand_and_extents) {
    BOOST_TEST(message("ab,bc->ac", {{2, 3}, {4, 5}}) ==
               "einsum \"ab,bc->ac\": operand 1 has extent 4 for label 'b', but operand 0 has 3");
    BOOST_TEST(message("ab,c,bd", {{2, 3}, {9}, {1, 5}}) ==
               "einsum \"ab,c,bd->acd\": operand 2 has extent 1 for label 'b', but operand 0 has 3");
    BOOST_TEST(message("ii->i", {{3, 4}}) ==
               "einsum \"ii->i\": operand 0 has extent 4 for label 'i', but operand 0 has 3");
    BOOST_TEST(message("ab,bc->ac", {{2, 3}, {3}}) ==
               "einsum \"ab,bc->ac\": operand 1 has the labels \"bc\", so it needs 2 axes, but its shape is (3)");
    BOOST_TEST(message(",a->a", {{2}, {2}}) ==
               "einsum \",a->a\": operand 0 has the labels \"\", so it needs 0 axes, but its shape is (2)");
    BOOST_TEST(
        message("a->a", {{std::int64_t{INT_MAX} + 1}}) ==
        "einsum \"a->a\": operand 0: the extent 2147483648 of label 'a' exceeds what a BLAS can index (2147483647)");
}

// An extent of 0 is an extent like any other: it must agree.
BOOST_AUTO_TEST_CASE(zero_does_not_hide_a_disagreement) {
    BOOST_TEST(message("ab,bc->ac", {{2, 0}, {3, 5}}) ==
               "einsum \"ab,bc->ac\": operand 1 has extent 3 for label 'b', but operand 0 has 0");
}

BOOST_AUTO_TEST_SUITE_END()
