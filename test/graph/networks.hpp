// SPDX-License-Identifier: BSD-3-Clause
// Random networks for the tests of graph, their tensors, and an evaluator that knows nothing of orders: einsum along one
// loop over all labels.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <xtn/graph.hpp>

namespace test {

using label_lists = std::vector<std::vector<std::string>>;

/// A network with tensors, hyperedges, traces, shared labels that are kept, scalars and parts without a bond.
struct random_network {
    label_lists inputs;
    std::vector<std::string> output;
    std::map<std::string, std::int64_t> sizes;

    random_network(std::mt19937_64& random, int tensors, int labels, int most_axes, std::int64_t least_extent,
                   std::int64_t most_extent) {
        const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
        inputs.resize(static_cast<std::size_t>(tensors));
        for (auto& axes : inputs) {
            const int rank = below(most_axes + 1);
            for (int axis = 0; axis < rank; ++axis) axes.push_back("l" + std::to_string(below(labels)));
            for (const auto& l : axes)
                sizes.try_emplace(l, least_extent + below(static_cast<int>(most_extent - least_extent + 1)));
        }
        for (const auto& entry : sizes)
            if (below(5) == 0 && output.size() < 4) output.push_back(entry.first);
        std::shuffle(output.begin(), output.end(), random);
    }
    xtn::graph::network net() const { return xtn::graph::network::make<std::string>(inputs, output, sizes); }
};

/// Small integers, so that any order of exact sums gives the same bits.
template <class T>
std::vector<xt::xarray<T>> integer_tensors(const xtn::graph::network& net, std::mt19937_64& random) {
    std::vector<xt::xarray<T>> all;
    for (std::size_t i = 0; i < net.tensors(); ++i) {
        const auto shape = net.shape(net.input(i));
        xt::xarray<T> x(typename xt::xarray<T>::shape_type(shape.begin(), shape.end()));
        for (auto& v : x) {
            v = static_cast<xtn::real_of<T>>(static_cast<int>(random() % 5) - 2);
            if constexpr (xtn::is_complex<T>)
                v += T(0, static_cast<xtn::real_of<T>>(static_cast<int>(random() % 3) - 1));
        }
        all.push_back(x);
    }
    return all;
}

/// The value by one loop over all labels.
template <class T>
std::vector<T> naive(const xtn::graph::network& net, const std::vector<xt::xarray<T>>& tensors) {
    const auto shape = net.output_shape();
    std::vector<T> value(1);
    for (const auto e : shape) value.resize(value.size() * static_cast<std::size_t>(e));
    std::fill(value.begin(), value.end(), T{});
    for (xtn::graph::label_id l = 0; l < net.labels(); ++l)
        if (net.extent(l) == 0) return value;
    std::vector<std::int64_t> at(net.labels(), 0);
    const auto offset = [&](std::span<const xtn::graph::label_id> axes) {
        std::int64_t o = 0;
        for (const auto l : axes) o = o * net.extent(l) + at[l];
        return static_cast<std::size_t>(o);
    };
    for (bool more = true; more;) {
        T product(1);
        for (std::size_t i = 0; i < net.tensors(); ++i) product *= tensors[i].data()[offset(net.input(i))];
        value[offset(net.output())] += product;
        more = false;
        for (xtn::graph::label_id l = 0; l < net.labels() && !more; ++l) {
            more = ++at[l] < net.extent(l);
            if (!more) at[l] = 0;
        }
    }
    return value;
}

/// A lattice of rows x columns tensors with bonds of one extent and nothing open.
inline xtn::graph::network lattice(int rows, int columns, std::int64_t bond) {
    std::vector<std::vector<int>> inputs(static_cast<std::size_t>(rows * columns));
    std::map<int, std::int64_t> sizes;
    int label = 0;
    const auto join = [&](int a, int b) {
        inputs[static_cast<std::size_t>(a)].push_back(label);
        inputs[static_cast<std::size_t>(b)].push_back(label);
        sizes[label++] = bond;
    };
    for (int i = 0; i < rows; ++i)
        for (int j = 0; j < columns; ++j) {
            if (j + 1 < columns) join(i * columns + j, i * columns + j + 1);
            if (i + 1 < rows) join(i * columns + j, (i + 1) * columns + j);
        }
    return xtn::graph::network::make<int>(inputs, {}, sizes);
}

/// Whether every tensor is used exactly once and one is left.
inline bool is_valid(const xtn::graph::tree& t, std::size_t tensors) {
    std::vector<int> uses(t.nodes());
    if (t.leaves() != tensors || t.steps().size() + 1 != tensors) return false;
    for (std::size_t s = 0; s < t.steps().size(); ++s)
        for (const auto child : t.steps()[s]) {
            if (child >= tensors + s) return false;
            ++uses[child];
        }
    return std::count(uses.begin(), uses.end(), 1) == static_cast<std::ptrdiff_t>(t.nodes() - 1);
}

}  // namespace test
