// SPDX-License-Identifier: BSD-3-Clause
// expect: einsum: a contraction is not printed before it is evaluated; assign it to a tensor first
void print(std::ostream& out, const xt::xtensor<double, 2>& a, const xt::xtensor<double, 2>& b) {
#ifdef XTN_VALID
    out << xtn::describe(xtn::einsum<"ij,jk->ik">(a, b)) << xtn::einsum<"ij,ij->">(a, b);
#else
    out << xtn::einsum<"ij,jk->ik">(a, b);  // <- here
#endif
}
