// SPDX-License-Identifier: BSD-3-Clause
// expect: xtn::tt: a matrix has two axes
void decompose(const xt::xtensor<double, 3, xt::layout_type::column_major>& a) {
#ifdef XTN_VALID
    xtn::tt::svd(xt::reshape_view(a, {a.shape(0), a.shape(1) * a.shape(2)}));
#else
    xtn::tt::svd(a);  // <- here
#endif
}
