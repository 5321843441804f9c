// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <xtn/backend/arena.hpp>

BOOST_AUTO_TEST_SUITE(arena_memory)

using xtn::backend::arena;

BOOST_AUTO_TEST_CASE(blocks_are_aligned_apart_and_stay_where_they_are) {
    arena a;
    std::vector<std::pair<double*, std::size_t>> blocks;
    for (std::size_t i = 0; i < 200; ++i) {
        const std::size_t n = i % 7 == 0 ? 0 : i * 37 % 5000;
        double* p = a.take<double>(n);
        BOOST_TEST(reinterpret_cast<std::uintptr_t>(p) % arena::alignment == 0u);
        std::fill_n(p, n, static_cast<double>(i));
        blocks.emplace_back(p, n);
    }
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        const auto [p, n] = blocks[i];
        BOOST_TEST(std::all_of(p, p + n, [&](double x) { return x == static_cast<double>(i); }));
    }
}

BOOST_AUTO_TEST_CASE(what_was_released_is_used_again) {
    arena a;
    const auto work = [&] {
        const auto start = a.top();
        for (const std::size_t n : {10u, 100000u, 3u, 30000u, 500000u}) a.take<float>(n);
        a.release(start);
    };
    work();
    const std::size_t held = a.capacity();
    BOOST_TEST(held >= 4u * 630013u);
    for (int i = 0; i < 100; ++i) work();
    BOOST_TEST(a.capacity() == held);
}

BOOST_AUTO_TEST_CASE(frames_nest) {
    xtn::backend::workspace_frame outer;
    int* x = outer.take<int>(4);
    std::fill_n(x, 4, 7);
    int* first = nullptr;
    for (int i = 0; i < 3; ++i) {
        xtn::backend::workspace_frame inner;
        int* y = inner.take<int>(1000);
        if (first == nullptr) first = y;
        BOOST_TEST(y == first);
        std::fill_n(y, 1000, i);
    }
    BOOST_TEST(std::all_of(x, x + 4, [](int v) { return v == 7; }));
}

BOOST_AUTO_TEST_CASE(threads_have_frames_of_their_own) {
    xtn::backend::workspace_frame here;
    int* mine = here.take<int>(1);
    int* theirs = nullptr;
    std::thread([&] {
        xtn::backend::workspace_frame there;
        theirs = there.take<int>(1);
    }).join();
    BOOST_TEST(mine != theirs);
}

BOOST_AUTO_TEST_SUITE_END()
