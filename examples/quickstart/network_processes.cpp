// SPDX-License-Identifier: BSD-3-Clause
// A network whose slices are shared by processes, on one machine or on many, with the bits of one process:
//
//     mpirun -n 4 quickstart_network_processes
#include <iostream>
#include <span>
#include <utility>
#include <vector>
#include <xtn/graph.hpp>
#include <xtn/mpi.hpp>
#include <xtn/train.hpp>
#include <xtn/xtn.hpp>

namespace graph = xtn::graph;

int main() {
    const xtn::mpi_session session;
    const xtn::mpi_processes processes;  // this one alone, where mpirun did not start it

    // A ring of twelve matrices, its labels numbered, two of them sliced.
    const auto net = graph::network::parse("ab,bc,cd,de,ef,fg,gh,hi,ij,jk,kl,la->",
                                           std::vector<std::vector<std::int64_t>>(12, {16, 16}));
    std::vector<xt::xarray<double>> tensors;
    xtn::random_stream random(5);  // every process draws the same
    for (int i = 0; i < 12; ++i) {
        auto x = xt::xarray<double>::from_shape({16, 16});
        random.fill_normal(std::span(x.data(), x.size()), 0.25);
        tensors.push_back(std::move(x));
    }
    graph::order order = graph::search(net);
    order.sliced = {net.label("a"), net.label("g")};
    const double alone = graph::contraction<double>(net, tensors, order).value().data()[0];

    xtn::thread_pool pool(2);
    graph::contraction_options options;
    options.search.workers = {pool, processes};
    const double shared = graph::contraction<double>(net, tensors, order, options).value().data()[0];
    if (processes.rank() == 0)
        std::cout << "256 slices on all processes: " << (shared == alone ? "the same bits\n" : "other bits\n");
    return shared == alone ? 0 : 1;
}
