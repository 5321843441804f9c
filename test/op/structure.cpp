// SPDX-License-Identifier: BSD-3-Clause
// Deviations and rates by structure: what they are for known networks, and that with them neither the map nor what a step
// changes of it grows or fades with width, bond and number of sites.
#include "common.hpp"

#include <functional>

BOOST_AUTO_TEST_SUITE(op_structure)

namespace {

using namespace xtn;
using op = any_operator<double>;

std::pair<std::vector<std::size_t>, std::vector<std::size_t>> sites_of(std::size_t width, std::size_t count) {
    const auto vectors = [](const auto& s) {
        return std::pair(std::vector<std::size_t>(s.out.begin(), s.out.end()),
                         std::vector<std::size_t>(s.in.begin(), s.in.end()));
    };
    return count == 2   ? vectors(balanced_sites<2>(width, width))
           : count == 3 ? vectors(balanced_sites<3>(width, width))
                        : vectors(balanced_sites<4>(width, width));
}

BOOST_AUTO_TEST_CASE(scales_of_known_networks) {
    const auto check = [](const op& o, const std::vector<std::pair<double, double>>& expected) {
        const auto scales = factor_scales(o);
        BOOST_REQUIRE(scales.size() == expected.size());
        for (std::size_t k = 0; k < scales.size(); ++k) {
            const auto name = std::find_if(o.parameters().begin(), o.parameters().end(), [&](const auto& p) {
                                  return p.value == scales[k].value;
                              })->name;
            BOOST_TEST(scales[k].fan_in == expected[k].first, name);
            BOOST_TEST(scales[k].fan_out == expected[k].second, name);
        }
    };
    check(dense<double>(6, 5), {{5, 6}});
    check(low_rank<double>(12, 10, 3), {{10, 3}, {3, 12}});
    check(transposed(low_rank<double>(12, 10, 3)), {{12, 3}, {3, 10}});
    check(mpo<double>({2, 3, 4}, {5, 6, 7}, 3), {{7, 4 * 3}, {6 * 3, 3 * 3}, {5 * 3, 2}});
    check(kronecker<double>({2, 4}, {3, 5}), {{5, 4}, {3, 2}});
    check(tucker<double>({6, 6}, {5, 5}, 2), {{5, 2}, {5, 2}, {4, 4}, {2, 6}, {2, 6}});
    check(btt<double>({6, 4}, {3, 5}, 2), {{5, 2 * 4}, {3 * 2, 6}});
    check(spectral<double>(8, 6, support::rectangle(coefficients::count(12))), {{3, 4}});
    check(spectral<double>(4, 6, support::custom({0, 7, 20})), {{1, 4}});
    check(symmetric<double>(6), {{6, 6}});
    check(gram<double>(6, 2), {{6, 2}});  // the larger fan_in of its two places
    check(sum(dense<double>(6, 5), low_rank<double>(6, 5, 2)), {{5, 6}, {5, 2}, {2, 6}});
    check(block_diagonal(dense<double>(3, 4), dense<double>(2, 2)), {{4, 3}, {2, 2}});
    const auto d = factor_scales(op(dense<double>(6, 5)))[0];
    BOOST_TEST(std::abs(d.sigma() * std::sqrt(5.0) - 1) < 1e-15);
    BOOST_TEST(d.rate() == 0.2);
    BOOST_TEST(factor_scales(op(low_rank<double>(12, 10, 3)))[0].sigma() == std::sqrt(3.0) / 10);
}

/// The spectral norm, and how much a step of the sign of the gradient, which is Adam's first, changes of rows of order 1. Both
/// in units of what a dense layer of order 1 has.
struct sizes {
    double norm, update;
};
sizes sizes_of(const op& o, const std::function<double(const factor_scale<double>&)>& rate) {
    random_stream random(7);
    init_by_structure(o, random);
    const double out = static_cast<double>(o.out()), in = static_cast<double>(o.in());
    const double norm = tt::svd(o.to_dense()).s.front() * std::sqrt(in / out);

    const matrix x = random_matrix(1, o.in(), 3), dy = random_matrix(1, o.out(), 4);
    tape<double> t;
    const auto y = xtn::apply(o, t.leaf(x));
    t.seed(y, dy.data());
    t.backward();
    const matrix before = y.value();
    std::vector<std::vector<double>> steps;
    const auto scales = factor_scales(o);
    for (const auto& s : scales) {
        const auto g = t.gradient(s.value);
        std::vector<double> step;
        for (const double v : g) step.push_back(v > 0 ? rate(s) : -rate(s));
        steps.push_back(step);
    }
    for (std::size_t k = 0; k < scales.size(); ++k)
        for (std::size_t e = 0; e < steps[k].size(); ++e) scales[k].value.values()[e] += steps[k][e];
    const matrix changed = xtn::apply(o, x) - before;
    return {norm, ::norm(changed) / std::sqrt(out)};
}

BOOST_AUTO_TEST_CASE(maps_and_steps_keep_their_size) {
    const auto mpo_of = [](std::size_t count) {
        return [count](std::size_t width, std::size_t bond) -> op {
            const auto [out, in] = sites_of(width, count);
            return mpo<double>(out, in, bond);
        };
    };
    const std::vector<std::pair<std::string, std::function<op(std::size_t, std::size_t)>>> structures{
        {"dense", [](std::size_t width, std::size_t) -> op { return dense<double>(width, width); }},
        {"low rank", [](std::size_t width, std::size_t bond) -> op { return low_rank<double>(width, width, bond); }},
        {"MPO of two sites", mpo_of(2)},
        {"MPO of three sites", mpo_of(3)},
        {"MPO of four sites", mpo_of(4)},
        {"block tensor train",
         [](std::size_t width, std::size_t bond) -> op {
             const auto [out, in] = sites_of(width, 2);
             return btt<double>(out, in, bond);
         }},
        {"half of a spectrum",
         [](std::size_t width, std::size_t) -> op {
             return spectral<double>(width, width, support::zigzag(coefficients::fraction(0.5)));
         }},
    };
    constexpr double step = 0.1;
    std::pair<double, double> norms{1e9, 0}, updates{1e9, 0}, plain{1e9, 0};
    const auto widen = [](std::pair<double, double>& range, double x) {
        range = {std::min(range.first, x), std::max(range.second, x)};
    };
    for (const auto& [name, make] : structures)
        for (const std::size_t width : {64u, 256u})
            for (const std::size_t bond : {2u, 8u, 32u}) {
                const auto by_structure = sizes_of(make(width, bond), [](const auto& s) { return step * s.rate(); });
                BOOST_TEST_MESSAGE(name << ' ' << width << ' ' << bond << ": " << by_structure.norm << ' '
                                        << by_structure.update / step);
                widen(norms, by_structure.norm);
                widen(updates, by_structure.update / step);
                widen(plain, sizes_of(make(width, bond), [](const auto&) { return step / 64; }).update / step);
            }
    BOOST_TEST((norms.first > 0.15 && norms.second < 4), norms.first << " to " << norms.second);
    BOOST_TEST((updates.first > 0.2 && updates.second < 3), updates.first << " to " << updates.second);
    BOOST_TEST(plain.second / plain.first > 3 * updates.second / updates.first);  // one rate for all does not
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
