// SPDX-License-Identifier: BSD-3-Clause
#include <string>

#include <boost/test/unit_test.hpp>

#include <xtn/backend/threads.hpp>

BOOST_AUTO_TEST_SUITE(blas_threads)

BOOST_AUTO_TEST_CASE(guards_nest_and_restore) {
    const auto before = xtn::blas_threads::current();
    {
        const xtn::blas_threads two(2);
        if (before) BOOST_TEST(xtn::blas_threads::current().value() == 2);
        {
            const xtn::blas_threads one(1);
            if (before) BOOST_TEST(xtn::blas_threads::current().value() == 1);
        }
        if (before) BOOST_TEST(xtn::blas_threads::current().value() == 2);
    }
    BOOST_TEST((xtn::blas_threads::current() == before));
    if (!before) BOOST_TEST_MESSAGE("this BLAS does not tell its number of threads; nothing to check");
}

BOOST_AUTO_TEST_CASE(fallback_cores_are_recognised) {
    for (const char* core : {"Prescott", "prescott", "Nehalem", "Core2", "Generic", "Barcelona", "Opteron_SSE3"})
        BOOST_TEST(xtn::detail::openblas_core_before_avx(core), core);
    for (const char* core : {"Haswell", "SkylakeX", "Sandybridge", "Zen", "Cooperlake", "ARMV8", ""})
        BOOST_TEST(!xtn::detail::openblas_core_before_avx(core), core);
}

BOOST_AUTO_TEST_CASE(a_suggestion_is_better_than_what_runs) {
    const auto suggestion = xtn::suggested_openblas_core();
    if (!suggestion) return;
    BOOST_TEST((*suggestion == "SkylakeX" || *suggestion == "Haswell"));
    BOOST_TEST(xtn::detail::openblas_core_before_avx(xtn::blas_core_name()));
}

// The name and the description come from the same library: OpenBLAS's description names its core.
BOOST_AUTO_TEST_CASE(core_and_description_agree) {
    BOOST_TEST(xtn::blas_config().empty() == xtn::blas_core_name().empty());
    BOOST_TEST(xtn::blas_config().find(xtn::blas_core_name()) != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
