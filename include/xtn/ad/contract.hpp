// SPDX-License-Identifier: BSD-3-Clause
// The differentiable contraction. With a variable among its operands einsum evaluates at once, records one statement
// and returns a variable. The pullback is the planned adjoint of the whole network; the intermediates of the forward
// sweep are its residuals.
//
// The gradient of a real loss L with respect to a complex z = x + i y is dL/dx + i dL/dy, as in PyTorch: the direction of
// steepest ascent. With y = f(z) holomorphic, as every network is, that of z is J^H times that of y. Networks are linear in
// each operand, so J^H w = conj(J^T conj(w)): the real pullback between two conjugations.
#pragma once

#include <algorithm>
#include <array>
#include <complex>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include <xtn/ad/no_xtensor.hpp>
#include <xtn/ad/tape.hpp>
#include <xtn/expr/einsum.hpp>

namespace xtn {

namespace detail {

/// The tensor that an expression evaluates to.
template <class E>
using evaluated =
    std::conditional_t<operand_traits<E>::rank == dynamic, xt::xarray<typename operand_traits<E>::value_type>,
                       xt::xtensor<typename operand_traits<E>::value_type,
                                   operand_traits<E>::rank == dynamic ? 0 : operand_traits<E>::rank>>;

}  // namespace detail

/// A plain operand of a differentiable contraction that is read in place instead of being copied: it must live, and
/// keep its elements, until backward(), which refuses where they have changed.
template <class E>
struct constant_reference {
    const E& expression;
};
/// This tensor or view in place, as an operand of a differentiable contraction.
template <class E>
auto constant(E&& expression) {
    using tensor = std::remove_cvref_t<E>;
    constexpr bool lies_in_memory = std::is_lvalue_reference_v<E> && detail::strided_expression<tensor>;
    static_assert(
        lies_in_memory,
        "xtn::constant reads in place, so it takes a tensor or a view of one that has a name; anything else is "
        "given to einsum as it is, and copied");
    if constexpr (lies_in_memory)
        return constant_reference<tensor>{expression};
    else  // the mistake has been reported; do not add to it
        return []() -> constant_reference<detail::evaluated<tensor>> { std::terminate(); }();
}

namespace detail {

template <scalar T>
struct recorded_operand {
    static constexpr std::size_t none = static_cast<std::size_t>(-1);
    const T* data = nullptr;
    geometry shape;
    std::size_t node = none;  ///< of a variable
};

/// x = conj(x), for complex T.
template <class T>
void conjugate(T* x, std::size_t n) {
    if constexpr (is_complex<T>)
        for (std::size_t i = 0; i < n; ++i) x[i] = std::conj(x[i]);
}
/// conj(x), in the workspace if T is complex.
template <class T>
const T* conjugated(const T* x, std::size_t n, backend::workspace_frame& frame) {
    if constexpr (is_complex<T>) {
        T* copy = frame.take<T>(n);
        std::copy_n(x, n, copy);
        conjugate(copy, n);
        return copy;
    } else {
        return x;
    }
}

/// How a contraction is recorded, where it is not as the tape has it.
struct recording_options {
    std::optional<residuals> kept{};  ///< else the intermediates, as long as the tape has room for them
    std::optional<xtn::precision> precision{};
};

/// Evaluates a network into `out` (row-major) and records it as node `y`.
template <scalar T>
void record_contraction(tape<T>& t, plan_cache& cache, const network& net,
                        std::span<const recorded_operand<T>> operands, T* out, const geometry& shape, std::size_t y,
                        const recording_options& wanted = {}) {
    std::array<geometry, max_operands> shapes;
    std::array<const T*, max_operands> data;
    label_set needs = 0;
    const xtn::precision precision = wanted.precision.value_or(t.precision());
    require_precision<T>(precision, "einsum");
    backend::rounding how{precision, &t.rounded()};
    for (std::size_t i = 0; i < operands.size(); ++i) {
        shapes[i] = operands[i].shape;
        data[i] = operands[i].data;
        if (operands[i].node != recorded_operand<T>::none) how.lasting |= label_set{1} << i;
        if (t.needs_gradient(y) && operands[i].node != recorded_operand<T>::none && t.needs_gradient(operands[i].node))
            needs |= label_set{1} << i;
    }
    if (needs == 0) {
        backend::contract<T>(cache, net, data.data(), shapes.data(), {out, shape}, false, nullptr, how);
        return;
    }
    struct operand_record {
        const T* data;
        std::size_t node, size;
    };
    auto* kept = t.template keep<operand_record>(operands.size());
    for (std::size_t i = 0; i < operands.size(); ++i)
        kept[i] = {operands[i].data, operands[i].node, static_cast<std::size_t>(operands[i].shape.volume())};
    const std::size_t count = operands.size();

    if (backend::is_trivial<T>(net, shapes.data())) {
        backend::zero<T>({out, shape});
        t.record(y, [&t, kept, needs](const T*) {
            for_each_label(needs, [&](label i) {
                const gradient_sink<T> s = t.sink(kept[i].node);
                if (!s.accumulate) std::fill_n(s.data, kept[i].size, T{});
            });
        });
        return;
    }

    const auto find = [&](residuals policy) {
        return cache.find(net, shapes.data(), shape,
                          {.model = backend::machine<T>(precision), .gradients = needs, .kept = policy});
    };
    std::shared_ptr<planned> plans = find(wanted.kept.value_or(residuals::keep));
    T* residual = nullptr;
    if (wanted.kept != residuals::recompute) {
        const auto size = static_cast<std::size_t>(plans->forward().residual_size);
        if (t.take_residuals(size, wanted.kept == residuals::keep))
            residual = t.template keep<T>(size);
        else
            plans = find(residuals::recompute);
    }
    if (residual != nullptr) how.lasting |= only(plans->forward().bases().residual());
    const auto run = [kept, count, residual, how](const plan& p, T* value, std::array<T*, bases::most>& base,
                                                  label_set add) {
        backend::workspace_frame frame;
        const bases b = p.bases();
        for (std::size_t i = 0; i < count; ++i) base[i] = const_cast<T*>(kept[i].data);  // operands are only read
        base[b.value()] = value;
        base[b.residual()] = residual != nullptr ? residual : frame.take<T>(static_cast<std::size_t>(p.residual_size));
        base[b.workspace()] = frame.take<T>(static_cast<std::size_t>(p.workspace_size));
        backend::run<T>(p, base.data(), add, how);
    };
    std::array<T*, bases::most> base{};
    run(plans->forward(), out, base, 0);
    const auto size = static_cast<std::size_t>(shape.volume());
    t.record(y, [&t, run, kept, needs, plans, size](const T* dy) {
        const plan& back = plans->pullback(needs);
        std::array<T*, bases::most> gradients{};
        label_set add = 0;
        backend::workspace_frame frame;
        for_each_label(needs, [&](label i) {
            gradient_sink<T> s = t.sink(kept[i].node);
            bool shared = false;  // an operand that occurs twice gets the sum, whichever step comes first
            for_each_label(needs, [&](label j) { shared = shared || (j != i && kept[j].node == kept[i].node); });
            if (!s.accumulate && (shared || contains(back.problem.diagonal, i))) {
                std::fill_n(s.data, kept[i].size, T{});
                s.accumulate = true;
            }
            const std::uint8_t g = back.bases().gradient(i);
            gradients[g] = s.data;
            if (s.accumulate) add |= only(g);
        });
        const auto conjugate_gradients = [&](label_set which) {
            for_each_label(needs, [&](label i) {
                const std::uint8_t g = back.bases().gradient(i);
                if (contains(which, g)) conjugate(gradients[g], kept[i].size);
                for_each_label(needs, [&](label j) {  // a gradient that operands share is conjugated once
                    if (j > i && kept[j].node == kept[i].node) which &= ~only(back.bases().gradient(j));
                });
            });
        };
        conjugate_gradients(add);                                                // what is there already
        run(back, const_cast<T*>(conjugated(dy, size, frame)), gradients, add);  // the cotangent is only read
        conjugate_gradients(~label_set{0});
    });
}

#define XTN_RECORD_CONTRACTION(form, T)                                                                           \
    form void record_contraction(tape<T>&, plan_cache&, const network&, std::span<const recorded_operand<T>>, T*, \
                                 const geometry&, std::size_t, const recording_options&);
XTN_FOR_EACH_SCALAR(XTN_RECORD_CONTRACTION)
#undef XTN_RECORD_CONTRACTION

/// What is known of an operand at compile time.
template <class Operand>
struct taped : operand_traits<Operand> {};
template <class V>
requires is_variable<V>
struct taped<V> {
    using value_type = typename V::value_type;
    static constexpr std::size_t rank = V::rank;
    static constexpr bool is_static = false;
};
template <class E>
struct taped<constant_reference<E>> : taped<E> {};

/// Binds the operands, evaluates the network and records the statement.
template <std::size_t Rank, class... Operands>
auto record_network(plan_cache& cache, const network& net, const recording_options& wanted,
                    const Operands&... operands) {
    using T = network_scalar<taped<Operands>...>;
    tape<T>* t = nullptr;
    bool needs = false;
    const auto find_tape = [&](const auto& e) {
        if constexpr (is_variable<std::decay_t<decltype(e)>>) {
            if (t != nullptr) t->require_mine(e);
            t = &e.tape();
            needs = needs || (e.needs_gradient() && t->is_recording());
        }
    };
    (find_tape(operands), ...);

    std::array<recorded_operand<T>, sizeof...(Operands)> bound;
    std::array<geometry, sizeof...(Operands)> shapes;
    backend::workspace_frame frame;
    auto bind_one = [&, i = std::size_t{0}](const auto& e) mutable {
        using E = std::decay_t<decltype(e)>;
        if constexpr (is_variable<E>) {
            bound[i] = {e.data(), geometry::row_major(e.shape()), e.node()};
        } else if constexpr (requires { e.expression; }) {
            const auto there = in_place<const T>(e.expression);
            bound[i] = {there.data, there.shape};
            if (needs) t->watch(there.data, there.shape, "an operand in xtn::constant");
        } else {
            const backend::tensor_ref<const T> there = bind<T>(e, frame);
            bound[i] = {there.data, there.shape};
            if (needs) {
                const geometry g = geometry::row_major(there.shape.extents());
                T* copy = t->template keep<T>(static_cast<std::size_t>(g.volume()));
                backend::copy<T>(there, {copy, g}, false);
                bound[i] = {copy, g};
            }
        }
        shapes[i] = bound[i].shape;
        ++i;
    };
    (bind_one(operands), ...);

    const geometry g = output_geometry(net, infer_extents(net, shapes.data()));
    std::array<std::size_t, Rank> shape;
    for (std::size_t i = 0; i < Rank; ++i) shape[i] = static_cast<std::size_t>(g.extent[i]);
    const variable<T, Rank> y = t->template result<Rank>(shape, needs);
    record_contraction<T>(*t, cache, net, bound, y.data(), g, y.node(), wanted);
    return y;
}

/// Records einsum<Labels>.
template <fixed_string Labels, class... Operands>
auto record_labels(const recording_options& wanted, const Operands&... operands) {
    using net = static_network<Labels>;
    if constexpr (operands_fit<Labels, taped<Operands>...>())
        return record_network<net::rank>(net::plans(), net::network, wanted, operands...);
    else  // the mistake has been reported; do not add to it
        return []() -> variable<network_scalar<taped<Operands>...>, net::rank> { std::terminate(); }();
}

template <class... Operands>
concept has_parameter = (is_parameter<std::decay_t<Operands>> || ...);
template <class... Operands>
concept has_variable = (is_variable<std::decay_t<Operands>> || ...) && !has_parameter<Operands...>;

/// What a refused einsum returns, so that there is one error: anything.
struct refused {
    template <class Anything>
    operator Anything() const {
        std::terminate();
    }
};
template <class... Operands>
auto refuse_parameter() {  // auto, so that clang names the user's line
    static_assert(!has_parameter<Operands...>,
                  "einsum: a parameter takes part as a variable of a tape: tape.leaf<2>(parameter), if its rank is 2");
    return refused{};
}

}  // namespace detail

/// The contraction of variables and plain tensors, recorded on the variables' tape. Plain operands are copied unless
/// they are wrapped in xtn::constant. Throws shape_error where extents disagree.
template <fixed_string Labels, class... Operands>
requires detail::has_variable<Operands...>
auto einsum(const Operands&... operands) { return detail::record_labels<Labels>({}, operands...); }

/// The same; says whether the intermediates are kept for the pullback or made again there.
template <fixed_string Labels, class... Operands>
requires detail::has_variable<Operands...>
auto einsum(residuals wanted, const Operands&... operands) {
    return detail::record_labels<Labels>({.kept = wanted}, operands...);
}

/// The same with matrix products in this precision, those of the pullback included, whatever the tape's is.
template <fixed_string Labels, class... Operands>
requires detail::has_variable<Operands...>
auto einsum(precision p, const Operands&... operands) {
    return detail::record_labels<Labels>({.precision = p}, operands...);
}

/// The same for labels known at run time; the rank of the result is given: einsum<2>("ij,jk", x, y). Throws shape_error
/// where the labels are malformed or do not fit the operands or the rank.
template <std::size_t Rank, class... Operands>
requires detail::has_variable<Operands...>
auto einsum(std::string_view labels, const Operands&... operands) {
    static_cast<void>(detail::scalars_fit<detail::taped<Operands>...>());
    const network net = detail::network_for<Rank>(labels, sizeof...(Operands));
    return detail::record_network<Rank>(run_time_plans(), net, {}, operands...);
}

/// The same with matrix products in this precision.
template <std::size_t Rank, class... Operands>
requires detail::has_variable<Operands...>
auto einsum(precision p, std::string_view labels, const Operands&... operands) {
    static_cast<void>(detail::scalars_fit<detail::taped<Operands>...>());
    const network net = detail::network_for<Rank>(labels, sizeof...(Operands));
    return detail::record_network<Rank>(run_time_plans(), net, {.precision = p}, operands...);
}

/// A parameter is on no tape, so it is no operand yet.
template <fixed_string Labels, class... Operands>
requires detail::has_parameter<Operands...>
auto einsum(const Operands&...) { return detail::refuse_parameter<Operands...>(); }
/// The same for labels known at run time.
template <std::size_t Rank = 0, class... Operands>
requires detail::has_parameter<Operands...>
auto einsum(std::string_view, const Operands&...) { return detail::refuse_parameter<Operands...>(); }

}  // namespace xtn
