// SPDX-License-Identifier: BSD-3-Clause
// One contraction of tensors whose extents are known at run time.
#include <xtn/expr/einsum.hpp>

xt::xtensor<float, 2> evaluate(const xt::xtensor<float, 2>& x, const xt::xtensor<float, 2>& w) {
    return xtn::einsum<"bi,oi->bo">(x, w);
}
