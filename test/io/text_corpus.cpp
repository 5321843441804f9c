// SPDX-License-Identifier: BSD-3-Clause
// Characters to tokens and back; the split; texts that are no texts.
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <xtn/io/safetensors.hpp>
#include <xtn/io/text_corpus.hpp>
#include <xtn/io/utf8.hpp>

#include "scratch.hpp"

BOOST_AUTO_TEST_SUITE(text_corpus)

BOOST_AUTO_TEST_CASE(tokens_are_those_of_python) {
    // >>> s = "Größe: 3 µm\n🦊"; c = sorted(set(s)); [c.index(x) for x in s]
    const std::string text = "Größe: 3 µm\n🦊";
    const xtn::text_corpus corpus(text);
    const std::vector<xtn::token> expected{4, 7, 10, 9, 5, 3, 1, 2, 1, 8, 6, 0, 11};
    BOOST_TEST(corpus.characters().size() == 12u);
    BOOST_TEST(corpus.tokens() == expected, boost::test_tools::per_element());
    BOOST_TEST(corpus.characters().encode("Größe") == (std::vector<xtn::token>{4, 7, 10, 9, 5}),
               boost::test_tools::per_element());
    BOOST_TEST(corpus.characters().decode(corpus.tokens()) == text);
    BOOST_TEST(corpus.characters().encode("").empty());
}

BOOST_AUTO_TEST_CASE(the_characters_of_tiny_shakespeare) {
    const std::string characters = "\n !$&',-.3:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const xtn::text_corpus corpus(std::string(characters.rbegin(), characters.rend()) + characters);
    BOOST_TEST(corpus.characters().size() == 65u);
    BOOST_TEST(corpus.characters().to_utf8() == characters);
    // Andrej Karpathy's encoding of "hii there" in his lecture on the same text.
    BOOST_TEST(corpus.characters().encode("hii there") == (std::vector<xtn::token>{46, 47, 47, 1, 58, 46, 43, 56, 43}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_split_is_at_nine_tenths_rounded_down) {
    for (const std::size_t n : {1u, 9u, 10u, 11u, 19u, 20u, 1115394u}) {
        const xtn::text_corpus corpus(std::string(n, 'a'));
        BOOST_TEST(corpus.train().size() == 9 * n / 10);
        BOOST_TEST(corpus.validation().size() == n - 9 * n / 10);
        BOOST_TEST((corpus.train().data() + corpus.train().size() == corpus.validation().data()));
    }
    BOOST_TEST(xtn::text_corpus(std::string(1115394, 'a')).train().size() == 1003854u);
}

BOOST_AUTO_TEST_CASE(windows_must_fit_both_splits) {
    // Two splits of at least w + 1 characters: the shortest text that passes is the one that the message asks for.
    for (const std::size_t window : {1u, 2u, 7u, 256u}) {
        const std::size_t needed = 10 * window + 1;
        xtn::text_corpus(std::string(needed, 'a')).require_window(window);
        check_error<xtn::io_error>(
            [&] { xtn::text_corpus(std::string(needed - 1, 'a'), "short").require_window(window); },
            {"short", std::to_string(window) + " characters", "at least " + std::to_string(needed),
             "has " + std::to_string(needed - 1)});
    }
    check_error<xtn::shape_error>([] { xtn::text_corpus("text").require_window(0); }, {"at least one"});
}

BOOST_AUTO_TEST_CASE(one_character) {
    const xtn::text_corpus corpus("x", "tiny");
    BOOST_TEST(corpus.characters().size() == 1u);
    BOOST_TEST(corpus.tokens().size() == 1u);
    BOOST_TEST(corpus.train().size() == 0u);
    BOOST_TEST(corpus.characters().decode(corpus.tokens()) == "x");
    check_error<xtn::io_error>([&] { corpus.require_window(1); }, {"tiny", "at least 11", "has 1,"});
}

BOOST_AUTO_TEST_CASE(empty_text_is_an_error) {
    check_error<xtn::io_error>([] { xtn::text_corpus("", "nothing"); }, {"nothing", "empty"});
    const scratch_directory dir;
    const auto path = dir.path() / "input.txt";
    xtn::write_file(path, std::string_view());
    check_error<xtn::io_error>([&] { xtn::load_text_corpus(path); }, {path.string(), "empty"});
    xtn::write_file(path, std::string_view("two\r\nlines"));
    BOOST_TEST(xtn::load_text_corpus(path).tokens().size() == 10u);
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_utf8_are_found) {
    const auto check = [](std::string_view bad, const char* byte) {
        check_error<xtn::io_error>([&] { xtn::text_corpus("abc\u00e9" + std::string(bad), "binary"); },
                                   {"binary", "UTF-8", "offset 5", byte});
    };
    check("\x80", "0x80");              // a continuation byte alone
    check("\xC3", "0xC3");              // cut off
    check("\xC3(", "0xC3");             // no continuation
    check("\xE2\x82", "0xE2");          // cut off
    check("\xE2\x82(", "0xE2");         // no continuation
    check("\xC0\xAF", "0xC0");          // overlong '/'
    check("\xC1\xBF", "0xC1");          // overlong
    check("\xE0\x9F\xBF", "0xE0");      // overlong
    check("\xF0\x8F\xBF\xBF", "0xF0");  // overlong
    check("\xED\xA0\x80", "0xED");      // surrogate
    check("\xF4\x90\x80\x80", "0xF4");  // beyond U+10FFFF
    check("\xF8\x88\x80\x80\x80", "0xF8");
    check("\xFF", "0xFF");
}

BOOST_AUTO_TEST_CASE(every_code_point_survives) {
    std::u32string points;
    for (char32_t c = 0; c <= 0x10FFFF; ++c)
        if (c < 0xD800 || c > 0xDFFF) points.push_back(c);
    std::string text;
    for (const char32_t c : points) xtn::append_utf8(text, c);
    BOOST_TEST(text.size() == 0x80u + 2 * (0x800 - 0x80) + 3 * (0x10000 - 0x800 - 0x800) + 4 * 0x100000u);
    BOOST_TEST((xtn::decode_utf8(text) == points));
    BOOST_TEST(xtn::valid_utf8_prefix(text) == text.size());
}

BOOST_AUTO_TEST_CASE(what_is_not_in_the_vocabulary_is_named) {
    const xtn::vocabulary letters(U"abc");
    check_error<xtn::io_error>([&] { letters.encode("abé"); }, {"\"é\" (U+00E9)", "position 2", "3 of the vocabulary"});
    check_error<xtn::io_error>([&] { letters.encode("a\n"); }, {"(U+000A)", "position 1"});
    check_error<xtn::io_error>([&] { letters.encode("🦊"); }, {"(U+1F98A)", "position 0"});
    const std::vector<xtn::token> ids{0, 3};
    check_error<xtn::shape_error>([&] { letters.decode(ids); }, {"token 3", "size of 3"});
}

BOOST_AUTO_TEST_CASE(a_vocabulary_lives_in_the_metadata_of_a_checkpoint) {
    const xtn::vocabulary characters(std::u32string(U"\0\n \"\\aµ🦊", 8));
    BOOST_REQUIRE(characters.size() == 8u);
    xtn::safetensors file;
    file.metadata()["vocabulary"] = characters.to_utf8();
    const auto back = xtn::parse_safetensors(xtn::serialise_safetensors(file));
    BOOST_TEST((xtn::vocabulary::from_utf8(back.metadata().at("vocabulary")) == characters));

    check_error<xtn::io_error>([] { xtn::vocabulary::from_utf8("ba", "checkpoint"); }, {"checkpoint", "ascending"});
    check_error<xtn::io_error>([] { xtn::vocabulary::from_utf8("aab"); }, {"ascending"});
    check_error<xtn::io_error>([] { xtn::vocabulary::from_utf8("a\xFF", "checkpoint"); }, {"checkpoint", "offset 1"});
}

BOOST_AUTO_TEST_SUITE_END()
