// SPDX-License-Identifier: BSD-3-Clause
// expect: einsum: the destination's scalar type does not hold the result's
// mention: int
void product(const xt::xtensor<double, 2>& a, const xt::xtensor<double, 2>& b) {
#ifdef XTN_VALID
    xt::xtensor<std::complex<double>, 2> y = xtn::einsum<"ij,jk">(a, b);
#else
    xt::xtensor<int, 2> y = xtn::einsum<"ij,jk">(a, b);  // <- here
#endif
}
