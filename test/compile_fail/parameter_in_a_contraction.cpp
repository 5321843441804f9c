// SPDX-License-Identifier: BSD-3-Clause
// expect: einsum: a parameter takes part as a variable of a tape
void product(xtn::tape<double>& t, const xtn::parameter<double>& w, const xt::xtensor<double, 2>& a) {
#ifdef XTN_VALID
    auto y = xtn::einsum<"bi,oi->bo">(t.leaf(a), t.leaf<2>(w));
#else
    auto y = xtn::einsum<"bi,oi->bo">(t.leaf(a), w);  // <- here
#endif
}
