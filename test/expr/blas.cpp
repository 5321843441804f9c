// SPDX-License-Identifier: BSD-3-Clause
// xtensor-blas 0.21 to 0.23 fall back to loops of their own, 80 times slower, without a word if their configuration
// header comes late. Here a cblas_sgemm of the program's own stands in front of the library's and counts its calls.
#include <boost/test/unit_test.hpp>

#include <xtn/expr/einsum.hpp>

BOOST_AUTO_TEST_SUITE(blas)

namespace {

int calls = 0;

}  // namespace

extern "C" {

void sgemm_(const char* ta, const char* tb, const int* m, const int* n, const int* k, const float* alpha,
            const float* a, const int* lda, const float* b, const int* ldb, const float* beta, float* c,
            const int* ldc);

// Row-major C is column-major C^T = op(B)^T op(A)^T.
void cblas_sgemm(CBLAS_ORDER order, CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, int m, int n, int k, float alpha,
                 const float* a, int lda, const float* b, int ldb, float beta, float* c, int ldc) {
    ++calls;
    const char op_a = ta == CblasNoTrans ? 'N' : 'T', op_b = tb == CblasNoTrans ? 'N' : 'T';
    if (order == CblasRowMajor)
        sgemm_(&op_b, &op_a, &n, &m, &k, &alpha, b, &ldb, a, &lda, &beta, c, &ldc);
    else
        sgemm_(&op_a, &op_b, &m, &n, &k, &alpha, a, &lda, b, &ldb, &beta, c, &ldc);
}
}

BOOST_AUTO_TEST_CASE(a_matrix_product_calls_the_blas) {
    const xt::xtensor<float, 2> a({32, 24}, 2.0F), b({30, 24}, 3.0F);  // too small for oneDNN
    calls = 0;
    const xt::xtensor<float, 2> y = xtn::einsum<"ij,kj">(a, b);
    BOOST_TEST(calls == 1);
    BOOST_TEST(y(31, 29) == 144);
}

BOOST_AUTO_TEST_SUITE_END()
