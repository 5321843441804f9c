// SPDX-License-Identifier: BSD-3-Clause
// A spectral layer: W = D_out^T C D_in with orthonormal DCT-II bases and K free coefficients C. A smooth matrix needs few
// of them; which, is a support: a zigzag from the lowest frequencies on, or the largest of a given matrix.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>
#include <xtn/xtn.hpp>

int main() {
    const std::size_t out = 48, in = 64;
    xt::xtensor<double, 2> w({out, in});
    for (std::size_t o = 0; o < out; ++o)
        for (std::size_t i = 0; i < in; ++i) w(o, i) = std::exp(-0.002 * std::pow(double(o) - 0.75 * double(i), 2));

    bool right = true;
    std::puts("    K     zigzag    largest");
    for (const std::size_t k : {30UL, 100UL, 300UL}) {
        const auto count = xtn::coefficients::count(k);
        double low = 0, best = 0;  // relative Frobenius errors
        xtn::spectral<double>::from_dense(w, xtn::support::zigzag(count), xtn::basis::dct2(), &low);
        xtn::spectral<double>::from_dense(w, xtn::support::largest(count), xtn::basis::dct2(), &best);
        std::printf("%5zu %10.2e %10.2e\n", k, low, best);
        right = right && best <= low;
    }

    // It is an operator like any other: here as a layer with a bias, differentiated by its coefficients.
    const xtn::spectral<double> op(out, in, xtn::support::zigzag(xtn::coefficients::count(100)));
    const xtn::nn::linear<double> layer(op, xtn::parameter<double>(std::vector{out}));
    xtn::tape<double> tape;
    const xt::xtensor<double, 2> one = xt::eye<double>(in);
    const auto loss = xtn::einsum<"io,oi->">(layer(tape.constant(one)), tape.constant(w));  // <W(C), W> + 0
    tape.backward(loss);
    // Its derivative by a coefficient is that coefficient of w: bases are orthonormal, so the adjoint projects.
    const auto projection = xtn::spectral<double>::from_dense(w, xtn::support::zigzag(xtn::coefficients::count(100)));
    double worst = 0;
    for (std::size_t c = 0; c < 100; ++c)
        worst = std::max(worst, std::abs(tape.gradient(op.coefficients())[c] - projection.coefficients().values()[c]));
    std::printf("%zu parameters, gradient against projection: %.0e\n", xtn::parameter_count(layer.parameters()), worst);
    return right && worst < 1e-12 ? 0 : 1;
}
