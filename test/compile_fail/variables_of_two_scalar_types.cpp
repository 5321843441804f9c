// SPDX-License-Identifier: BSD-3-Clause
// expect: operators of two variables work element by element, on one rank and one scalar type
void difference(const xtn::variable<double, 2>& x, const xtn::variable<float, 2>& y) {
#ifdef XTN_VALID
    x - x;
    y - y;
#else
    x - y;  // <- here
#endif
}
