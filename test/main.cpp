// SPDX-License-Identifier: BSD-3-Clause
// The main function of every test executable (one executable per folder of test/). It is written out, because
// BOOST_TEST_MODULE has no effect after a precompiled <boost/test/unit_test.hpp>.
#include <boost/test/unit_test.hpp>

int main(int argc, char* argv[]) {
    const auto name_suite = [] {
        boost::unit_test::framework::master_test_suite().p_name.value = "xtn";
        return true;
    };
    return boost::unit_test::unit_test_main(name_suite, argc, argv);
}
