// SPDX-License-Identifier: BSD-3-Clause
// Everything: an MPO layer through the umbrella header.
#include <xtn/xtn.hpp>

xt::xtensor<float, 2> evaluate(const xt::xtensor<float, 2>& w, const xt::xtensor<float, 2>& x) {
    return xtn::apply(xtn::mpo<float, xtn::balanced<512, 128, 3>>::from_dense(w, 16), x);
}
