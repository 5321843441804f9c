// SPDX-License-Identifier: BSD-3-Clause
// expect: einsum: the destination is const
void product(const xt::xtensor<double, 2>& a, xt::xtensor<double, 2>& b) {
#ifdef XTN_VALID
    xtn::assign(xt::transpose(b), xtn::einsum<"ij,jk">(a, b));
#else
    xtn::assign(xt::transpose(a), xtn::einsum<"ij,jk">(a, b));  // <- here
#endif
}
