// SPDX-License-Identifier: BSD-3-Clause
// expect: xtn::constant reads in place, so it takes a tensor or a view of one that has a name
void product(const xtn::variable<double, 2>& x, const xt::xtensor<double, 2>& a) {
#ifdef XTN_VALID
    xtn::einsum<"ij,jk->ik">(x, 2.0 * a);
#else
    xtn::einsum<"ij,jk->ik">(x, xtn::constant(xt::xtensor<double, 2>(a)));  // <- here
#endif
}
