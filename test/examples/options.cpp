// SPDX-License-Identifier: BSD-3-Clause
// The command line of the programs: numbers are taken as they stand or refused.
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "../../examples/common/options.hpp"

BOOST_AUTO_TEST_SUITE(examples_options)

namespace {

struct numbers {
    std::uint64_t seed = 7;
    int small = 7;
    double rate = 7;
    std::vector<std::uint64_t> lengths;
};

/// The numbers after these arguments, all 0 and none if they were refused.
numbers after(std::vector<std::string> arguments) {
    numbers n;
    examples::program app("A test.", "test");
    app.add_option("--seed", n.seed);
    app.add_option("--small", n.small);
    app.add_option("--rate", n.rate);
    app.add_option("--lengths", n.lengths);
    std::vector<char*> argv;
    arguments.insert(arguments.begin(), "test");
    for (std::string& a : arguments) argv.push_back(a.data());
    const bool taken = app.run(static_cast<int>(argv.size()), argv.data(), [] {}) == 0;
    return taken ? n : numbers{0, 0, 0, {}};
}

BOOST_AUTO_TEST_CASE(numbers_are_taken_as_they_stand) {
    BOOST_TEST(after({}).seed == 7);
    BOOST_TEST(after({"--seed", "18446744073709551615"}).seed == 18446744073709551615U);
    BOOST_TEST(after({"--seed=010"}).seed == 10);
    BOOST_TEST(after({"--small=-3"}).small == -3);
    BOOST_TEST(after({"--rate", "2.5e-3"}).rate == 2.5e-3);
    BOOST_TEST((after({"--lengths", "0", "100"}).lengths == std::vector<std::uint64_t>{0, 100}));
}

BOOST_AUTO_TEST_CASE(other_numbers_are_refused) {
    for (const char* faulty : {"-1", "18446744073709551616", "0x10", "1.5", "1e3", "3x", " 3", ""})
        BOOST_TEST(after({std::string("--seed=") + faulty}).rate == 0, faulty);
    for (const char* faulty : {"2147483648", "-2147483649", "9223372036854775808"})
        BOOST_TEST(after({std::string("--small=") + faulty}).rate == 0, faulty);
    for (const char* faulty : {"1e999", "nan", "inf", "0x1p3", "1,5"})
        BOOST_TEST(after({std::string("--rate=") + faulty}).rate == 0, faulty);
    BOOST_TEST(after({"--lengths", "100", "-1"}).rate == 0);
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
