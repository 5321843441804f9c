// SPDX-License-Identifier: BSD-3-Clause
// expect: a tensor beside a variable has its scalar type and its rank
void layer(const xtn::variable<double, 2>& y, const xt::xtensor<double, 1>& bias, const xt::xtensor<double, 2>& same) {
#ifdef XTN_VALID
    y - same;
#else
    y* bias;  // <- here
#endif
}
