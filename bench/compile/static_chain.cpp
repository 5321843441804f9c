// SPDX-License-Identifier: BSD-3-Clause
// A chain of OPERANDS matrices with static extents and one open batch: the compiler finds an order for every batch.
#include <xtn/expr/einsum.hpp>
#include <xtn/expr/tensor.hpp>

using matrix = xtn::tensor<float, 8, 8>;

xt::xtensor<float, 2> evaluate(const xt::xtensor<float, 2>& x, const matrix& w) {
#if OPERANDS == 2
    return xtn::einsum<"za,ab->zb">(x, w);
#elif OPERANDS == 4
    return xtn::einsum<"za,ab,bc,cd->zd">(x, w, w, w);
#elif OPERANDS == 6
    return xtn::einsum<"za,ab,bc,cd,de,ef->zf">(x, w, w, w, w, w);
#elif OPERANDS == 8
    return xtn::einsum<"za,ab,bc,cd,de,ef,fg,gh->zh">(x, w, w, w, w, w, w, w);
#endif
}
