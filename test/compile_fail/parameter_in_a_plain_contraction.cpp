// SPDX-License-Identifier: BSD-3-Clause
// expect: einsum: a parameter takes part as a variable of a tape
void product(xtn::tape<double>& t, const xtn::parameter<double>& w, const xt::xtensor<double, 2>& a) {
#ifdef XTN_VALID
    const auto y = xtn::einsum<2>("bi,oi->bo", a, t.leaf<2>(w));
#else
    xt::xtensor<double, 2> y = xtn::einsum("bi,oi->bo", a, w);  // <- here
#endif
}
