// SPDX-License-Identifier: BSD-3-Clause
// expect: einsum: all operands of a network have one scalar type; cast those that differ
xt::xtensor<double, 2> product(const xt::xtensor<double, 2>& a, const xt::xtensor<float, 2>& b) {
#ifdef XTN_VALID
    return xtn::einsum<"ij,jk">(a, xt::cast<double>(b));
#else
    return xtn::einsum<"ij,jk">(a, b);  // <- here
#endif
}
