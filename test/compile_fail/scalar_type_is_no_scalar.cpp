// SPDX-License-Identifier: BSD-3-Clause
// expect: einsum: the scalar type is float, double or std::complex of these
void product(const xt::xtensor<int, 2>& a) {
#ifdef XTN_VALID
    xt::xtensor<double, 1> y = xtn::einsum<"ii->i">(xt::cast<double>(a));
#else
    xt::xtensor<int, 1> y = xtn::einsum<"ii->i">(a);  // <- here
#endif
}
