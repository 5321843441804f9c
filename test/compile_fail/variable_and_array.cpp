// SPDX-License-Identifier: BSD-3-Clause
// expect: a tensor beside a variable has its scalar type, and a rank known at compile time
void sum(const xtn::variable<double, 2>& x, const xt::xarray<double>& a) {
#ifdef XTN_VALID
    x + xt::xtensor<double, 2>(a);
#else
    x + a;  // <- here
#endif
}
