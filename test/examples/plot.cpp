// SPDX-License-Identifier: BSD-3-Clause
#include <cmath>
#include <cstddef>
#include <limits>
#include <regex>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "../../examples/common/plot.hpp"

BOOST_AUTO_TEST_SUITE(plot)

/// Do the tags open and close as XML wants it, is every attribute quoted and every ampersand the start of an entity?
bool well_formed(const std::string& text) {
    static const std::regex piece(
        R"(<(/?)([A-Za-z]+)((?:\s+[A-Za-z:-]+="[^"<]*")*)\s*(/?)>|&(?:amp|lt|gt|quot);|[^<>&])");
    std::vector<std::string> open;
    std::size_t position = 0, roots = 0;
    for (std::sregex_iterator it(text.begin(), text.end(), piece), end; it != end; ++it) {
        if (static_cast<std::size_t>(it->position()) != position) return false;  // something no piece matches
        position += static_cast<std::size_t>(it->length());
        const std::string name = (*it)[2];
        if (name.empty()) continue;
        if ((*it)[1].length() != 0) {
            if (open.empty() || open.back() != name) return false;
            open.pop_back();
        } else {
            roots += open.empty();
            if ((*it)[4].length() == 0) open.push_back(name);
        }
    }
    return position == text.size() && open.empty() && roots == 1;
}

std::size_t count(const std::string& text, const std::string& what) {
    std::size_t n = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
    return n;
}

std::vector<std::string> labels(const examples::scale& s) {
    std::vector<std::string> all;
    for (const auto& t : s.ticks())
        if (!t.label.empty()) all.push_back(t.label);
    return all;
}

BOOST_AUTO_TEST_CASE(the_check_itself_can_fail) {
    BOOST_TEST(well_formed("<a x=\"1\"><b/>&amp;</a>"));
    for (const char* bad :
         {"<a><b></a></b>", "<a>", "<a>&</a>", "<a x=1/>", "<a x=\"<\"/>", "<a/><b/>", "<a>1 < 2</a>"})
        BOOST_TEST(!well_formed(bad), bad);
}

BOOST_AUTO_TEST_CASE(ticks_are_round) {
    using strings = std::vector<std::string>;
    const auto per_element = boost::test_tools::per_element();
    BOOST_TEST(labels({{}, 0, 1950}) == (strings{"0", "500", "1,000", "1,500", "2,000"}), per_element);
    BOOST_TEST(labels({{}, -0.11, 0.29}) == (strings{"−0.1", "0.0", "0.1", "0.2", "0.3"}), per_element);
    BOOST_TEST(labels({{.logarithmic = true}, 1e-5, 3}) == (strings{"10⁻⁵", "10⁻⁴", "0.001", "0.01", "0.1", "1"}),
               per_element);
    BOOST_TEST(labels({{.logarithmic = true}, 10, 200}) == (strings{"10", "20", "50", "100", "200"}), per_element);
    BOOST_TEST(labels({{.logarithmic = true, .ticks = {1, 8, 64, 512}}, 1, 64}) == (strings{"1", "8", "64"}),
               per_element);
    for (const auto& s :
         {examples::scale({}, 2, 2), examples::scale({}, 0, 0), examples::scale({.logarithmic = true}, 3, 3),
          examples::scale({}, std::nan(""), std::nan("")), examples::scale({}, 1e9, 1.0001e9)})
        BOOST_TEST(labels(s).size() >= 2U);
}

BOOST_AUTO_TEST_CASE(positions) {
    const examples::scale linear({.min = -1, .max = 3}, 0, 0),
        decades({.logarithmic = true, .min = 1, .max = 100}, 1, 1);
    BOOST_TEST(linear.position(0) == 0.25);
    BOOST_TEST(decades.position(10) == 0.5);
    BOOST_TEST(!decades.drawable(0));
    BOOST_TEST(!linear.drawable(std::numeric_limits<double>::infinity()));
}

BOOST_AUTO_TEST_CASE(number_labels) {
    BOOST_TEST(examples::number_label(12000) == "12,000");
    BOOST_TEST(examples::number_label(100000) == "100,000");
    BOOST_TEST(examples::number_label(-0.25) == "−0.25");
    BOOST_TEST(examples::number_label(2e-5) == "2×10⁻⁵");
    BOOST_TEST(examples::number_label(-1e12) == "−10¹²");
}

BOOST_AUTO_TEST_CASE(document_is_well_formed_and_complete) {
    examples::plot p{
        .title = "a < b & \"c\" > χ", .x = {.label = "<step>"}, .y = {.label = "loss", .logarithmic = true}};
    for (int k = 0; k < 9; ++k) {
        examples::series s{"series & " + std::to_string(k)};
        for (int i = 0; i < 10 + 20 * k; ++i) {
            s.x.push_back(i);
            s.y.push_back(i == 5 ? std::nan("") : i == 7 ? -1 : std::exp(-0.1 * i) + k);
        }
        p.data.push_back(s);
    }
    const std::string text = examples::svg(p);
    BOOST_TEST(well_formed(text));
    BOOST_TEST(text.find("nan") == std::string::npos);
    BOOST_TEST(text.find("a &lt; b &amp; &quot;c&quot; &gt; χ") != std::string::npos);
    BOOST_TEST(count(text, "series &amp; ") == 9U);
    BOOST_TEST(count(text, "stroke-linejoin") == 18U);  // a curve and a legend entry for each

    // the missing points break the line: 0-4, 6, 8-9
    const auto curve = text.substr(text.find("stroke-linejoin"));
    const std::string path = curve.substr(0, curve.find("/>"));
    BOOST_TEST(count(path.substr(path.find(" d=")), "M") == 3U);
}

BOOST_AUTO_TEST_CASE(corners) {
    BOOST_TEST(well_formed(examples::svg({})));
    BOOST_TEST(well_formed(examples::svg({.data = {{"empty"}}})));
    BOOST_TEST(well_formed(examples::svg({.data = {{"one", {1}, {2}, examples::mark::points}}})));
    BOOST_CHECK_THROW(examples::svg({.data = {{"odd", {1, 2}, {2}}}}), xtn::shape_error);
}

BOOST_AUTO_TEST_SUITE_END()
