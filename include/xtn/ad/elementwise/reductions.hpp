// SPDX-License-Identifier: BSD-3-Clause
// Sums, means, greatest elements and log-sum-exps of variables over named axes, in the notation of einsum:
//
//     variable<float, 1> norms = sqrt(sum<"bo->b">(square(x)));
//     variable<float, 2> softmax = exp(x - log_sum_exp<"bo->b1">(x));
//
// Axes that the right side does not name are reduced; a 1 there keeps an axis of extent 1 in their place, so that the result
// goes with x again. Without labels everything is reduced to a scalar. Sums are made by binary trees (backend/pairwise.hpp).
// The pullback of a sum makes the expression again: what is summed is never kept.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string_view>
#include <type_traits>
#include <utility>

#include <xtn/ad/elementwise/expression.hpp>
#include <xtn/ad/elementwise/operators.hpp>
#include <xtn/core/fixed_string.hpp>

namespace xtn {

namespace detail {

inline namespace XTN_SIMD_TARGET {

/// What a reduction does with the axes of its operand.
template <std::size_t Rank>
struct reduced_axes {
    static constexpr std::size_t one = Rank;  ///< no axis: an extent of 1
    std::array<bool, Rank> reduced{};
    std::array<std::size_t, Rank> of{};  ///< the axis of the operand, or `one`, for every axis of the result
    std::size_t rank = 0;                ///< of the result
    bool understood = false;             ///< the labels fit the operand and one another
};

/// Reads "bo->b" or "bo->b1"; no labels reduce all axes.
template <std::size_t Rank>
constexpr reduced_axes<Rank> read_reduction(std::string_view labels) {
    reduced_axes<Rank> axes;
    axes.reduced.fill(true);
    axes.understood = labels.empty();
    if (labels.find("->") != Rank) return axes;
    const std::string_view from = labels.substr(0, Rank), to = labels.substr(Rank + 2);
    for (std::size_t i = 0; i < Rank; ++i) {
        const bool is_letter = (from[i] >= 'a' && from[i] <= 'z') || (from[i] >= 'A' && from[i] <= 'Z');
        if (!is_letter || from.find(from[i]) != i) return axes;
    }
    std::size_t next = 0;
    for (const char c : to) {
        if (axes.rank == Rank) return axes;
        const std::size_t axis = c == '1' ? reduced_axes<Rank>::one : from.find(c, next);
        if (axis == std::string_view::npos) return axes;
        axes.of[axes.rank++] = axis;
        if (axis == reduced_axes<Rank>::one) continue;
        axes.reduced[axis] = false;
        next = axis + 1;
    }
    axes.understood = true;
    return axes;
}

/// What labels say of an operand's axes.
template <fixed_string Labels, std::size_t Rank>
inline constexpr reduced_axes<Rank> axes_of = read_reduction<Rank>(Labels.view());

/// The loops of a reduction of a row-major operand.
template <fixed_string Labels, std::size_t Rank>
class reduction {
    static constexpr std::size_t from = Rank;
    static constexpr const reduced_axes<Rank>& axes = axes_of<Labels, Rank>;

public:
    static constexpr std::size_t rank = axes_of<Labels, Rank>.rank;  ///< of the result

    std::array<std::size_t, from> shape, steps{};  ///< of the operand, and of the result along the operand's axes
    std::array<std::size_t, rank> result{};
    std::size_t size = 1, terms = 1;  ///< of the result, and of one sum

    explicit reduction(const std::array<std::size_t, from>& operand) : shape(operand) {
        for (std::size_t i = from; i-- > 0;) {
            if (axes.reduced[i]) {
                terms *= shape[i];
            } else {
                steps[i] = size;
                size *= shape[i];
            }
        }
        for (std::size_t i = 0; i < rank; ++i) result[i] = axes.of[i] == axes.one ? 1 : shape[axes.of[i]];
    }

    /// y = the sum over the reduced axes.
    template <scalar T>
    void sum(const T* x, T* y) const {
        summing_loops<from>(shape, steps).sum(x, y, false);
    }
    /// y = the greatest. There must be a term.
    template <scalar T>
    void greatest(const T* x, T* y) const {
        const summing_loops<from> loops(shape, steps);
        backend::transfer<T>({loops.all.data(), loops.kept}, 0, x, y, false);  // the first of each
        for_each_run([&](std::size_t place, std::size_t at, std::size_t length, bool repeated) {
            if (repeated)
                y[at] = std::max(y[at], backend::maximum(length, x + place));
            else
                backend::transform(
                    length, y + at, [](auto a, auto b) { return xsimd::max(a, b); }, static_cast<const T*>(y + at),
                    x + place);
        });
    }
    /// f(window, place of the operand, the result's elements there) for all elements.
    template <scalar T, class F>
    void for_each_window(const T* y, F f) const {
        for_each_run([&](std::size_t place, std::size_t at, std::size_t length, bool repeated) {
            const window_reader<T> read{y + at, repeated};
            backend::sweep<T>(length, [&](auto w) { f(w, place, read(w)); });
        });
    }

private:
    /// f(place in the operand, place in the result, length, whether it is one element there).
    template <class F>
    void for_each_run(F f) const {
        const broadcast_loops<from, 1> l(shape, {steps});
        l.for_each_run(
            [&](std::size_t place, const auto& at, std::size_t length) { f(place, at[0], length, l.repeats(0)); });
    }
};

/// The sums of a tree, times scale(number of terms).
template <fixed_string Labels, scalar T, class Node, class Scale>
auto record_sum(tape<T>& t, const std::array<std::size_t, Node::rank>& shape, const Node& node, Scale scale) {
    using loops_type = reduction<Labels, Node::rank>;
    const loops_type loops(shape);
    const variable<T, loops_type::rank> y = t.template result<loops_type::rank>(loops.result, needs_gradient(node));
    const T factor = scale(loops.terms);
    using summed = elementwise_loops<Node, Node::rank, true>;
    {
        backend::workspace_frame frame;
        T* const x = frame.take<T>(loops.size * loops.terms);
        summed(node, shape).evaluate(x, frame.take<T>(summed::residual_count * loops.size * loops.terms));
        loops.sum(x, y.data());
        for (std::size_t i = 0; i < loops.size; ++i) y.data()[i] *= factor;
    }
    t.record(y, [node, y, loops, factor](const T* dy) {
        backend::workspace_frame frame;
        T* const scaled = frame.take<T>(loops.size);
        for (std::size_t i = 0; i < loops.size; ++i) scaled[i] = factor * dy[i];
        summed(node, loops.shape).pull(y.tape(), scaled, loops.steps, nullptr, nullptr);
    });
    return y;
}

/// The greatest elements. Equals share the cotangent.
template <fixed_string Labels, scalar T, std::size_t Rank>
auto record_maximum(const variable<T, Rank>& x) {
    using loops_type = reduction<Labels, Rank>;
    const loops_type loops(x.shape());
    if (loops.terms == 0) throw shape_error("max: there are no elements to choose from");
    const variable<T, loops_type::rank> y = x.tape().template result<loops_type::rank>(loops.result, x);
    loops.greatest(x.data(), y.data());
    y.tape().record(y, [x, y, loops](const T* dy) {
        using batch = backend::batch<T>;
        const gradient_sink<T> s = x.sink();
        if (!s) return;
        backend::workspace_frame frame;
        T* const is_greatest = frame.take<T>(x.size());
        T* const share = frame.take<T>(y.size());
        loops.template for_each_window<T>(y.data(), [&](auto w, std::size_t place, const batch& greatest) {
            w.store(is_greatest + place, xsimd::select(w.load(x.data() + place) == greatest, batch(T(1)), batch(T(0))));
        });
        loops.sum(static_cast<const T*>(is_greatest), share);
        for (std::size_t i = 0; i < y.size(); ++i) share[i] = dy[i] / std::max(share[i], T(1));
        loops.template for_each_window<T>(share, [&](auto w, std::size_t place, const batch& d) {
            const batch dx = d * w.load(is_greatest + place);
            w.store(s.data + place, s.accumulate ? w.load(s.data + place) + dx : dx);
        });
    });
    return y;
}

/// log(sum e^x), without overflow: the greatest x is taken out.
template <fixed_string Labels, scalar T, std::size_t Rank>
auto record_log_sum_exp(const variable<T, Rank>& x) {
    using batch = backend::batch<T>;
    using loops_type = reduction<Labels, Rank>;
    const loops_type loops(x.shape());
    if (loops.terms == 0) throw shape_error("log_sum_exp: there are no elements to add");
    const variable<T, loops_type::rank> y = x.tape().template result<loops_type::rank>(loops.result, x);
    // Where all are -infinity, so is the result, and the cotangents are 0: nothing is subtracted from -infinity.
    const batch least(std::numeric_limits<T>::lowest());
    {
        backend::workspace_frame frame;
        T* const powers = frame.take<T>(x.size());
        T* const total = frame.take<T>(y.size());
        loops.greatest(x.data(), y.data());
        loops.template for_each_window<T>(y.data(), [&](auto w, std::size_t place, const batch& greatest) {
            w.store(powers + place, backend::exp_nonpositive(w.load(x.data() + place) - xsimd::max(greatest, least)));
        });
        loops.sum(static_cast<const T*>(powers), total);
        for (std::size_t i = 0; i < y.size(); ++i) y.data()[i] += std::log(total[i]);
    }
    y.tape().record(y, [x, y, loops, least](const T* dy) {
        const gradient_sink<T> s = x.sink();
        if (!s) return;
        backend::workspace_frame frame;
        T* const powers = frame.take<T>(x.size());
        loops.template for_each_window<T>(y.data(), [&](auto w, std::size_t place, const batch& total) {
            w.store(powers + place, backend::exp_nonpositive(w.load(x.data() + place) - xsimd::max(total, least)));
        });
        loops.template for_each_window<T>(dy, [&](auto w, std::size_t place, const batch& d) {
            const batch dx = d * w.load(powers + place);
            w.store(s.data + place, s.accumulate ? w.load(s.data + place) + dx : dx);
        });
    });
    return y;
}

template <class X>
using scalar_of = typename std::remove_cvref_t<X>::value_type;
template <class X>
inline constexpr std::size_t rank_of = std::remove_cvref_t<X>::rank;

/// Whether labels are those of a reduction; the mistake is reported here.
template <fixed_string Labels, class X>
constexpr bool reduces() {
    constexpr bool understood = axes_of<Labels, rank_of<X>>.understood;
    static_assert(
        understood,
        "the labels of a reduction are a letter for every axis, ->, and those that stay, in their order, with a "
        "1 where an axis of extent 1 shall stand: sum<\"bo->b\">(x), sum<\"bo->b1\">(x)");
    return understood;
}
template <class X>
constexpr bool has_order() {
    constexpr bool real = !is_complex<scalar_of<X>>;
    static_assert(real, "complex numbers have no order, so none of them is the greatest");
    return real;
}

template <fixed_string Labels, class X, class Scale>
auto sum_of(X&& x, Scale scale) {
    if constexpr (reduces<Labels, X>()) {
        tape<scalar_of<X>>& t = x.tape();
        const auto shape = x.shape();
        return record_sum<Labels>(t, shape, tree_of(t, std::forward<X>(x)), scale);
    }
}
template <scalar T>
constexpr auto sum_scale = [](std::size_t) { return T(1); };
template <scalar T>
constexpr auto mean_scale = [](std::size_t terms) { return T(1) / T(static_cast<real_of<T>>(terms)); };

}  // namespace XTN_SIMD_TARGET

}  // namespace detail

inline namespace XTN_SIMD_TARGET {

/// Sums over the axes that are not named on the right; without labels, of all elements.
template <fixed_string Labels = "", class X>
requires detail::elementwise_operands<X>
auto sum(X&& x) { return detail::sum_of<Labels>(std::forward<X>(x), detail::sum_scale<detail::scalar_of<X>>); }

/// Means over the axes that are not named on the right; without labels, of all elements.
template <fixed_string Labels = "", class X>
requires detail::elementwise_operands<X>
auto mean(X&& x) { return detail::sum_of<Labels>(std::forward<X>(x), detail::mean_scale<detail::scalar_of<X>>); }

/// The greatest elements over the axes that are not named on the right, or of all, of real numbers; equals share the cotangent.
/// Throws shape_error where there are none.
template <fixed_string Labels = "", class X>
requires detail::elementwise_operands<X>
auto max(X&& x) {
    if constexpr (detail::has_order<X>() && detail::reduces<Labels, X>()) return detail::record_maximum<Labels>(x);
}

/// log(sum e^x) over the axes that are not named on the right, or over all, of real numbers. Throws shape_error where there are
/// none.
template <fixed_string Labels = "", class X>
requires detail::elementwise_operands<X>
auto log_sum_exp(X&& x) {
    if constexpr (detail::has_order<X>() && detail::reduces<Labels, X>()) return detail::record_log_sum_exp<Labels>(x);
}

}  // namespace XTN_SIMD_TARGET

}  // namespace xtn
