// SPDX-License-Identifier: BSD-3-Clause
// The text that an example program chooses: what is named, what is found, what is generated, in this order.
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>
#include <string_view>

#include <xtn/io/atomic_file.hpp>
#include <xtn/io/markov_corpus.hpp>

#include "../../examples/common/data.hpp"
#include "../io/scratch.hpp"

namespace {

/// Three places with different texts; nothing outside them is looked at.
struct three_texts {
    three_texts() {
        std::filesystem::create_directories(dir.path() / "given");
        std::filesystem::create_directories(dir.path() / "env" / "tinyshakespeare");
        std::filesystem::create_directories(dir.path() / "data");
        xtn::write_file(dir.path() / "given" / "input.txt", std::string_view("given text"));
        xtn::write_file(dir.path() / "env" / "tinyshakespeare" / "input.txt",
                        std::string_view("text of the environment"));
        xtn::write_file(dir.path() / "data" / "input.txt", std::string_view("found"));
        options.directories = {dir.path() / "none", dir.path() / "data"};
        options.download = false;
        options.generated_length = 5000;
    }
    examples::corpus_source find() {
        log.str("");
        return examples::find_corpus(options, log);
    }
    std::string text() {
        const auto found = find();
        BOOST_TEST(log.str().find(found.description) != std::string::npos);
        BOOST_TEST(!found.entropy_floor.has_value());
        return found.corpus.characters().decode(found.corpus.tokens());
    }

    scratch_directory dir;
    examples::corpus_options options;
    std::ostringstream log;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(examples_data, three_texts)

BOOST_AUTO_TEST_CASE(what_is_named_comes_first) {
    const environment_variable variable("XTN_DATA", (dir.path() / "env").c_str());
    options.data = dir.path() / "given";
    BOOST_TEST(text() == "given text");
    options.data = dir.path() / "given" / "input.txt";
    BOOST_TEST(text() == "given text");
    options.data.reset();
    BOOST_TEST(text() == "text of the environment");
}

BOOST_AUTO_TEST_CASE(what_is_named_and_missing_is_an_error) {
    const auto missing = dir.path() / "missing";
    {
        const environment_variable variable("XTN_DATA", (dir.path() / "env").c_str());
        options.data = missing;
        check_error<xtn::io_error>([&] { find(); }, {"--data", missing.string()});
        options.data = dir.path();  // a directory without a text
        check_error<xtn::io_error>([&] { find(); }, {"--data", dir.path().string(), "input.txt"});
        options.data.reset();
    }
    const environment_variable variable("XTN_DATA", missing.c_str());
    check_error<xtn::io_error>([&] { find(); }, {"XTN_DATA", missing.string()});
}

BOOST_AUTO_TEST_CASE(then_the_directories_then_generated_text) {
    const environment_variable variable("XTN_DATA", "");
    BOOST_TEST(text() == "found");
    options.directories->pop_back();
    const auto generated = find();
    BOOST_TEST(generated.corpus.tokens().size() == 5000u);
    BOOST_REQUIRE(generated.entropy_floor.has_value());
    BOOST_TEST(*generated.entropy_floor == xtn::markov_source(1).entropy_rate());
    BOOST_TEST(log.str().find("GENERATED") != std::string::npos);
    BOOST_TEST(log.str().find(std::to_string(*generated.entropy_floor)) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_found_text_that_is_broken_is_an_error) {
    const environment_variable variable("XTN_DATA", nullptr);
    xtn::write_file(dir.path() / "data" / "input.txt", std::string_view("\xFF"));
    check_error<xtn::io_error>([&] { find(); }, {"input.txt", "UTF-8", "offset 0"});
}

BOOST_AUTO_TEST_CASE(a_download_that_is_not_the_right_file_is_not_used) {
    const environment_variable variable("XTN_DATA", nullptr);
    // A curl that brings something else, so that the test needs no network.
    xtn::write_file(
        dir.path() / "curl",
        std::string_view("#!/bin/sh\nwhile [ \"$1\" != -o ]; do shift; done\necho a login page > \"$2\"\n"));
    std::filesystem::permissions(dir.path() / "curl", std::filesystem::perms::owner_all);
    const environment_variable path("PATH", (dir.path().string() + ":" + std::getenv("PATH")).c_str());
    const environment_variable cache("XDG_CACHE_HOME", dir.path().c_str());
    options.directories.emplace();
    options.download = true;
    BOOST_TEST(find().entropy_floor.has_value());
    BOOST_TEST(log.str().find("fetching https://") != std::string::npos);
    BOOST_TEST(log.str().find("not the expected file") != std::string::npos);
    BOOST_TEST(std::filesystem::is_empty(dir.path() / "xtn" / "tinyshakespeare"));
}

BOOST_AUTO_TEST_SUITE_END()
