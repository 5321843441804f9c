// SPDX-License-Identifier: BSD-3-Clause
// What every operator can do, derived from its network: apply it to rows, reconstruct its matrix, both differentiable.
// Whether a batch goes through the factors or through the reconstructed matrix is the planner's choice: "reconstruct,
// then one matrix product" is one of the contraction orders.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <xtn/ad/contract.hpp>
#include <xtn/ad/rules.hpp>
#include <xtn/op/operator.hpp>

namespace xtn {

namespace detail {

/// A row-major tensor whose axes are those of a, then those of b.
inline geometry joined(std::span<const std::size_t> a, std::span<const std::size_t> b) {
    std::array<std::size_t, max_rank> extents;
    if (a.size() + b.size() > max_rank) throw shape_error("a tensor has at most 32 axes");
    std::copy(b.begin(), b.end(), std::copy(a.begin(), a.end(), extents.begin()));
    return geometry::row_major(std::span(extents.data(), a.size() + b.size()));
}

/// A matrix (rows, columns) whose columns are split into sites, first site most significant.
inline geometry split_columns(const geometry& matrix, std::span<const std::size_t> sites) {
    geometry g = joined({}, sites);
    for (std::size_t i = g.rank; i-- > 0;) {
        g.extent[i + 1] = g.extent[i];
        g.stride[i + 1] = g.stride[i] * matrix.stride[1];
    }
    ++g.rank;
    g.extent[0] = matrix.extent[0];
    g.stride[0] = matrix.stride[0];
    return g;
}

inline void check_input(const geometry& x, std::size_t in, std::size_t out) {
    if (x.rank != 2 || x.extent[1] != static_cast<std::int64_t>(in))
        throw shape_error("apply: the operator is " + std::to_string(out) + " x " + std::to_string(in) +
                          ", so its input must be rows of " + std::to_string(in) + ", but has shape " + to_string(x));
}

/// The operands of a network on a tape.
template <scalar T>
struct recorded_operands {
    std::array<recorded_operand<T>, max_operands> operand;
    std::size_t count = 0;
    bool needs_gradient = false;

    void add(tape<T>& t, const recorded_operand<T>& o) {
        operand[count++] = o;
        needs_gradient = needs_gradient || t.needs_gradient(o.node);
    }
    void add(tape<T>& t, const std::vector<factor<T>>& factors) {
        for (const factor<T>& f : factors) add(t, recorded(t, f));
    }
    std::span<const recorded_operand<T>> span() const { return {operand.data(), count}; }
};

/// The rows that a term makes of the columns of x it reads: (rows, in sites), factors -> (rows, out sites).
template <scalar T>
variable<T, 2> apply_term(const variable<T, 2>& x, const operator_term<T>& term) {
    tape<T>& t = x.tape();
    const std::size_t rows = x.shape()[0];
    recorded_operands<T> operands;
    operands.add(t, recorded_operand<T>{x.data(), joined({&rows, 1}, term.in_sites()), x.node()});
    operands.add(t, term.factors());
    const variable<T, 2> y = t.template result<2>(std::array{rows, term.out()}, operands.needs_gradient);
    record_contraction<T>(t, run_time_plans(), term.apply(), operands.span(), y.data(),
                          joined({&rows, 1}, term.out_sites()), y.node());
    return y;
}

/// The matrix of a term.
template <scalar T>
variable<T, 2> term_to_dense(const operator_term<T>& term, tape<T>& t) {
    recorded_operands<T> operands;
    operands.add(t, term.dense_factors());
    const variable<T, 2> w = t.template result<2>(std::array{term.out(), term.in()}, operands.needs_gradient);
    record_contraction<T>(t, run_time_plans(), term.dense(), operands.span(), w.data(),
                          joined(term.out_sites(), term.in_sites()), w.node());
    return w;
}

/// A window of x, which is x itself where it is all of it.
template <scalar T>
variable<T, 2> moved(const variable<T, 2>& x, const std::array<std::size_t, 2>& shape,
                     const std::array<std::ptrdiff_t, 2>& first = {}) {
    const bool all = shape == x.shape() && first == std::array<std::ptrdiff_t, 2>{};
    return all ? x : window(x, shape, first);
}

/// What a term makes, and where in the result it lies: its first `shown` rows and columns show, from `first` on.
template <scalar T>
struct part {
    variable<T, 2> made;
    std::array<std::size_t, 2> shown, first;
};

/// Adds a part to y, which nothing has read yet, in place.
template <scalar T>
void add_part(const variable<T, 2>& y, const part<T>& p) {
    const auto each_row = [p, width = y.shape()[1]](auto f) {
        for (std::size_t r = 0; r < p.shown[0]; ++r)
            f(p.made.shape()[1] * r, width * (p.first[0] + r) + p.first[1], p.shown[1]);
    };
    each_row([made = p.made.data(), sum = y.data()](std::size_t from, std::size_t to, std::size_t n) {
        for (std::size_t c = 0; c < n; ++c) sum[to + c] += made[from + c];
    });
    if (!p.made.needs_gradient()) return;
    y.tape().require_gradient(y.node());
    y.tape().record(y, [each_row, p](const T* dy) {
        const gradient_sink<T> s = p.made.sink();
        if (!s.accumulate && p.shown != p.made.shape()) std::fill_n(s.data, p.made.size(), T{});
        each_row([&](std::size_t to, std::size_t from, std::size_t n) {
            for (std::size_t c = 0; c < n; ++c)
                s.data[to + c] = s.accumulate ? s.data[to + c] + dy[from + c] : dy[from + c];
        });
    });
}

/// The sum of the parts part_of(term) over the terms of a network; 0 of this shape if there are none.
template <scalar T, class PartOf>
variable<T, 2> sum_of_terms(const operator_network<T>& net, tape<T>& t, const std::array<std::size_t, 2>& shape,
                            PartOf part_of) {
    std::optional<variable<T, 2>> sum;
    for (const operator_term<T>& term : net.terms()) {
        const part<T> p = part_of(term);
        if (!sum && p.shown == shape && p.made.shape() == shape) {
            sum = p.made;
        } else {
            if (!sum) sum = t.constant(xt::zeros<T>(shape));
            add_part(*sum, p);
        }
    }
    return sum ? *sum : t.constant(xt::zeros<T>(shape));
}

inline std::ptrdiff_t offset(std::size_t n) { return static_cast<std::ptrdiff_t>(n); }

}  // namespace detail

/// y = x W^T for rows x (rows x in), recorded on the tape of x. Throws shape_error where the columns do not fit.
template <linear_operator O, class T = typename O::value_type>
variable<T, 2> apply(const O& op, const variable<T, 2>& x) {
    const operator_network<T>& net = op.network();
    detail::check_input(geometry::row_major(x.shape()), net.in(), net.out());
    tape<T>& t = x.tape();
    if (const parameter<T>* matrix = t.provided(net.id())) return einsum<"bi,oi->bo">(x, t.template leaf<2>(*matrix));
    const std::size_t rows = x.shape()[0];
    return detail::sum_of_terms(net, t, {rows, net.out()}, [&](const operator_term<T>& term) {
        const placement& at = term.at();
        const auto seen = detail::moved(x, {rows, at.columns}, {0, detail::offset(at.column)});
        const auto made = detail::apply_term(detail::moved(seen, {rows, term.in()}), term);
        return detail::part<T>{made, {rows, at.rows}, {0, at.row}};
    });
}

/// y = x W^T for rows x (rows x in), nothing recorded. Throws shape_error where the columns do not fit.
template <linear_operator O, class E, class T = typename O::value_type>
xt::xtensor<T, 2> apply(const O& op, const xt::xexpression<E>& x) {
    const operator_network<T>& net = op.network();
    backend::workspace_frame frame;
    const backend::tensor_ref<const T> in = detail::bind<T>(x.derived_cast(), frame);
    detail::check_input(in.shape, net.in(), net.out());
    const auto rows = static_cast<std::size_t>(in.shape.extent[0]);
    const auto columns = []<class U>(backend::tensor_ref<U> m, std::size_t first, std::size_t count) {
        m.data += static_cast<std::ptrdiff_t>(first) * m.shape.stride[1];
        m.shape.extent[1] = static_cast<std::int64_t>(count);
        return m;
    };
    const auto matrix = [&](std::size_t n) {
        return backend::tensor_ref<T>{frame.take<T>(rows * n), geometry::row_major(std::array{rows, n})};
    };

    xt::xtensor<T, 2> y(std::array{rows, net.out()});
    const backend::tensor_ref<T> out = detail::in_place<T>(y);
    const bool single = net.terms().size() == 1 && net.terms()[0].at().rows == net.out();
    if (!single) backend::zero(out);
    for (const operator_term<T>& term : net.terms()) {
        const placement& at = term.at();
        backend::tensor_ref<const T> read = columns(in, at.column, at.columns);
        if (at.columns < term.in()) {
            const backend::tensor_ref<T> padded = matrix(term.in());
            backend::zero(padded);
            backend::copy(read, columns(padded, 0, at.columns), false);
            read = {padded.data, padded.shape};
        }
        const bool cut = at.rows < term.out();
        const backend::tensor_ref<T> to = cut ? matrix(term.out()) : columns(out, at.row, at.rows);
        std::array<const T*, max_operands> data{read.data};
        std::array<geometry, max_operands> shapes{detail::split_columns(read.shape, term.in_sites())};
        for (std::size_t i = 0; i < term.factors().size(); ++i) {
            data[i + 1] = detail::in_memory(term.factors()[i], frame);
            shapes[i + 1] = geometry::row_major(term.factors()[i].shape());
        }
        backend::contract<T>(run_time_plans(), term.apply(), data.data(), shapes.data(),
                             {to.data, detail::split_columns(to.shape, term.out_sites())}, !cut && !single);
        if (cut) {
            const backend::tensor_ref<T> kept = columns(to, 0, at.rows);
            backend::copy({kept.data, kept.shape}, columns(out, at.row, at.rows), !single);
        }
    }
    return y;
}

/// The matrix of an operator (out x in) as a variable.
template <linear_operator O, class T = typename O::value_type>
variable<T, 2> to_dense(const O& op, tape<T>& t) {
    const operator_network<T>& net = op.network();
    const std::array shape{net.out(), net.in()};
    return detail::sum_of_terms(net, t, shape, [&](const operator_term<T>& term) {
        const placement& at = term.at();
        return detail::part<T>{detail::term_to_dense(term, t), {at.rows, at.columns}, {at.row, at.column}};
    });
}

/// The matrix of an operator (out x in).
template <linear_operator O, class T = typename O::value_type>
xt::xtensor<T, 2> to_dense(const O& op) {
    tape<T> t;
    return to_dense(op, t).value();
}

template <scalar T>
xt::xtensor<T, 2> any_operator<T>::to_dense() const {
    return xtn::to_dense(*this);
}

}  // namespace xtn
