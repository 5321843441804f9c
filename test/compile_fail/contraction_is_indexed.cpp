// SPDX-License-Identifier: BSD-3-Clause
// expect: einsum: a contraction has no elements before it is evaluated; assign it to a tensor first
double element(const xt::xtensor<double, 2>& a, const xt::xtensor<double, 2>& b) {
#ifdef XTN_VALID
    return xt::xtensor<double, 2>(xtn::einsum<"ij,jk->ik">(a, b))(0, 1);
#else
    return xtn::einsum<"ij,jk->ik">(a, b)(0, 1);  // <- here
#endif
}
