// SPDX-License-Identifier: BSD-3-Clause
// Maximum-likelihood decoding of the surface code under bit flips (Bravyi, Suchara and Vargo, Phys. Rev. A 90, 032326, 2014).
// Errors with the same syndrome differ by stabilisers, which do nothing, and perhaps by the logical operator. The probability of
// a class sums over all products of stabilisers: a network where a stabiliser is a label of extent 2 that its qubits share,
// and a qubit is a tensor P(flipped or not) with one axis for each of its stabilisers. Checked against the sum over all of
// them for distance 3.
#include <cmath>
#include <iomanip>
#include <iostream>
#include <map>
#include <vector>
#include <xtn/graph.hpp>
#include <xtn/xtn.hpp>

namespace graph = xtn::graph;

/// The planar code of distance d: qubits on the d x d vertical and the (d - 1) x (d - 1) horizontal edges of a lattice. A
/// stabiliser (star) at (i, j), i < d, j < d - 1, flips its up to four edges; the logical operator flips a column of
/// vertical edges.
struct surface_code {
    int distance;
    int vertical(int i, int j) const { return i * distance + j; }
    int horizontal(int i, int j) const { return distance * distance + i * (distance - 1) + j; }
    int qubits() const { return distance * distance + (distance - 1) * (distance - 1); }
    int stabilisers() const { return distance * (distance - 1); }

    /// The qubits of each stabiliser.
    std::vector<std::vector<int>> stars() const {
        std::vector<std::vector<int>> s;
        for (int i = 0; i < distance; ++i)
            for (int j = 0; j + 1 < distance; ++j) {
                std::vector<int> star{vertical(i, j), vertical(i, j + 1)};
                if (i > 0) star.push_back(horizontal(i - 1, j));
                if (i + 1 < distance) star.push_back(horizontal(i, j));
                s.push_back(star);
            }
        return s;
    }
};

/// The probability of all errors that differ from this one by stabilisers, along the order of the network.
double class_probability(const surface_code& code, const std::vector<bool>& error, double p) {
    const auto stars = code.stars();
    std::vector<std::vector<int>> inputs(static_cast<std::size_t>(code.qubits()));
    std::map<int, std::int64_t> sizes;
    for (int s = 0; s < code.stabilisers(); ++s) {
        sizes[s] = 2;
        for (const int q : stars[static_cast<std::size_t>(s)]) inputs[static_cast<std::size_t>(q)].push_back(s);
    }
    std::vector<xt::xarray<double>> tensors;
    for (std::size_t q = 0; q < inputs.size(); ++q) {
        xt::xarray<double> t(std::vector<std::size_t>(inputs[q].size(), 2));
        for (std::size_t k = 0; k < t.size(); ++k) {
            bool flipped = error[q];
            for (std::size_t bits = k; bits != 0; bits &= bits - 1) flipped = !flipped;
            t.data()[k] = flipped ? p : 1 - p;
        }
        tensors.push_back(std::move(t));
    }
    const auto net = graph::network::make<int>(inputs, {}, sizes);
    return graph::contract(net, tensors).data()[0];
}

/// The same by summing over all products of stabilisers.
double by_hand(const surface_code& code, const std::vector<bool>& error, double p) {
    const auto stars = code.stars();
    double sum = 0;
    for (unsigned long product = 0; product < 1UL << code.stabilisers(); ++product) {
        std::vector<bool> e = error;
        for (std::size_t s = 0; s < stars.size(); ++s)
            if ((product >> s & 1) != 0)
                for (const int q : stars[s]) e[static_cast<std::size_t>(q)] = !e[static_cast<std::size_t>(q)];
        double probability = 1;
        for (const bool flipped : e) probability *= flipped ? p : 1 - p;
        sum += probability;
    }
    return sum;
}

int main() {
    const double p = 0.08;
    bool right = true;
    std::cout << std::setprecision(6);
    for (const int distance : {3, 7, 11}) {
        const surface_code code{distance};
        xtn::random_stream random(7);
        std::vector<bool> error(static_cast<std::size_t>(code.qubits()));
        for (std::size_t q = 0; q < error.size(); ++q) error[q] = random.uniform() < p;
        std::vector<bool> other = error;  // the same syndrome, and the logical operator
        for (int i = 0; i < distance; ++i) {
            const auto q = static_cast<std::size_t>(code.vertical(i, 0));
            other[q] = !other[q];
        }
        const double same = class_probability(code, error, p), logical = class_probability(code, other, p);
        if (distance == 3)
            right = std::abs(same / by_hand(code, error, p) - 1) < 1e-12 &&
                    std::abs(logical / by_hand(code, other, p) - 1) < 1e-12;
        std::cout << "distance " << distance << ": " << code.qubits() << " qubits, the right class has "
                  << 100 * same / (same + logical) << " % of the probability\n";
    }
    return right ? 0 : 1;
}
