// SPDX-License-Identifier: BSD-3-Clause
// expect: einsum: the label string names another number of operands than were given
xt::xtensor<double, 2> product(const xt::xtensor<double, 2>& a, const xt::xtensor<double, 2>& b) {
#ifdef XTN_VALID
    return xtn::einsum<"ij,jk,kl->il">(a, b, b);
#else
    return xtn::einsum<"ij,jk,kl->il">(a, b);  // <- here
#endif
}
