// SPDX-License-Identifier: BSD-3-Clause
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <xtn/backend/gemm.hpp>
#include <xtn/backend/lapack.hpp>
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

// What the other threads of this process were given to do shows in how often they were put aside by the system.
BOOST_AUTO_TEST_CASE(small_products_wake_nobody) {
    if (!xtn::blas_threads::current() || !std::filesystem::exists("/proc/self/task")) return;
    const xtn::blas_threads two(2);
    const auto turns_of_others = [] {
        long total = 0;
        for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
            if (task.path().filename() == std::to_string(::getpid())) continue;  // the one that runs the tests
            std::ifstream status(task.path() / "status");
            for (std::string line; std::getline(status, line);)
                if (line.find("ctxt_switches") != std::string::npos)
                    total += std::stol(line.substr(line.find(':') + 1));
        }
        return total;
    };
    long before = -1;
    for (int i = 0; i < 500 && before != turns_of_others(); ++i) {  // until they sleep
        before = turns_of_others();
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    xt::xtensor<double, 2> a = xt::zeros<double>({120, 120}), c = a;
    for (std::size_t i = 0; i < 120; ++i) a(i, i) = 1.0 + static_cast<double>(i);
    for (int i = 0; i < 20; ++i)
        xtn::backend::gemm(false, false, 120, 120, 120, 1.0, a.data(), 120, a.data(), 120, 0.0, c.data(), 120);
    xtn::backend::gemm(false, false, 120, 1, 120, 1.0, a.data(), 120, a.data(), 120, 0.0, c.data(), 1);
    std::vector<double> s(120), tau(120);
    xt::xtensor<double, 2> u = a, vt = a, x = a;
    BOOST_TEST(xtn::backend::gesdd(120, 120, x.data(), s.data(), u.data(), vt.data()) == 0);
    BOOST_TEST(xtn::backend::geqrf(120, 120, u.data(), tau.data()) == 0);
    BOOST_TEST(turns_of_others() == before);
    BOOST_TEST(xtn::blas_threads::current().value() == 2);
}

BOOST_AUTO_TEST_CASE(unshared_calls_overlap) {
    if (!xtn::blas_threads::current()) return;
    const xtn::blas_threads two(2);
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([] {
                for (int i = 0; i < 2000; ++i) const xtn::detail::unshared_call one(i % 3 != 0);
            });
    }
    BOOST_TEST(xtn::blas_threads::current().value() == 2);
    const xtn::detail::unshared_call outer(true);
    {
        const xtn::detail::unshared_call inner(true), large(false);
        BOOST_TEST(xtn::blas_threads::current().value() == 1);
    }
    BOOST_TEST(xtn::blas_threads::current().value() == 1);
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
