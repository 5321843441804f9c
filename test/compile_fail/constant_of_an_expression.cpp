// SPDX-License-Identifier: BSD-3-Clause
// expect: xtn::constant reads in place, so it takes a tensor or a view of one that has a name
void product(const xtn::variable<double, 2>& x, const xt::xtensor<double, 2>& a) {
    const auto twice = 2.0 * a;
#ifdef XTN_VALID
    const xt::xtensor<double, 2> value = twice;
    xtn::einsum<"ij,jk->ik">(x, xtn::constant(value));
#else
    xtn::einsum<"ij,jk->ik">(x, xtn::constant(twice));  // <- here
#endif
}
