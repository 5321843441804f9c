// SPDX-License-Identifier: BSD-3-Clause
// Pointers and spans as operands and destinations.
#include <span>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <xtn/expr/assign.hpp>
#include <xtn/expr/einsum.hpp>
#include <xtn/expr/memory.hpp>

BOOST_AUTO_TEST_SUITE(memory)

BOOST_AUTO_TEST_CASE(pointers_and_spans) {
    std::vector<float> a{1, 2, 3, 4, 5, 6}, b{1, 0, 0, 1, 1, 1}, c(4);
    xtn::assign(
        xtn::as_tensor(std::span(c), {2, 2}),
        xtn::einsum<"ij,jk->ik">(xtn::as_tensor(std::span<const float>(a), {2, 3}), xtn::as_tensor(b.data(), {3, 2})));
    BOOST_TEST(c == (std::vector<float>{4, 5, 10, 11}), boost::test_tools::per_element());
    xtn::accumulate(xtn::as_tensor(c.data(), {2, 2}),
                    xtn::einsum("ij,jk->ik", xtn::as_tensor(a.data(), {2, 3}), xtn::as_tensor(b.data(), {3, 2})));
    BOOST_TEST(c == (std::vector<float>{8, 10, 20, 22}), boost::test_tools::per_element());
    BOOST_CHECK_EXCEPTION(xtn::as_tensor(std::span(a), {2, 2}), xtn::shape_error, [](const xtn::shape_error& e) {
        return std::string(e.what()) == "as_tensor: the shape (2, 2) needs 4 elements, but the span has 6";
    });
}

BOOST_AUTO_TEST_SUITE_END()
