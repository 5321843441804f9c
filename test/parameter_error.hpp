// SPDX-License-Identifier: BSD-3-Clause
// The gradient of a parameter against differences.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include <xtn/ad/parameter.hpp>
#include <xtn/ad/tape.hpp>

namespace test {

/// The worst error of the gradient of loss(tape) in a parameter against central differences, relative to its largest.
template <class Loss>
double parameter_error(const xtn::parameter<double>& p, Loss loss) {
    xtn::tape<double> t;
    t.backward(loss(t));
    const std::vector<double> g(t.gradient(p).begin(), t.gradient(p).end());
    double worst = 0, scale = 1e-12;
    for (const double e : g) scale = std::max(scale, std::abs(e));
    for (std::size_t i = 0; i < g.size(); ++i) {
        const double at = p.values()[i], h = 1e-5;
        const auto value = [&](double offset) {
            p.values()[i] = at + offset;
            xtn::tape<double> u;
            return loss(u).item();
        };
        const double difference = (value(h) - value(-h)) / (2 * h);
        p.values()[i] = at;
        worst = std::max(worst, std::abs(difference - g[i]) / scale);
    }
    return worst;
}

}  // namespace test
