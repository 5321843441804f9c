// SPDX-License-Identifier: BSD-3-Clause
// Numbers from text: the whole text and nothing that the type cannot hold.
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <limits>
#include <string>

#include <xtn/core/number.hpp>

BOOST_AUTO_TEST_SUITE(core_number)

namespace {

template <class T>
bool reads(const std::string& text, T expected) {
    return xtn::parse_number<T>(text) == expected;
}

BOOST_AUTO_TEST_CASE(whole_numbers) {
    BOOST_TEST(reads<std::uint64_t>("0", 0));
    BOOST_TEST(reads<std::uint64_t>("010", 10));
    BOOST_TEST(reads("18446744073709551615", std::numeric_limits<std::uint64_t>::max()));
    BOOST_TEST(reads("-9223372036854775808", std::numeric_limits<std::int64_t>::min()));
    BOOST_TEST(reads<std::int8_t>("-128", -128));
    for (const char* text :
         {"", " ", "1 ", " 1", "+1", "-", "-1", "1.", "1.0", "1e2", "0x1", "1L", "18446744073709551616"})
        BOOST_TEST(!xtn::parse_number<std::uint64_t>(text), text);
    BOOST_TEST(!xtn::parse_number<std::int8_t>("128"));
    BOOST_TEST(!xtn::parse_number<std::uint64_t>(std::string_view("1\0", 2)));
}

BOOST_AUTO_TEST_CASE(floating_point) {
    BOOST_TEST(reads("0.1", 0.1));
    BOOST_TEST(reads("-2.5e-3", -2.5e-3));
    BOOST_TEST(reads(".5", 0.5));
    BOOST_TEST(reads("3", 3.0f));
    for (const char* text : {"", ".", "-", "e5", "1e", "+1", "1,5", "0x1p3", "1e999", "inf", "-infinity", "nan", "1 "})
        BOOST_TEST(!xtn::parse_number<double>(text), text);
    BOOST_TEST(!xtn::parse_number<float>("1e39"));
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
