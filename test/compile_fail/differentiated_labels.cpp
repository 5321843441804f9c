// SPDX-License-Identifier: BSD-3-Clause
// expect: einsum: an operand has not as many axes as labels
void loss(xtn::tape<double>& t, const xt::xtensor<double, 2>& a) {
    const auto x = t.leaf(a);
#ifdef XTN_VALID
    t.backward(xtn::einsum<"ij,ij->">(x, x));
#else
    t.backward(xtn::einsum<"ij,i->">(x, x));  // <- here
#endif
}
