// SPDX-License-Identifier: BSD-3-Clause
// expect: the labels of a reduction are a letter for every axis, ->, and those that stay, in their order
void rows(const xtn::variable<double, 2>& x) {
#ifdef XTN_VALID
    xtn::sum<"bo->b">(x);
#else
    xtn::sum<"bo->c">(x);  // <- here
#endif
}
