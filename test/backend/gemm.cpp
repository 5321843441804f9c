// SPDX-License-Identifier: BSD-3-Clause
// Matrix products of every shape, orientation and scaling around the size at which the BLAS takes over, against their
// definition; rows beyond a matrix stay untouched, and what lies behind it is not read.
#include <sys/mman.h>
#include <unistd.h>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>

#include <xtn/backend/engine.hpp>
#include <xtn/backend/gemm.hpp>

#include "../oracle.hpp"

BOOST_AUTO_TEST_SUITE(gemm)

using scalars = boost::mpl::list<float, double, std::complex<float>, std::complex<double>>;

BOOST_AUTO_TEST_CASE_TEMPLATE(against_the_definition, T, scalars) {
    test::random r(71);
    std::size_t small = 0, medium = 0, large = 0;
    for (int repeat = 0; repeat < 1540; ++repeat) {
        // The last ones are large enough for every engine.
        const auto extent = [&] {
            return static_cast<std::int64_t>(repeat >= 1500 ? 31 + r.below(20) : r.one_in(12) ? 0 : 1 + r.below(6));
        };
        const std::int64_t m = extent(), n = extent(), k = extent(), gap = static_cast<std::int64_t>(r.below(3));
        const bool ta = r.one_in(2), tb = r.one_in(2), add = r.one_in(2);
        const std::int64_t lda = std::max<std::int64_t>(1, ta ? m : k) + gap,
                           ldb = std::max<std::int64_t>(1, tb ? k : n) + gap, ldc = std::max<std::int64_t>(1, n) + gap;
        const auto matrix = [&](std::int64_t size) {
            std::vector<T> v(static_cast<std::size_t>(size));
            for (T& x : v) x = r.template value<T>();
            return v;
        };
        const auto a = matrix((ta ? k : m) * lda), b = matrix((tb ? n : k) * ldb);
        auto c = matrix((m + 1) * ldc);
        const T alpha = r.one_in(2) ? T(1) : r.template value<T>(), beta = add ? r.template value<T>() : T(0);
        const auto at = [](const std::vector<T>& v, std::int64_t i) { return v[static_cast<std::size_t>(i)]; };
        auto expected = c;
        for (std::int64_t i = 0; i < m; ++i)
            for (std::int64_t j = 0; j < n; ++j) {
                T& y = expected[static_cast<std::size_t>(i * ldc + j)];
                y *= beta;
                for (std::int64_t p = 0; p < k; ++p)
                    y += alpha * at(a, ta ? p * lda + i : i * lda + p) * at(b, tb ? j * ldb + p : p * ldb + j);
                if (!add) c[static_cast<std::size_t>(i * ldc + j)] = std::numeric_limits<double>::quiet_NaN();
            }
        xtn::backend::gemm<T>(ta, tb, m, n, k, alpha, a.data(), lda, b.data(), ldb, beta, c.data(), ldc);
        BOOST_TEST_CONTEXT(m << " x " << n << " x " << k << (ta ? " A^T" : "") << (tb ? " B^T" : ""))
        BOOST_TEST(test::relative_error(c, expected) <= test::tolerance<T>());
        ++(m * n * k <= xtn::backend::smallest_blas_product    ? small
           : m * n * k < xtn::backend::smallest_onednn_product ? medium
                                                               : large);
    }
    BOOST_TEST(small > 300u);
    BOOST_TEST(medium > 300u);
    BOOST_TEST(large > 30u);
}

BOOST_AUTO_TEST_CASE(the_engines_have_names) {
    BOOST_TEST(!xtn::blas_name().empty());
    BOOST_TEST(xtn::product_engine<double>() == xtn::blas_name());
#if defined(XTN_ONEDNN)
    BOOST_TEST(xtn::product_engine<float>().starts_with("oneDNN "));
#else
    BOOST_TEST(xtn::product_engine<float>() == xtn::blas_name());
#endif
}

#if defined(XTN_ONEDNN)
BOOST_AUTO_TEST_CASE(a_product_runs_on_its_callers_thread_whatever_openmp_would_give_it) {
    using xtn::backend::detail::xtn_openmp_threads, xtn::backend::detail::xtn_set_openmp_threads;
    if (xtn_openmp_threads == nullptr) return;  // a oneDNN without OpenMP
    const std::int64_t m = 192, n = 160, k = 300;
    test::random r(5);
    const auto matrix = [&](std::int64_t size) {
        std::vector<float> v(static_cast<std::size_t>(size));
        for (float& x : v) x = r.value<float>();
        return v;
    };
    const auto a = matrix(m * k), b = matrix(k * n);
    const auto product = [&] {
        std::vector<float> c(static_cast<std::size_t>(m * n));
        xtn::backend::gemm<float>(false, false, m, n, k, 1, a.data(), k, b.data(), n, 0, c.data(), n);
        return c;
    };
    const int before = xtn_openmp_threads();
    xtn_set_openmp_threads(1);
    const auto alone = product();
    xtn_set_openmp_threads(4);
    BOOST_TEST((product() == alone));
    BOOST_TEST(xtn_openmp_threads() == 4);  // as the caller had it
    xtn_set_openmp_threads(before);
}
#endif

/// Memory that ends where the process may not read.
class guarded_pages {
public:
    guarded_pages()
        : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))),
          memory_(mmap(nullptr, pages * page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
        BOOST_REQUIRE(memory_ != MAP_FAILED);
        BOOST_REQUIRE(mprotect(end(), page_, PROT_NONE) == 0);
    }
    ~guarded_pages() { munmap(memory_, pages * page_); }
    guarded_pages(const guarded_pages&) = delete;
    guarded_pages& operator=(const guarded_pages&) = delete;

    /// The last n values before the end.
    template <class T>
    T* last(std::int64_t n) const {
        BOOST_REQUIRE(static_cast<std::size_t>(n) * sizeof(T) <= (pages - 1) * page_);
        return reinterpret_cast<T*>(end()) - n;
    }

private:
    static constexpr std::size_t pages = 64;
    std::byte* end() const { return static_cast<std::byte*>(memory_) + (pages - 1) * page_; }
    std::size_t page_;
    void* memory_;
};

// Some kernels of OpenBLAS read behind complex vectors: this test ends with a memory fault if one is let.
BOOST_AUTO_TEST_CASE_TEMPLATE(nothing_behind_the_operands_is_read, T, scalars) {
    const guarded_pages a_pages, b_pages, c_pages;
    const std::int64_t sizes[] = {1, 2, 3, 6, 10, 17, 34};
    for (const std::int64_t m : sizes)
        for (const std::int64_t n : sizes)
            for (const std::int64_t k : sizes)
                for (int form = 0; form < 8; ++form) {
                    const bool ta = form & 1, tb = form & 2;
                    const std::int64_t gap = form & 4 ? 1 : 0;
                    const auto tight = [&](const guarded_pages& pages, std::int64_t rows, std::int64_t columns) {
                        return pages.last<T>((rows - 1) * (columns + gap) + columns);
                    };
                    const std::int64_t a_columns = ta ? m : k, b_columns = tb ? k : n;
                    T* c = tight(c_pages, m, n);
                    xtn::backend::gemm<T>(ta, tb, m, n, k, T(1), tight(a_pages, ta ? k : m, a_columns), a_columns + gap,
                                          tight(b_pages, tb ? n : k, b_columns), b_columns + gap, T(0), c, n + gap);
                    BOOST_REQUIRE(c[0] == T(0));
                }
}

BOOST_AUTO_TEST_SUITE_END()
