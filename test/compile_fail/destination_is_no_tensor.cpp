// SPDX-License-Identifier: BSD-3-Clause
// expect: einsum: the destination is no tensor and no view of one
void product(std::vector<double>& y, const xt::xtensor<double, 2>& a, const xt::xtensor<double, 2>& b) {
#ifdef XTN_VALID
    xtn::assign(xtn::as_tensor(std::span(y), {2, 2}), xtn::einsum<"ij,jk">(a, b));
#else
    xtn::assign(y, xtn::einsum<"ij,jk">(a, b));  // <- here
#endif
}
