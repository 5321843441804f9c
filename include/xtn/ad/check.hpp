// SPDX-License-Identifier: BSD-3-Clause
// Checks a rule against its own values. For y = f(x_1, ..., x_n) and a random cotangent w, the pullback claims
// g_i = J_i^T w. Checked are
//
//     every element of g_i against the central difference of <w, f> in that element,
//     <J v, w> = <v, J^T w> for a random direction v through all inputs at once, and
//     that a second use of the inputs doubles g_i (pullbacks add where something is there already).
//
// A complex number counts as its two parts: <a, b> = Re(sum conj(a) b), and g_i = J_i^H w.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <random>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <xtn/ad/tape.hpp>

namespace xtn {

/// Errors relative to the largest element of the gradient (of all inputs).
struct gradient_errors {
    double elements = 0;   ///< worst element against its central difference
    double transpose = 0;  ///< |<J v, w> - <v, J^T w>|
    double doubled = 0;    ///< worst element of gradient of two uses minus two gradients

    double worst() const { return std::max({elements, transpose, doubled}); }
};

/// Checks f(tape, variables...) -> variable at these inputs (xt::xtensor of double or std::complex<double>, all of one
/// type). `step` is that of the central differences, whose own error is of order step^2.
template <class F, class... Tensors>
gradient_errors check_gradient(F f, const std::tuple<Tensors...>& inputs, double step = 1e-5, std::uint64_t seed = 1) {
    using T = typename std::tuple_element_t<0, std::tuple<Tensors...>>::value_type;
    static_assert(std::is_same_v<T, double> || std::is_same_v<T, std::complex<double>>,
                  "check_gradient: central differences need double precision");
    constexpr std::size_t parts = sizeof(T) / sizeof(double);
    const auto real = [](auto* p) {  // complex numbers are pairs of doubles in memory
        return reinterpret_cast<
            std::conditional_t<std::is_const_v<std::remove_pointer_t<decltype(p)>>, const double*, double*>>(p);
    };
    std::mt19937_64 bits(seed);
    const auto draw = [&] { return static_cast<double>(bits() >> 11) * 0x1p-52 - 1; };  // uniform in [-1, 1)
    const auto each = [](auto& tuple, auto visit) { std::apply([&](auto&... t) { (visit(t), ...); }, tuple); };

    std::vector<double> w;
    const auto evaluate = [&](const std::tuple<Tensors...>& at) {  // <w, f>
        tape<T> t;
        const auto y = std::apply([&](const auto&... x) { return f(t, t.leaf(x)...); }, at);
        while (w.size() < parts * y.size()) w.push_back(draw());
        double sum = 0;
        for (std::size_t i = 0; i < parts * y.size(); ++i) sum += w[i] * real(y.data())[i];
        return sum;
    };
    const auto gradients = [&](int uses) {
        tape<T> t;
        auto x = std::apply([&](const auto&... e) { return std::tuple(t.leaf(e)...); }, inputs);
        for (int u = 0; u < uses; ++u)
            t.seed(std::apply([&](const auto&... v) { return f(t, v...); }, x), reinterpret_cast<const T*>(w.data()));
        t.backward();
        std::vector<double> g;
        each(x, [&](auto& v) {
            const double* first = real(t.gradient_of(v.node()));
            g.insert(g.end(), first, first + parts * v.size());
        });
        return g;
    };

    evaluate(inputs);  // fixes w
    const std::vector<double> g = gradients(1), twice = gradients(2);
    double scale = 0;
    for (const double e : g) scale = std::max(scale, std::abs(e));
    if (scale == 0) scale = 1;

    gradient_errors errors;
    for (std::size_t i = 0; i < g.size(); ++i)
        errors.doubled = std::max(errors.doubled, std::abs(twice[i] - 2 * g[i]) / scale);

    std::vector<double> v(g.size());
    double along = 0, norm = 0;
    for (std::size_t i = 0; i < g.size(); ++i) {
        v[i] = draw();
        along += v[i] * g[i];
        norm += std::abs(v[i] * g[i]);
    }
    const auto moved = [&](auto offset) {  // inputs with offset(i) added to element i
        std::tuple<Tensors...> at = inputs;
        std::size_t i = 0;
        each(at, [&](auto& x) {
            for (std::size_t k = 0; k < parts * x.size(); ++k) real(x.data())[k] += offset(i++);
        });
        return evaluate(at);
    };
    const auto difference = [&](auto direction) {
        return (moved([&](std::size_t i) { return step * direction(i); }) -
                moved([&](std::size_t i) { return -step * direction(i); })) /
               (2 * step);
    };
    errors.transpose = std::abs(difference([&](std::size_t i) { return v[i]; }) - along) / std::max(norm, scale);
    for (std::size_t k = 0; k < g.size(); ++k)
        errors.elements = std::max(
            errors.elements, std::abs(difference([&](std::size_t i) { return i == k ? 1.0 : 0.0; }) - g[k]) / scale);
    return errors;
}

}  // namespace xtn
