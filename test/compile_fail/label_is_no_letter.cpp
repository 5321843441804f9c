// SPDX-License-Identifier: BSD-3-Clause
// expect: einsum: labels are single letters a-z and A-Z; commas part the operands
// mention: require_labels
xt::xtensor<double, 2> product(const xt::xtensor<double, 2>& a, const xt::xtensor<double, 2>& b) {
#ifdef XTN_VALID
    return xtn::einsum<"ij,jk">(a, b);
#else
    return xtn::einsum<"ij;jk">(a, b);  // <- here
#endif
}
