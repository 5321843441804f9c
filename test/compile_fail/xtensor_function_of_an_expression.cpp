// SPDX-License-Identifier: BSD-3-Clause
// expect: xtensor functions know no gradients
// mention: xtn::exp and its like
void power(const xtn::variable<double, 2>& x) {
#ifdef XTN_VALID
    xtn::variable<double, 2> y = exp(2 * x);
#else
    xt::exp(2 * x);  // <- here
#endif
}
