// SPDX-License-Identifier: BSD-3-Clause
// A warm evaluation allocates nothing: a count of every call of operator new. AddressSanitizer brings operators of its
// own, which these cannot replace for the libraries as well, so under it there is nothing here.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define XTN_TEST_ADDRESS_SANITIZER
#endif
#endif
#if !defined(XTN_TEST_ADDRESS_SANITIZER) && !defined(__SANITIZE_ADDRESS__)

#include <atomic>
#include <cstdlib>
#include <new>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <xtn/expr/assign.hpp>
#include <xtn/expr/einsum.hpp>
#include <xtn/expr/memory.hpp>
#include <xtn/expr/tensor.hpp>

namespace {

std::atomic<std::size_t> allocations = 0;

}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size) {
    ++allocations;
    if (void* p = std::malloc(size == 0 ? 1 : size)) return p;
    throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
    ++allocations;
    const auto a = static_cast<std::size_t>(alignment);
    if (void* p = std::aligned_alloc(a, (size + a - 1) / a * a)) return p;
    throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }

namespace {

template <class F>
std::size_t allocated_by(F&& f) {
    f();  // plans and memory are made by the first evaluation
    const std::size_t before = allocations;
    f();
    return allocations - before;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(allocations_counted)

BOOST_AUTO_TEST_CASE(a_warm_evaluation_allocates_nothing) {
    const std::size_t before = allocations;
    static_cast<void>(std::vector<int>(7).data()[3]);
    BOOST_REQUIRE(allocations > before);  // the counter counts

    xt::xtensor<double, 4> x = xt::ones<double>({7, 4, 4, 8});
    xt::xtensor<double, 3> a = xt::ones<double>({8, 4, 5}), c = xt::ones<double>({5, 8, 8});
    xt::xtensor<double, 4> b = xt::ones<double>({5, 8, 4, 5}), y = xt::zeros<double>({7, 8, 8, 8});
    const auto chain = [&] { return xtn::einsum<"bijk,oir,rpjs,sqk->bopq">(x, a, b, c); };
    BOOST_TEST(allocated_by([&] { xt::noalias(y) = chain(); }) == 0u);
    BOOST_TEST(allocated_by([&] { xtn::assign(y, chain()); }) == 0u);
    BOOST_TEST(allocated_by([&] { xtn::accumulate(y, chain()); }) == 0u);
    BOOST_TEST(allocated_by([&] { xtn::assign(xtn::as_tensor(y.data(), {7, 8, 8, 8}), chain()); }) == 0u);
    BOOST_TEST(allocated_by([&] { xtn::assign(x, xtn::einsum<"bijk,bijk,bijk->bijk">(x, x, x)); }) == 0u);  // aliases
    BOOST_TEST(allocated_by([&] { xtn::assign(y, xtn::einsum<"bijk,oir,rpjs,sqk->bopq">(x + x, a, b, 2.0 * c)); }) ==
               0u);
    xtn::tensor<float, 32, 64> w(1);
    xt::xtensor<float, 2> in = xt::ones<float>({9, 64}), out = xt::zeros<float>({9, 32});
    BOOST_TEST(allocated_by([&] { xt::noalias(out) = xtn::einsum<"bi,oi->bo">(in, w); }) == 0u);
    double s = 0;
    BOOST_TEST(allocated_by([&] { s += xtn::einsum<"bijk,bijk->">(x, x); }) == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

#endif
