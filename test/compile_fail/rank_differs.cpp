// SPDX-License-Identifier: BSD-3-Clause
// expect: einsum: an operand has not as many axes as labels
// mention: require_axes
xt::xtensor<double, 1> product(const xt::xtensor<double, 2>& a, const xt::xtensor<double, 1>& b) {
#ifdef XTN_VALID
    return xtn::einsum<"ij,j">(a, b);
#else
    return xtn::einsum<"ij,jk->i">(a, b);  // <- here
#endif
}
