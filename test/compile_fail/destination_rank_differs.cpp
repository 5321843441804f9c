// SPDX-License-Identifier: BSD-3-Clause
// expect: einsum: the destination has not as many axes as the output has labels
void product(const xt::xtensor<double, 2>& a, const xt::xtensor<double, 2>& b) {
#ifdef XTN_VALID
    xt::xtensor<double, 2> y = xtn::einsum<"ij,jk">(a, b);
#else
    xt::xtensor<double, 3> y = xtn::einsum<"ij,jk">(a, b);  // <- here
#endif
}
