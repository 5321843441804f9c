// SPDX-License-Identifier: BSD-3-Clause
// expect: einsum: the destination's scalar type does not hold the result's
// mention: float
void product(xt::xarray<float>& y, const xt::xtensor<double, 2>& a, const xt::xtensor<double, 2>& b) {
#ifdef XTN_VALID
    xtn::accumulate(y, xtn::einsum("ij,jk", xt::cast<float>(a), xt::cast<float>(b)));
#else
    xtn::accumulate(y, xtn::einsum("ij,jk", a, b));  // <- here
#endif
}
