// SPDX-License-Identifier: BSD-3-Clause
#include <string>

#include <boost/test/unit_test.hpp>

#include "../../examples/common/page.hpp"

BOOST_AUTO_TEST_SUITE(page)

const std::string text = "a <!-- x -->old<!-- / --> b\n<!-- y -->\n| 1 |\n<!-- / -->\nc";

BOOST_AUTO_TEST_CASE(parts_are_replaced_and_prose_is_not) {
    const auto once = examples::filled(text, {{"x", "new"}, {"y", "\n| 2 |\n"}, {"z", "unused"}}, "page");
    BOOST_TEST(once == "a <!-- x -->new<!-- / --> b\n<!-- y -->\n| 2 |\n<!-- / -->\nc");
    BOOST_TEST(examples::filled(once, {{"x", "new"}, {"y", "\n| 2 |\n"}}, "page") == once);
    BOOST_TEST(examples::prose_of(text, "page") == "a <!-- x --><!-- / --> b\n<!-- y --><!-- / -->\nc");
    BOOST_TEST(examples::filled("no parts", {}, "page") == "no parts");
}

BOOST_AUTO_TEST_CASE(faulty_pages_are_refused) {
    BOOST_CHECK_THROW(examples::filled(text, {{"x", "new"}}, "page"), xtn::io_error);
    BOOST_CHECK_THROW(examples::filled("<!-- x -->", {{"x", ""}}, "page"), xtn::io_error);
    BOOST_CHECK_THROW(examples::filled("<!-- x <!-- / -->", {{"x", ""}}, "page"), xtn::io_error);
}

BOOST_AUTO_TEST_SUITE_END()
