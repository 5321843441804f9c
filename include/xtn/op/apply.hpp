// SPDX-License-Identifier: BSD-3-Clause
// What every operator can do, derived from its network: apply it to rows, reconstruct its matrix, both differentiable.
// Whether a batch goes through the factors or through the reconstructed matrix is the planner's choice: "reconstruct,
// then one matrix product" is one of the contraction orders.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include <xtn/ad/contract.hpp>
#include <xtn/ad/rules.hpp>
#include <xtn/op/network.hpp>
#include <xtn/plan/cache.hpp>

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

/// The operands of an operator's network as leaves of a tape, behind `first` if that is given.
template <scalar T>
struct recorded_factors {
    std::array<recorded_operand<T>, max_operands> operand;
    std::size_t count = 0;
    bool needs_gradient = false;

    void add(tape<T>& t, const recorded_operand<T>& o) {
        operand[count++] = o;
        needs_gradient = needs_gradient || t.needs_gradient(o.node);
    }
    void add(tape<T>& t, const std::vector<parameter<T>>& parameters) {
        for (const parameter<T>& p : parameters) add(t, {p.data(), geometry::row_major(p.shape()), t.leaf_node(p)});
    }
    std::span<const recorded_operand<T>> span() const { return {operand.data(), count}; }
};

/// rows x -> rows y through one network: (rows, in sites), factors -> (rows, out sites).
template <scalar T>
variable<T, 2> apply_network(const variable<T, 2>& x, const network& net, std::span<const std::size_t> in_sites,
                             std::span<const std::size_t> out_sites, const std::vector<parameter<T>>& factors) {
    tape<T>& t = x.tape();
    const std::size_t rows = x.shape()[0];
    recorded_factors<T> operands;
    operands.add(t, recorded_operand<T>{x.data(), joined({&rows, 1}, in_sites), x.node()});
    operands.add(t, factors);
    std::size_t columns = 1;
    for (const std::size_t e : out_sites) columns *= e;
    const variable<T, 2> y = t.template result<2>(std::array{rows, columns}, operands.needs_gradient);
    record_contraction<T>(t, plans_of(net), net, operands.span(), y.data(), joined({&rows, 1}, out_sites), y.node());
    return y;
}

}  // namespace detail

/// y = x W^T for rows x (rows x in), recorded on the tape of x. Throws shape_error where the columns do not fit.
template <linear_operator O, class T = typename O::value_type>
variable<T, 2> apply(const O& op, const variable<T, 2>& x) {
    detail::check_input(geometry::row_major(x.shape()), op.in(), op.out());
    const std::array<std::size_t, 1> in{op.in()}, out{op.out()};
    const operator_network<T>& net = op.network();
    if (const parameter<T>* matrix = x.tape().provided(net.id())) {
        static const network rows_times_matrix = make_network("bi,oi->bo");
        return detail::apply_network(x, rows_times_matrix, in, out, {*matrix});
    }
    const bool pads = net.in() != op.in() || net.out() != op.out();
    const variable<T, 2> y = detail::apply_network(pads ? resize(x, {x.shape()[0], net.in()}) : x, net.apply(),
                                                   net.in_sites(), net.out_sites(), net.operands());
    return pads ? resize(y, {x.shape()[0], op.out()}) : y;
}

/// y = x W^T for rows x (rows x in), nothing recorded. Throws shape_error where the columns do not fit.
template <linear_operator O, class E, class T = typename O::value_type>
xt::xtensor<T, 2> apply(const O& op, const xt::xexpression<E>& x) {
    backend::workspace_frame frame;
    backend::tensor_ref<const T> in = detail::bind<T>(x.derived_cast(), frame);
    detail::check_input(in.shape, op.in(), op.out());
    const operator_network<T>& net = op.network();
    const auto rows = static_cast<std::size_t>(in.shape.extent[0]);
    if (net.in() != op.in()) {
        const backend::tensor_ref<T> padded{frame.take<T>(rows * net.in()),
                                            geometry::row_major(std::array{rows, net.in()})};
        backend::zero(padded);
        backend::tensor_ref<T> filled = padded;
        filled.shape.extent[1] = in.shape.extent[1];
        backend::copy(in, filled, false);
        in = {padded.data, padded.shape};
    }
    std::array<const T*, max_operands> data{in.data};
    std::array<geometry, max_operands> shapes{detail::split_columns(in.shape, net.in_sites())};
    for (std::size_t i = 0; i < net.operands().size(); ++i) {
        data[i + 1] = net.operands()[i].data();
        shapes[i + 1] = geometry::row_major(net.operands()[i].shape());
    }
    xt::xtensor<T, 2> y(std::array{rows, op.out()});
    const bool cut = net.out() != op.out();
    const backend::tensor_ref<T> out{cut ? frame.take<T>(rows * net.out()) : y.data(),
                                     detail::joined({&rows, 1}, net.out_sites())};
    backend::contract<T>(plans_of(net.apply()), net.apply(), data.data(), shapes.data(), out, false);
    if (cut)
        for (std::size_t r = 0; r < rows; ++r) std::copy_n(out.data + r * net.out(), op.out(), y.data() + r * op.out());
    return y;
}

/// The matrix of an operator (out x in) as a variable.
template <linear_operator O, class T = typename O::value_type>
variable<T, 2> to_dense(const O& op, tape<T>& t) {
    const operator_network<T>& net = op.network();
    detail::recorded_factors<T> operands;
    operands.add(t, net.operands());
    const variable<T, 2> w = t.template result<2>(std::array{net.out(), net.in()}, operands.needs_gradient);
    detail::record_contraction<T>(t, plans_of(net.dense()), net.dense(), operands.span(), w.data(),
                                  detail::joined(net.out_sites(), net.in_sites()), w.node());
    return net.out() == op.out() && net.in() == op.in() ? w : resize(w, {op.out(), op.in()});
}

/// The matrix of an operator (out x in).
template <linear_operator O, class T = typename O::value_type>
xt::xtensor<T, 2> to_dense(const O& op) {
    tape<T> t;
    return to_dense(op, t).value();
}

/// What the planner expects the multiplication of `rows` rows to cost, in seconds: through the factors, and through the
/// matrix; reconstructing that comes on top once.
struct apply_cost {
    double through_factors, through_matrix, reconstruct;
};
template <linear_operator O, class T = typename O::value_type>
apply_cost cost_of_apply(const O& op, std::size_t rows) {
    const operator_network<T>& net = op.network();
    constexpr cost_model model = cost_model::of<T>();
    std::vector<geometry> shapes{detail::joined({&rows, 1}, net.in_sites())};
    for (const parameter<T>& p : net.operands()) shapes.push_back(geometry::row_major(p.shape()));
    const auto seconds = [&](const network& n, const geometry* operands) {
        return contraction_order(n, infer_extents(n, operands), model).seconds;
    };
    const double m = static_cast<double>(rows), n = static_cast<double>(op.out()), k = static_cast<double>(op.in());
    return {seconds(net.apply(), shapes.data()), model.gemm(m, n, k) + model.touch(m * k + k * n + m * n),
            seconds(net.dense(), shapes.data() + 1)};
}

/// Whether `calls` multiplications of `rows` rows each are cheaper with a matrix that is reconstructed once for all.
template <linear_operator O>
bool worth_reconstructing(const O& op, std::size_t rows, std::size_t calls) {
    if (op.network().operands().size() == 1) return false;
    const apply_cost cost = cost_of_apply(op, rows);
    const auto n = static_cast<double>(calls);
    return cost.reconstruct + n * cost.through_matrix < n * cost.through_factors;
}

}  // namespace xtn
