// SPDX-License-Identifier: BSD-3-Clause
// expect: einsum: a label of the output occurs in no operand
xt::xtensor<double, 2> product(const xt::xtensor<double, 2>& a, const xt::xtensor<double, 2>& b) {
#ifdef XTN_VALID
    return xtn::einsum<"ij,jk->ik">(a, b);
#else
    return xtn::einsum<"ij,jk->il">(a, b);  // <- here
#endif
}
