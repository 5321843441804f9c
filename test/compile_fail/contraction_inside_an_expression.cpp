// SPDX-License-Identifier: BSD-3-Clause
// expect: einsum: a contraction has no elements before it is evaluated; assign it to a tensor first
void product(const xt::xtensor<double, 2>& a, const xt::xtensor<double, 2>& b) {
#ifdef XTN_VALID
    xt::xtensor<double, 2> y = xtn::einsum<"ij,jk,->ik">(a, b, 2.0);
#else
    xt::xtensor<double, 2> y = xtn::einsum<"ij,jk->ik">(a, b) * 2.0;  // <- here
#endif
}
