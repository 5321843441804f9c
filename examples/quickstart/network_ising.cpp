// SPDX-License-Identifier: BSD-3-Clause
// The partition function of the Ising model on a square lattice with open ends as one network: a spin is a label, which two to
// four bonds share (a hyperedge), a bond is the 2 x 2 matrix exp(beta s t). Checked against the transfer matrix, exactly.
#include <cmath>
#include <iomanip>
#include <iostream>
#include <map>
#include <vector>
#include <xtn/graph.hpp>

namespace graph = xtn::graph;

/// log Z by the transfer matrix, spin by spin: a vector over the last `columns` spins.
double transfer_matrix(int rows, int columns, double beta) {
    std::vector<double> v(std::size_t{1} << columns, 0.0);
    v[0] = 1;
    double log_z = 0;
    for (int site = 0; site < rows * columns; ++site) {
        const std::size_t here = std::size_t{1} << site % columns, left = here >> 1;
        std::vector<double> next(v.size(), 0.0);
        for (std::size_t spins = 0; spins < v.size(); ++spins)  // `here` still holds the spin above
            for (const bool up : {false, true}) {
                double weight = v[spins];
                if (site >= columns) weight *= std::exp(((spins & here) != 0) == up ? beta : -beta);
                if (site % columns > 0) weight *= std::exp(((spins & left) != 0) == up ? beta : -beta);
                next[up ? spins | here : spins & ~here] += weight;
            }
        double sum = 0;
        for (const double x : next) sum += x;
        for (double& x : next) x /= sum;
        log_z += std::log(sum);
        v = next;
    }
    return log_z;
}

int main() {
    const int side = 12;
    const double beta = std::log(1 + std::sqrt(2.0)) / 2;  // the critical point
    xt::xtensor<double, 2> bond{{std::exp(beta), std::exp(-beta)}, {std::exp(-beta), std::exp(beta)}};
    std::vector<std::vector<int>> inputs;
    std::map<int, std::int64_t> sizes;
    graph::tensors<double> tensors;
    for (int i = 0; i < side; ++i)
        for (int j = 0; j < side; ++j) {
            const int spin = i * side + j;
            sizes[spin] = 2;
            if (j + 1 < side) inputs.push_back({spin, spin + 1}), tensors.add(bond);
            if (i + 1 < side) inputs.push_back({spin, spin + side}), tensors.add(bond);
        }
    const auto net = graph::network::make<int>(inputs, {}, sizes);
    graph::contraction<double> z(net, tensors, {.powers = graph::exponents::apart});
    const auto value = z.scaled();
    const double log_z = std::log(value.mantissa.data()[0]) + static_cast<double>(value.power) * std::log(2.0);
    const double exact = transfer_matrix(side, side, beta);
    std::cout << std::setprecision(12) << net.tensors() << " bonds, " << net.labels()
              << " spins: log Z / N = " << log_z / (side * side) << ", by the transfer matrix " << exact / (side * side)
              << "\n";
    return std::abs(log_z - exact) < 1e-9 * exact ? 0 : 1;
}
