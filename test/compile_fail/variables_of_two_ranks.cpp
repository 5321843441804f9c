// SPDX-License-Identifier: BSD-3-Clause
// expect: operators of two variables work element by element, on one rank and one scalar type, and repeat nothing
// mention: xtn::nn::linear adds a bias to every row
void layer(const xtn::variable<double, 2>& y, const xtn::variable<double, 1>& bias) {
#ifdef XTN_VALID
    xtn::einsum<"bo,o->bo">(y, bias);
#else
    y + bias;  // <- here
#endif
}
