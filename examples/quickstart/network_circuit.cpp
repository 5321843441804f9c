// SPDX-License-Identifier: BSD-3-Clause
// Amplitudes <x| U |0...0> of a random circuit of 20 qubits: gates on neighbours of a 4 x 5 grid between random rotations.
// The circuit is constant and the bit string changes, so what does not depend on the string is contracted once. Checked
// against the state vector.
#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <iomanip>
#include <iostream>
#include <map>
#include <utility>
#include <vector>
#include <xtn/graph.hpp>
#include <xtn/xtn.hpp>

namespace graph = xtn::graph;
using complex = std::complex<double>;

constexpr int rows = 4, columns = 5, qubits = rows * columns, layers = 8;

/// A tensor of axes of extent 2.
xt::xarray<complex> tensor(const std::vector<complex>& entries) {
    xt::xarray<complex> t(std::vector<std::size_t>(entries.size() == 2 ? 1 : 2, 2));
    std::copy(entries.begin(), entries.end(), t.begin());
    return t;
}

int main() {
    xtn::random_stream random(5);
    std::vector<complex> state(std::size_t{1} << qubits, 0.0);
    state[0] = 1;
    std::vector<std::vector<int>> inputs;
    std::vector<xt::xarray<complex>> tensors;
    std::map<int, std::int64_t> sizes;
    std::vector<int> wire(qubits);  // the label at the end of each qubit's line so far
    int labels = 0;
    const auto new_label = [&] { return sizes[labels] = 2, labels++; };

    for (int q = 0; q < qubits; ++q) {
        wire[static_cast<std::size_t>(q)] = new_label();
        inputs.push_back({q});
        tensors.push_back(tensor({1.0, 0.0}));
    }
    const auto rotate = [&](int q) {  // exp(i a) and a rotation: a random matrix of SU(2)
        const double a = random.uniform(0, 6.283185307179586), b = random.uniform(0, 6.283185307179586),
                     t = std::acos(std::sqrt(random.uniform()));
        const complex u[2][2] = {{std::polar(std::cos(t), a), std::polar(std::sin(t), b)},
                                 {-std::polar(std::sin(t), -b), std::polar(std::cos(t), -a)}};
        const int out = new_label();
        inputs.push_back({out, std::exchange(wire[static_cast<std::size_t>(q)], out)});
        tensors.push_back(tensor({u[0][0], u[0][1], u[1][0], u[1][1]}));
        const std::size_t bit = std::size_t{1} << q;
        for (std::size_t i = 0; i < state.size(); ++i) {
            if ((i & bit) != 0) continue;
            const complex x = state[i], y = state[i | bit];
            state[i] = u[0][0] * x + u[0][1] * y;
            state[i | bit] = u[1][0] * x + u[1][1] * y;
        }
    };
    const auto phase = [&](int p, int q) {  // controlled Z is diagonal: a hyperedge in each of its qubits
        inputs.push_back({wire[static_cast<std::size_t>(p)], wire[static_cast<std::size_t>(q)]});
        tensors.push_back(tensor({1.0, 1.0, 1.0, -1.0}));
        const std::size_t both = std::size_t{1} << p | std::size_t{1} << q;
        for (std::size_t i = 0; i < state.size(); ++i)
            if ((i & both) == both) state[i] = -state[i];
    };
    for (int layer = 0; layer < layers; ++layer) {
        for (int q = 0; q < qubits; ++q) rotate(q);
        for (int i = 0; i < rows; ++i)
            for (int j = 0; j < columns; ++j) {
                const bool across = layer % 2 == 0;
                if (((across ? j : i) + layer / 2) % 2 != 0) continue;
                if (across && j + 1 < columns) phase(i * columns + j, i * columns + j + 1);
                if (!across && i + 1 < rows) phase(i * columns + j, (i + 1) * columns + j);
            }
    }
    for (int q = 0; q < qubits; ++q) rotate(q);

    graph::contraction_options options;
    const std::array bit{tensor({1.0, 0.0}), tensor({0.0, 1.0})};
    for (int q = 0; q < qubits; ++q) {
        inputs.push_back({wire[static_cast<std::size_t>(q)]});
        options.search.changing.push_back(tensors.size());
        tensors.push_back(bit[0]);
    }
    const auto net = graph::network::make<int>(inputs, {}, sizes);
    graph::contraction<complex> amplitude(net, tensors, options);
    std::cout << net.tensors() << " tensors\n" << std::setprecision(8);
    double worst = 0;
    for (const std::size_t string : {0UL, 1UL, 0b10110011100011110000UL, (1UL << qubits) - 1}) {
        for (std::size_t q = 0; q < qubits; ++q) amplitude.replace(options.search.changing[q], bit[string >> q & 1]);
        const complex found = amplitude.value().data()[0];
        worst = std::max(worst, std::abs(found - state[string]));
        std::cout << "amplitude of " << string << ": " << found.real() << (found.imag() < 0 ? " - " : " + ")
                  << std::abs(found.imag()) << " i\n";
    }
    return worst < 1e-12 ? 0 : 1;
}
