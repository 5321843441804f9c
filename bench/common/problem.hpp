// SPDX-License-Identifier: BSD-3-Clause
// What the benches of contractions measure.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <xtn/xtn.hpp>

namespace bench {

/// A network with operands of random numbers.
struct problem {
    xtn::network net;
    std::vector<xt::xarray<float>> operands;
    xt::xarray<float> y;
    std::vector<xtn::geometry> shapes;
    xtn::geometry output;

    problem(const std::string& labels, const std::vector<std::vector<std::size_t>>& extents)
        : net(xtn::make_network(labels)) {
        xtn::random_stream random(1);
        for (const auto& e : extents) {
            operands.emplace_back(e);
            random.fill_normal(std::span<float>(operands.back().data(), operands.back().size()), 1.0);
            shapes.push_back(xtn::geometry::row_major(e));
        }
        output = xtn::output_geometry(net, xtn::infer_extents(net, shapes.data()));
        y.resize(std::vector<std::size_t>(output.extents().begin(), output.extents().end()));
    }

    /// Evaluates along a tree, or along the planner's own.
    void run(const xtn::contraction_tree* tree, xtn::plan_cache& cache) {
        std::array<const float*, xtn::max_operands> data{};
        for (std::size_t i = 0; i < operands.size(); ++i) data[i] = operands[i].data();
        xtn::backend::contract<float>(cache, net, data.data(), shapes.data(), {y.data(), output}, false, tree);
    }
    xtn::plan plan(const xtn::contraction_tree* tree) const {
        xtn::plan_cache cache;
        return cache.find(net, shapes.data(), output, {.model = xtn::backend::machine<float>(), .tree = tree})
            ->forward();
    }
};

}  // namespace bench
