// SPDX-License-Identifier: BSD-3-Clause
// One differentiable contraction.
#include <xtn/ad/contract.hpp>

xtn::variable<float, 2> evaluate(const xtn::variable<float, 2>& x, const xtn::variable<float, 2>& w) {
    return xtn::einsum<"bi,oi->bo">(x, w);
}
