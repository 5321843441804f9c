// SPDX-License-Identifier: BSD-3-Clause
// A large network as one statement on a tape.
//
//     xtn::variable<double, 0> z = xtn::graph::contract<0>(net, {a, b, c});      // variables on one tape, of any ranks
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <xtn/ad/tape.hpp>
#include <xtn/graph/gradient.hpp>

namespace xtn::graph {

/// A variable of any rank, as an operand.
template <scalar T>
struct taped_tensor {
    xtn::tape<T>* tape;
    std::size_t node;
    backend::tensor_ref<const T> value;

    template <std::size_t Rank>
    taped_tensor(const variable<T, Rank>& v)  // NOLINT: every variable is an operand
        : tape(&v.tape()), node(v.node()), value{v.data(), geometry::row_major(v.shape())} {}
};

/// The value of a network of variables, recorded on their tape as one statement. The pullback makes what the reverse sweep
/// needs again, within the bound of the options. Throws shape_error where network, tensors and rank do not fit, xtn::error
/// where the variables are on different tapes.
template <std::size_t Rank, scalar T>
variable<T, Rank> contract(const network& net, const std::vector<taped_tensor<T>>& operands,
                           const contraction_options& options = {}) {
    if (operands.empty()) throw shape_error("graph::contract: a network needs at least one tensor, found none");
    if (net.output().size() != Rank)
        throw shape_error("graph::contract: the result has rank " + std::to_string(net.output().size()) +
                          ", but rank " + std::to_string(Rank) + " is wanted");
    xtn::tape<T>& t = *operands.front().tape;
    tensors<T> values;
    std::vector<std::size_t> wanted, nodes;
    for (std::size_t i = 0; i < operands.size(); ++i) {
        if (operands[i].tape != &t) throw error("graph::contract: the variables are on different tapes");
        values.add(operands[i].value);
        if (!t.needs_gradient(operands[i].node)) continue;
        wanted.push_back(i);
        nodes.push_back(operands[i].node);
    }
    const xt::xarray<T> value = contract(net, values, options);
    std::array<std::size_t, Rank> shape{};
    std::copy(value.shape().begin(), value.shape().end(), shape.begin());
    variable<T, Rank> y = t.template result<Rank>(shape, !wanted.empty());
    std::copy_n(value.data(), value.size(), y.data());
    auto back = std::make_shared<differentiated<T>>(net, values, wanted, options);
    t.record(y, [&t, back = std::move(back), nodes = std::move(nodes), dense = value](const T* dy) mutable {
        std::copy_n(dy, dense.size(), dense.data());
        const auto found = (*back)(dense);
        for (std::size_t k = 0; k < nodes.size(); ++k)
            if (const auto sink = t.sink(nodes[k]))
                for (std::size_t i = 0; i < found.gradients[k].size(); ++i)
                    sink.data[i] = (sink.accumulate ? sink.data[i] : T{}) + found.gradients[k].data()[i];
    });
    return y;
}

}  // namespace xtn::graph
