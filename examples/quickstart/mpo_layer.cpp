// SPDX-License-Identifier: BSD-3-Clause
// An MPO layer in a small network, trained: relu(x W^T + b), W a 64 x 64 matrix product operator of bond 4, learns from
// noisy outputs of another such network. What cannot be learned is the noise, so the loss ends near its variance, 0.01.
#include <algorithm>
#include <iostream>
#include <vector>
#include <xtn/train.hpp>
#include <xtn/xtn.hpp>

using matrix = xt::xtensor<float, 2>;

/// The layer and its activation.
struct network {
    using mpo = xtn::mpo<float, xtn::scheme<xtn::sites<4, 4, 4>, xtn::sites<4, 4, 4>>>;
    mpo weight{4};
    xtn::nn::linear<float> layer{weight, xtn::parameter<float>(std::vector<std::size_t>{64})};

    explicit network(xtn::random_stream& random) { xtn::init_normal(weight, 0.125, random); }
    xtn::variable<float, 2> operator()(const xtn::variable<float, 2>& x) const { return xtn::nn::relu(layer(x)); }
};

int main() {
    xtn::random_stream random(1);
    const network teacher(random), student(random);
    xtn::parameter_store<float> store(student.layer.parameters());  // one flat buffer for all parameters
    xtn::adamw<float> optimizer(store.size(), {}, 0.0);
    std::vector<float> gradients(store.size());
    xtn::tape<float> tape;
    tape.attach(store, gradients);  // from now on the gradients of the store's parameters land here

    float loss = 0;
    for (int step = 0; step <= 300; ++step) {
        matrix x({256, 64}), noise({256, 64});
        random.fill_normal(std::span(x.data(), x.size()), 1.0);
        random.fill_normal(std::span(noise.data(), noise.size()), 0.1);
        std::fill(gradients.begin(), gradients.end(), 0.0f);
        tape.clear();
        const auto input = tape.constant(x);
        const auto wanted = [&] {
            const xtn::no_gradient guard(tape);  // the teacher is not trained
            return teacher(input) + noise;
        }();
        const auto error = student(input) - wanted;
        const auto value = xtn::einsum<"bo,bo->">(error, error) / 16384;
        tape.backward(value);
        optimizer.step(store.values(), gradients, step < 200 ? 0.02 : 0.002);
        loss = value.item();
        if (step % 100 == 0) std::cout << "step " << step << ": loss " << loss << '\n';
    }
    return loss > 0.0095f && loss < 0.0105f ? 0 : 1;
}
