// SPDX-License-Identifier: BSD-3-Clause
#include "operators.hpp"

#include <cmath>
#include <vector>

namespace picogpt {
namespace {

/// The divisor of n next to its square root from below.
std::size_t lower_factor(std::size_t n) {
    auto d = static_cast<std::size_t>(std::sqrt(static_cast<double>(n)) + 0.5);
    while (d * d > n || n % d != 0) --d;
    return d;
}

xtn::mpo<float> two_sites(std::size_t out, std::size_t in, std::size_t bond) {
    const std::size_t o = lower_factor(out), i = lower_factor(in);
    return xtn::mpo<float>({xtn::parameter<float>(std::vector<std::size_t>{1, o, i, bond}),
                            xtn::parameter<float>(std::vector<std::size_t>{bond, out / o, in / i, 1})});
}

}  // namespace

xtn::any_operator<float> make_operator(const representation& r, std::size_t out, std::size_t in) {
    if (r.bond == 0) return xtn::dense<float>(out, in);
    if (out == 512 && in == 128) return xtn::mpo<float, xtn::balanced<512, 128, 3>>(r.bond);
    if (out == 128 && in == 512) return xtn::mpo<float, xtn::balanced<128, 512, 3>>(r.bond);
    return two_sites(out, in, r.bond);
}

model<float> make_model(const model_shape& shape, const representation& r, const initialisation& init,
                        std::uint64_t seed) {
    model<float> m(shape,
                   [&](const std::string&, std::size_t out, std::size_t in) { return make_operator(r, out, in); });
    xtn::random_stream random(seed);
    random.fill_normal(m.embedding().table().values(), 0.02);
    for (const xtn::any_operator<float>& op : m.operators()) {
        const double sites = static_cast<double>(op.parameters().size());
        const double sigma =
            init.published_mpo && r.bond != 0 ? std::pow(static_cast<double>(op.in()), -sites / 4) : init.sigma;
        xtn::init_normal(op, sigma, random);
    }
    return m;
}

}  // namespace picogpt
