// SPDX-License-Identifier: BSD-3-Clause
// A count of every call of operator new. Include it in one source of an executable, inside of which XTN_COUNTS_ALLOCATIONS
// says that there is a count: AddressSanitizer brings operators of its own, which these cannot replace for the libraries
// as well.
#pragma once

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define XTN_TEST_ADDRESS_SANITIZER
#endif
#endif
#if !defined(XTN_TEST_ADDRESS_SANITIZER) && !defined(__SANITIZE_ADDRESS__)
#define XTN_COUNTS_ALLOCATIONS

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace test {

inline std::atomic<std::size_t> allocations = 0;

}  // namespace test

[[gnu::noinline]] void* operator new(std::size_t size) {
    ++test::allocations;
    if (void* p = std::malloc(size == 0 ? 1 : size)) return p;
    throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
    ++test::allocations;
    const auto a = static_cast<std::size_t>(alignment);
    if (void* p = std::aligned_alloc(a, (size + a - 1) / a * a)) return p;
    throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }

namespace test {

/// By the second of two calls.
template <class F>
std::size_t allocated_by(F&& f) {
    f();  // plans and memory are made by the first evaluation
    const std::size_t before = allocations;
    f();
    return allocations - before;
}

}  // namespace test

#endif
