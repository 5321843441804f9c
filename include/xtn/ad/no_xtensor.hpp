// SPDX-License-Identifier: BSD-3-Clause
// A variable is no xtensor expression: xtensor's functions would compute a value and lose its gradient without a word.
// Here they are for variables, and refuse.
#pragma once

#include <cstddef>
#include <exception>
#include <type_traits>

#include <xtn/ad/tape.hpp>

namespace xtn {

template <class Node>
requires std::is_class_v<Node>
class elementwise_expression;  // elementwise/expression.hpp

namespace detail {

template <class Variable>
const Variable& refuse_xtensor_function(const Variable& v) {
    static_assert(!is_variable<Variable>,
                  "xtensor functions know no gradients: for variables use einsum, xtn::exp and its like, xtn::sum and "
                  "its like, the layers of xtn/nn or a rule of your own; their elements alone are v.value()");
    return v;
}

}  // namespace detail
}  // namespace xtn

// Overloads for one, two, three and more arguments and for axes in braces: each must beat xtensor's own.
#define XTN_REFUSE_REST(...) __VA_OPT__(, ) __VA_ARGS__
#define XTN_REFUSE_CALL(function, head, type, reference, parameters, ...)                               \
    template <XTN_REFUSE_HEAD head __VA_OPT__(, ) __VA_ARGS__>                                          \
    const XTN_REFUSE_HEAD type& function(XTN_REFUSE_HEAD type reference v XTN_REFUSE_REST parameters) { \
        return xtn::detail::refuse_xtensor_function(v);                                                 \
    }
#define XTN_REFUSE_HEAD(...) __VA_ARGS__
#define XTN_REFUSE_REFERENCE(function, head, type, reference)                                                          \
    XTN_REFUSE_CALL(function, head, type, reference, ())                                                               \
    XTN_REFUSE_CALL(function, head, type, reference, (A &&), class A)                                                  \
    XTN_REFUSE_CALL(function, head, type, reference, (A&&, B &&), class A, class B)                                    \
    XTN_REFUSE_CALL(function, head, type, reference, (A&&, B&&, C&&, D && ...), class A, class B, class C, class... D) \
    XTN_REFUSE_CALL(function, head, type, reference, (const I(&)[N], A&&...), class I, std::size_t N, class... A)
#define XTN_REFUSE_TYPE(function, head, type)          \
    XTN_REFUSE_REFERENCE(function, head, type, const&) \
    XTN_REFUSE_REFERENCE(function, head, type, &)      \
    XTN_REFUSE_REFERENCE(function, head, type, &&)
#define XTN_REFUSE(function)                                                         \
    XTN_REFUSE_TYPE(function, (class T, std::size_t Rank), (xtn::variable<T, Rank>)) \
    XTN_REFUSE_TYPE(function, (class Node), (xtn::elementwise_expression<Node>))

namespace xt {

XTN_REFUSE(abs)
XTN_REFUSE(sign)
XTN_REFUSE(exp)
XTN_REFUSE(exp2)
XTN_REFUSE(expm1)
XTN_REFUSE(log)
XTN_REFUSE(log2)
XTN_REFUSE(log10)
XTN_REFUSE(log1p)
XTN_REFUSE(sqrt)
XTN_REFUSE(cbrt)
XTN_REFUSE(square)
XTN_REFUSE(pow)
XTN_REFUSE(sin)
XTN_REFUSE(cos)
XTN_REFUSE(tan)
XTN_REFUSE(sinh)
XTN_REFUSE(cosh)
XTN_REFUSE(tanh)
XTN_REFUSE(erf)
XTN_REFUSE(maximum)
XTN_REFUSE(minimum)
XTN_REFUSE(clip)
XTN_REFUSE(sum)
XTN_REFUSE(prod)
XTN_REFUSE(mean)
XTN_REFUSE(variance)
XTN_REFUSE(stddev)
XTN_REFUSE(amax)
XTN_REFUSE(amin)
XTN_REFUSE(argmax)
XTN_REFUSE(argmin)
XTN_REFUSE(cumsum)
XTN_REFUSE(cumprod)
XTN_REFUSE(norm_l2)
XTN_REFUSE(norm_sq)
XTN_REFUSE(transpose)
XTN_REFUSE(view)
XTN_REFUSE(row)
XTN_REFUSE(col)
XTN_REFUSE(strided_view)
XTN_REFUSE(reshape_view)
XTN_REFUSE(broadcast)
XTN_REFUSE(flatten)
XTN_REFUSE(ravel)
XTN_REFUSE(squeeze)
XTN_REFUSE(expand_dims)
XTN_REFUSE(diagonal)
XTN_REFUSE(flip)
XTN_REFUSE(roll)
XTN_REFUSE(conj)
XTN_REFUSE(isfinite)
XTN_REFUSE(isnan)
XTN_REFUSE(eval)

// xtensor's own of these stand in headers that xtn does not include: a program that forgets them is told so.
#define XTN_IN_A_HEADER(function, header, since_0_26)                                                     \
    template <class E, class... A>                                                                        \
    E& function(const xexpression<E>&, A&&...) {                                                          \
        static_assert(sizeof(E) == 0, "xt::" #function " stands in a header of its own: include <" header \
                                      "> (<" since_0_26 "> from xtensor 0.26 on)");                       \
        return []() -> E& { std::terminate(); }();                                                        \
    }
XTN_IN_A_HEADER(view, "xtensor/xview.hpp", "xtensor/views/xview.hpp")
XTN_IN_A_HEADER(norm_l2, "xtensor/xnorm.hpp", "xtensor/reducers/xnorm.hpp")
#undef XTN_IN_A_HEADER

}  // namespace xt

#undef XTN_REFUSE
#undef XTN_REFUSE_TYPE
#undef XTN_REFUSE_REFERENCE
#undef XTN_REFUSE_HEAD
#undef XTN_REFUSE_REST
#undef XTN_REFUSE_CALL
