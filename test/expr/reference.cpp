// SPDX-License-Identifier: BSD-3-Clause
// Values and gradients of 15 contractions, as PyTorch computed them.
#if __has_include(<nlohmann/json.hpp>)  // which reading the file needs

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <xtn/backend/contract.hpp>
#include <xtn/io/safetensors.hpp>

#include "../oracle.hpp"
#include "xtn_paths.hpp"

BOOST_AUTO_TEST_SUITE(reference)

namespace {

struct reference_tensor {
    std::vector<double> values;
    xtn::geometry shape;
};

reference_tensor read(const xtn::safetensors& file, const std::string& name) {
    return {file.read<double>(name), xtn::geometry::row_major(file.shape(name))};
}

/// The files store scalars with the shape (1).
reference_tensor as_rank(reference_tensor t, std::size_t rank) {
    if (rank == 0) t.shape = xtn::geometry::row_major(std::array<int, 0>{});
    return t;
}

}  // namespace

BOOST_AUTO_TEST_CASE(values_and_gradients_of_pytorch) {
    const xtn::safetensors file = xtn::load_safetensors(XTN_TEST_DATA "/einsum.safetensors");
    for (int c = 0; c < 15; ++c) {
        const std::string number = std::to_string(c), labels = file.metadata().at(number);
        const xtn::network net = xtn::make_network(labels);
        std::vector<reference_tensor> in;
        std::vector<const double*> data;
        std::vector<xtn::geometry> shapes;
        for (std::size_t i = 0; i < net.operands; ++i) {
            in.push_back(read(file, number + ".in." + std::to_string(i)));
            data.push_back(in.back().values.data());
            shapes.push_back(in.back().shape);
        }
        const reference_tensor out = as_rank(read(file, number + ".out"), net.output.rank());
        const reference_tensor seed = as_rank(read(file, number + ".dout"), net.output.rank());

        BOOST_TEST_CONTEXT("case " << number << ": " << labels) {
            xtn::plan_cache cache;
            std::vector<double> y(out.values.size());
            xtn::backend::contract<double>(cache, net, data.data(), shapes.data(), {y.data(), out.shape}, false);
            BOOST_TEST(test::relative_error(y, out.values) <= 1e-10);
            // the oracle, too, must agree with PyTorch
            BOOST_TEST(test::relative_error(test::naive_contract<double>(net, data, shapes), out.values) <= 1e-10);

            constexpr xtn::label_set all = ~xtn::label_set{0};
            const auto planned = cache.find(net, shapes.data(), out.shape, {.gradients = all});
            const xtn::plan &forward = planned->forward(), &back = planned->pullback(all);
            const xtn::bases b = forward.bases();
            std::vector<double> residual(static_cast<std::size_t>(forward.residual_size));
            std::vector<double> workspace(
                static_cast<std::size_t>(std::max(forward.workspace_size, back.workspace_size)));
            std::vector<std::vector<double>> gradient;
            std::array<double*, xtn::bases::most> base{};
            for (std::size_t i = 0; i < net.operands; ++i) {
                gradient.emplace_back(in[i].values.size());
                base[i] = in[i].values.data();
                base[b.gradient(i)] = gradient[i].data();
            }
            base[b.value()] = y.data();
            base[b.residual()] = residual.data();
            base[b.workspace()] = workspace.data();
            xtn::backend::run<double>(forward, base.data());
            y = seed.values;
            xtn::backend::run<double>(back, base.data());
            for (std::size_t i = 0; i < net.operands; ++i) {
                const auto expected = file.read<double>(number + ".grad." + std::to_string(i));
                BOOST_TEST(test::relative_error(gradient[i], expected) <= 1e-10, "gradient of operand " << i);
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

#endif
