// SPDX-License-Identifier: BSD-3-Clause
// The overlap <psi|phi> of two PEPS, tensor network states on a 5 x 5 lattice with bond 3, within a memory bound, and its
// gradient with respect to one tensor: the network is linear in it, so <gradient, tensor> is the overlap again.
#include <cmath>
#include <iostream>
#include <map>
#include <string>
#include <vector>
#include <xtn/graph.hpp>
#include <xtn/xtn.hpp>

namespace graph = xtn::graph;

int main() {
    const int side = 5;
    const std::int64_t bond = 3;
    std::vector<std::vector<std::string>> inputs;
    std::map<std::string, std::int64_t> sizes;
    std::vector<xt::xarray<double>> tensors;
    xtn::random_stream random(3);
    for (const std::string layer : {"psi", "phi"})
        for (int i = 0; i < side; ++i)
            for (int j = 0; j < side; ++j) {
                const auto site = [](int k, int l) { return std::to_string(k) + "," + std::to_string(l); };
                auto& labels = inputs.emplace_back();
                labels.push_back("spin " + site(i, j));  // shared by both layers
                sizes[labels[0]] = 2;
                const auto join = [&](int k, int l, int m, int n) {
                    labels.push_back(layer + " " + site(k, l) + "-" + site(m, n));
                    sizes[labels.back()] = bond;
                };
                if (i > 0) join(i - 1, j, i, j);
                if (j > 0) join(i, j - 1, i, j);
                if (i + 1 < side) join(i, j, i + 1, j);
                if (j + 1 < side) join(i, j, i, j + 1);
                std::vector<std::size_t> shape;
                for (const auto& l : labels) shape.push_back(static_cast<std::size_t>(sizes[l]));
                xt::xarray<double> x(shape);
                random.fill_normal(std::span(x.data(), x.size()), 1 / std::sqrt(static_cast<double>(x.size())));
                for (auto& v : x) v += 0.3;
                tensors.push_back(std::move(x));
            }
    const auto net = graph::network::make<std::string>(inputs, {}, sizes);
    graph::contraction<double> whole(net, tensors);
    const double overlap = whole.value().data()[0];
    const std::size_t bound = whole.peak_bytes() / 4;
    graph::contraction<double> sliced(net, tensors, {.bytes = bound});
    const double again = sliced.value().data()[0];
    std::cout << "in a quarter of the memory: " << (sliced.peak_bytes() <= bound ? "kept" : "exceeded") << "\n";

    const std::size_t centre = 12;
    graph::differentiated<double> gradient(net, tensors, {centre});
    const auto environment = gradient().gradients[0];
    double product = 0;
    for (std::size_t k = 0; k < environment.size(); ++k) product += environment.data()[k] * tensors[centre].data()[k];
    const double slices = std::abs(again / overlap - 1), linear = std::abs(product / overlap - 1);
    std::cout << "slices agree: " << (slices < 1e-10 ? "yes" : "no")
              << ", gradient: " << (linear < 1e-10 ? "yes" : "no") << "\n";
    return slices < 1e-10 && linear < 1e-10 && sliced.peak_bytes() <= bound ? 0 : 1;
}
