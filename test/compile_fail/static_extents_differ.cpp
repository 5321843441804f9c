// SPDX-License-Identifier: BSD-3-Clause
// expect: einsum: two operands have different static extents for one label
// mention: 'j'
// mention: 513
xtn::tensor<float, 3, 5> product(const xtn::tensor<float, 3, 512>& a, const xtn::tensor<float, 513, 5>& b) {
#ifdef XTN_VALID
    return xtn::einsum<"ij,kl->il">(a, b);
#else
    return xtn::einsum<"ij,jk->ik">(a, b);  // <- here
#endif
}
