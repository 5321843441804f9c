// SPDX-License-Identifier: BSD-3-Clause
// Contraction paths as NumPy and opt_einsum write them.
#include <string>

#include <boost/test/unit_test.hpp>

#include <xtn/plan/path.hpp>

BOOST_AUTO_TEST_SUITE(contraction_path)

namespace {

std::string mistake(const xtn::contraction_path& path, std::size_t operands) {
    try {
        xtn::make_tree(path, operands);
    } catch (const xtn::shape_error& e) {
        return e.what();
    }
    return "";
}

}  // namespace

// numpy.einsum_path('ij,jk,kl->il', ...) may say [(0, 1), (0, 1)] or [(1, 2), (0, 1)].
BOOST_AUTO_TEST_CASE(positions_count_what_is_left) {
    const auto tree = xtn::make_tree({{1, 2}, {0, 1}}, 3);
    BOOST_TEST(tree.steps == 2);
    BOOST_TEST((tree.left[0] == 1 && tree.right[0] == 2));
    BOOST_TEST((tree.left[1] == 0 && tree.right[1] == 3));
    const auto bushy = xtn::make_tree({{0, 1}, {0, 1}, {0, 1}}, 4);
    BOOST_TEST((bushy.left[2] == 4 && bushy.right[2] == 5));
    const auto all = xtn::make_tree({{0, 1, 2, 3}}, 4);
    BOOST_TEST((all.left[1] == 4 && all.right[1] == 2 && all.left[2] == 5 && all.right[2] == 3));
    BOOST_TEST(xtn::make_tree({}, 1).steps == 0);
    BOOST_TEST(xtn::make_tree({{0}}, 1).steps == 0);
}

BOOST_AUTO_TEST_CASE(there_and_back) {
    const xtn::contraction_path path{{1, 3}, {0, 1}, {1, 2}, {0, 1}};
    BOOST_TEST((xtn::make_path(xtn::make_tree(path, 5), 5) == path));
}

BOOST_AUTO_TEST_CASE(mistakes_are_named) {
    BOOST_TEST(mistake({{0, 3}}, 3) == "contraction path: entry 0 names position 3, but 3 tensors are left then");
    BOOST_TEST(mistake({{0, 1}, {1, 1}}, 3) == "contraction path: entry 1 names position 1 twice");
    BOOST_TEST(mistake({{}}, 3) == "contraction path: entry 0 is empty");
    BOOST_TEST(mistake({{0, 1}}, 3) == "contraction path: 2 tensors are left at its end instead of one");
}

BOOST_AUTO_TEST_SUITE_END()
