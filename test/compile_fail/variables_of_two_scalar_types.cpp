// SPDX-License-Identifier: BSD-3-Clause
// expect: variables of two scalar types do not go together: a tape has one
void difference(const xtn::variable<double, 2>& x, const xtn::variable<float, 2>& y) {
#ifdef XTN_VALID
    x - x;
    y - y;
#else
    x - y;  // <- here
#endif
}
